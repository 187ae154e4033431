'use strict';
// What makes the console's pages comfortable. They read and submit without it.
(() => {
  // A form that waits for something says so, and is not sent twice.
  document.addEventListener('submit', event => {
    const form = event.target;
    if ('quiet' in form.dataset) {
      event.preventDefault();
      quietly(form, event.submitter);
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = 'yes';
    const waiting = form.querySelector('.waiting');
    if (!form.dataset.waits || !waiting) return;
    const began = Date.now();
    waiting.textContent = `${form.dataset.waits} …`;
    setInterval(() => {
      waiting.textContent = `${form.dataset.waits}: ${Math.round((Date.now() - began) / 1000)} s`;
    }, 1000);
  });
  // A page that the browser kept may be submitted again.
  window.addEventListener('pageshow', () => {
    for (const form of document.forms) delete form.dataset.sent;
  });

  document.addEventListener('click', async event => {
    const button = event.target.closest('.copy');
    if (!button) return;
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Not allowed: select and copy';
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  });

  const notice = document.getElementById('notice');
  const say = text => {
    notice.textContent = text;
    notice.hidden = text === '';
  };

  // A button of a row is pressed without leaving the page: what it does comes
  // back as an event.
  const quietly = async (form, button) => {
    try {
      const answer = await fetch(button.formAction, {
        method: 'POST', redirect: 'manual', body: new URLSearchParams(new FormData(form, button)),
      });
      if (answer.type === 'opaqueredirect' || answer.ok) {
        say('');
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      say(page.querySelector('main h1 + p')?.textContent ?? `The cloud answered ${answer.status}.`);
    } catch {
      say('The cloud does not answer.');
    }
  };

  // What is shown by the cloud's clock ticks with it.
  const parts = ms => {
    const s = Math.ceil(ms / 1000);
    if (s < 120) return `${s} s`;
    if (s < 7200) return `${Math.floor(s / 60)} min ${s % 60} s`;
    if (s < 172800) return `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
    return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`;
  };
  const read = new WeakMap(); // when a reading of the clock came
  const setText = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const tick = () => {
    const clock = document.getElementById('clock-now');
    if (!read.has(clock)) read.set(clock, Date.now());
    const { now, scale, paused } = clock.dataset;
    const reading = Number(now) + (paused === 'true' ? 0 : (Date.now() - read.get(clock)) * Number(scale));
    const { zone } = clock.dataset;
    setText(clock.querySelector('.face'), new Date(reading + Number(zone) * 1000).toISOString().slice(11, 19));
    for (const time of document.querySelectorAll('time[data-due]')) {
      if (!time.title) time.title = time.textContent;
      const left = Number(time.dataset.due) - reading;
      setText(time, left > 0 ? `in ${parts(left)}` : 'now');
    }
  };
  tick();
  setInterval(tick, 250);

  // The page is kept up to date by events, which are drawn once a frame.
  const make = html => {
    const template = document.createElement('template');
    template.innerHTML = html;
    return template.content.firstElementChild;
  };
  const focusable = 'a[href],button,input,select,summary,[tabindex]';
  // replace keeps the keyboard where it was, and open what was open.
  const replace = (old, fresh) => {
    const had = old.contains(document.activeElement) ? [...old.querySelectorAll(focusable)].indexOf(document.activeElement) : -2;
    old.replaceWith(fresh);
    if (had >= -1) (fresh.querySelectorAll(focusable)[Math.max(0, had)] ?? fresh).focus();
  };
  const made = new Map(); // elements that came before their list
  const order = (id, ids) => {
    const list = document.getElementById(id);
    if (!list) return;
    const keep = new Set(ids);
    for (const child of [...list.children]) if (!keep.has(child.id)) child.remove();
    let place = list.firstElementChild;
    for (const child of ids) {
      const element = document.getElementById(child) ?? made.get(child);
      if (!element) continue;
      if (element === place) place = place.nextElementSibling;
      else list.insertBefore(element, place);
    }
  };
  const waiting = { set: {}, lists: {} };
  let drawn = true;
  // Rows don't move below a pointer that is about to press one of their buttons.
  const pointed = id => document.getElementById(id)?.matches(':hover');
  // A frame draws so many elements and no more, so that none takes long.
  const aFrame = 20;
  const draw = () => {
    drawn = true;
    const { set, lists } = waiting;
    const coming = new Set(Object.values(lists).flat());
    let left = aFrame;
    for (const id of Object.keys(set)) {
      const old = document.getElementById(id);
      const leaves = old?.parentElement.id in lists && !coming.has(id);
      const late = !old && !coming.has(id); // it went before it was drawn
      if (!leaves && !late) {
        if (left === 0) {
          soon();
          return;
        }
        left -= 1;
        const fresh = make(set[id]);
        if (old) replace(old, fresh);
        else made.set(id, fresh);
      }
      delete set[id];
    }
    let held = 0;
    for (const [id, ids] of Object.entries(lists)) {
      if (pointed(id)) {
        held += ids.filter(child => !document.getElementById(child)).length;
      } else {
        order(id, ids);
        delete lists[id];
      }
    }
    const wanted = new Set(Object.values(lists).flat());
    for (const id of made.keys()) if (!wanted.has(id) || document.getElementById(id)) made.delete(id);
    for (const text of document.querySelectorAll('.held')) text.textContent = held === 0 ? '' : `${held} new`;
    tick();
  };
  const soon = () => {
    if (drawn) requestAnimationFrame(draw);
    drawn = false;
  };
  document.addEventListener('mouseout', () => { if (Object.keys(waiting.lists).length > 0) soon(); });

  const live = document.querySelector('[data-live]');
  let source = null;
  const connect = () => {
    source = new EventSource(live.dataset.live);
    let lost = false;
    source.onopen = () => { if (lost) say(''); lost = false; };
    source.onmessage = event => {
      const { set = {}, lists = {} } = JSON.parse(event.data);
      Object.assign(waiting.set, set);
      Object.assign(waiting.lists, lists);
      soon();
    };
    source.onerror = () => {
      lost = true;
      say('The connection to the cloud is lost. Trying again …');
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1000);
    };
  };
  if (live) {
    // A tab that nobody sees takes no connection: a browser has six for all tabs.
    const look = () => {
      if (document.hidden) {
        source?.close();
        source = null;
      } else if (!source) {
        connect();
      }
    };
    document.addEventListener('visibilitychange', look);
    window.addEventListener('pagehide', () => { source?.close(); source = null; });
    look();
  }

  // A file is dropped where its text can be pasted.
  for (const area of document.querySelectorAll('[data-drop]')) {
    area.addEventListener('dragover', event => event.preventDefault());
    area.addEventListener('drop', async event => {
      const file = event.dataTransfer.files[0];
      if (!file) return;
      event.preventDefault();
      area.value = await file.text();
    });
  }

  // After a form, the keyboard goes on where the page has changed.
  const first = document.querySelector('[aria-invalid=true]') ?? (location.hash === '#answer' ? document.getElementById('answer') : null);
  if (first) first.focus();
})();

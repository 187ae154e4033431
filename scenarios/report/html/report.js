// Filters of the list of requirements, kept in the address so that a link shows
// the same; and buttons that copy. Without this script all is there, unfiltered.
(() => {
  const form = document.getElementById('filters');
  const shown = document.getElementById('shown');
  const unfold = document.getElementById('unfold');
  const items = [...document.querySelectorAll('details.req')];
  if (!form) return; // nothing was judged

  // What is scrolled to begins below the bar of filters, however many lines it has.
  new ResizeObserver(() => {
    const sticky = getComputedStyle(form).position === 'sticky';
    document.documentElement.style.scrollPaddingTop = sticky ? `${form.offsetHeight + 12}px` : '';
  }).observe(form);
  const texts = new Map(); // made when the first search needs them

  const textOf = item => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };

  const chosen = () => {
    const data = new FormData(form);
    return {
      verdicts: data.getAll('verdict'),
      level: data.get('level'),
      group: data.get('group'),
      words: data.get('text').toLowerCase().split(/\s+/).filter(Boolean),
    };
  };

  const matches = (item, want) =>
    (want.verdicts.length === 0 || want.verdicts.includes(item.dataset.verdict)) &&
    (want.level === '' || want.level === item.dataset.level) &&
    (want.group === '' || want.group === item.dataset.group) &&
    want.words.every(word => textOf(item).includes(word));

  const apply = () => {
    const want = chosen();
    for (const item of items) item.hidden = !matches(item, want);
    for (const group of document.querySelectorAll('section.group')) {
      group.hidden = group.querySelector('details.req:not([hidden])') === null;
    }
    const n = items.filter(item => !item.hidden).length;
    shown.textContent = n === 0 ? 'none matches' : `${n} of ${items.length} shown`;
  };

  const remember = () => {
    const params = new URLSearchParams();
    for (const [name, value] of new FormData(form)) {
      if (value !== '') params.append(name, value);
    }
    const address = params.size === 0 ? location.pathname + location.search : '#' + params;
    history.replaceState(null, '', address);
  };

  // recall sets the filters as the address has them.
  const recall = params => {
    for (const field of form.elements) {
      if (!field.name) continue;
      if (field.type === 'checkbox') field.checked = params.getAll(field.name).includes(field.value);
      else field.value = params.get(field.name) ?? '';
    }
    apply();
  };

  // follow does what the address says: filters, or one requirement.
  const follow = () => {
    const hash = location.hash.slice(1);
    if (hash.includes('=')) {
      recall(new URLSearchParams(hash));
      return;
    }
    const item = items.find(item => item.dataset.id === hash);
    if (!item) return;
    if (item.hidden) recall(new URLSearchParams());
    item.open = true;
    item.scrollIntoView();
    item.querySelector('summary').focus({ preventScroll: true });
  };

  form.addEventListener('input', () => { apply(); remember(); });
  form.addEventListener('submit', event => event.preventDefault());
  document.getElementById('clear').addEventListener('click', () => { recall(new URLSearchParams()); remember(); });
  unfold.addEventListener('click', () => {
    const open = unfold.getAttribute('aria-pressed') !== 'true';
    unfold.setAttribute('aria-pressed', open);
    unfold.textContent = open ? 'Fold all' : 'Unfold all';
    for (const item of items) if (!item.hidden) item.open = open;
  });
  window.addEventListener('hashchange', follow);
  // The same link a second time changes no address.
  document.addEventListener('click', event => {
    const link = event.target.closest('a[href^="#"]');
    if (link && link.hash === location.hash) follow();
  });
  apply();
  follow();
})();
(() => {
  const copy = async text => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false;
    }
  };
  document.addEventListener('click', async event => {
    const button = event.target.closest('button.copy');
    if (!button) return;
    const pre = button.previousElementSibling;
    const done = await copy(pre.textContent);
    if (!done) getSelection().selectAllChildren(pre); // for the user to copy
    button.textContent = done ? 'Copied' : 'Press Ctrl+C';
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
})();

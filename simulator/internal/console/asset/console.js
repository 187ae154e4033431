'use strict';
// What makes the console's pages comfortable. They read and submit without it.
(() => {
  // A form that waits for something says so, and is not sent twice.
  document.addEventListener('submit', event => {
    const form = event.target;
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

  // After a form, the keyboard goes on where the page has changed.
  const first = document.querySelector('[aria-invalid=true]') ?? (location.hash === '#answer' ? document.getElementById('answer') : null);
  if (first) first.focus();
})();

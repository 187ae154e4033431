'use strict';
// The scheme that was chosen is remembered, where the browser lets a page
// remember; the choice itself is the style's, and works without a script.
(() => {
  document.documentElement.classList.add('scripted');
  const key = 'scrapehook-scheme';
  const radios = document.querySelectorAll('input[name=scheme]');
  try {
    for (const radio of radios) {
      if (radio.value === localStorage.getItem(key)) radio.checked = true;
    }
  } catch { /* not allowed to remember */ }
  for (const radio of radios) {
    radio.addEventListener('change', () => {
      try { localStorage.setItem(key, radio.value); } catch { /* as above */ }
    });
  }
})();

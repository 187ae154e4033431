// Looks at a page as people see it, everything unfolded, and returns what is
// wrong with it as a list of sentences.
(() => {
  const wrong = [];
  const say = (what, element) => wrong.push(`${what}: <${element.localName} class="${element.getAttribute('class') ?? ''}"> ${element.textContent.trim().slice(0, 60)}`);
  const folded = [...document.querySelectorAll('details:not([open])')];
  for (const details of folded) details.open = true;

  // Wider than its window.
  const page = document.scrollingElement;
  if (page.scrollWidth > window.innerWidth) {
    wrong.push(`the page is ${page.scrollWidth} wide in a window of ${window.innerWidth}`);
    for (const element of document.body.querySelectorAll('*')) {
      if (element.getBoundingClientRect().right > window.innerWidth + 1 && !element.closest('pre,.scroll,svg')) {
        say('too wide', element);
        break;
      }
    }
  }

  // Contrast, by WCAG 2.2, section 1.4.3. A canvas knows every way to write a
  // colour.
  const pen = Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', { willReadFrequently: true });
  const known = new Map();
  const rgba = color => {
    if (!known.has(color)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = color;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      known.set(color, [r, g, b, a / 255]);
    }
    return known.get(color);
  };
  const over = (top, below) => top.slice(0, 3).map((v, i) => v * top[3] + below[i] * (1 - top[3])).concat(1);
  const behind = element => {
    let layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const luminance = ([r, g, b]) => [r, g, b]
    .map(v => v / 255)
    .map(v => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const seen = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === '' || element.closest('script,style,option,.unseen') || !element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const ground = behind(element);
    const ink = over(rgba(element.closest('svg') ? style.fill : style.color), ground);
    const [light, dark] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const key = `${ink} on ${ground}`;
    if (ratio < least && !seen.has(key)) {
      seen.add(key);
      say(`contrast ${ratio.toFixed(2)}, ${key}`, element);
    }
  }

  // What those need who do not see the page.
  if (document.querySelectorAll('h1').length !== 1) wrong.push('there is not one h1');
  let level = 1;
  for (const heading of document.querySelectorAll('h1,h2,h3,h4,h5,h6')) {
    const now = Number(heading.localName[1]);
    if (now > level + 1) say(`a heading of level ${now} after one of ${level}`, heading);
    level = now;
  }
  const ids = new Set();
  for (const element of document.querySelectorAll('[id]')) {
    if (ids.has(element.id)) say(`id ${element.id} is there twice`, element);
    ids.add(element.id);
  }
  for (const link of document.querySelectorAll('[href^="#"]')) {
    if (!ids.has(link.getAttribute('href').slice(1))) say(`nothing has the id of ${link.getAttribute('href')}`, link);
  }
  for (const label of document.querySelectorAll('[aria-labelledby]')) {
    if (!ids.has(label.getAttribute('aria-labelledby'))) say('its label is not there', label);
  }
  for (const field of document.querySelectorAll('input:not([type=hidden]),select,textarea')) {
    if (field.labels.length === 0 || field.labels[0].textContent.trim() === '') say('a field without a label', field);
  }
  for (const button of document.querySelectorAll('button')) {
    if (button.textContent.trim() === '') say('a button without a name', button);
  }

  for (const details of folded) details.open = false;
  return wrong;
})()

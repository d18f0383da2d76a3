// What a page is asked by the tests that look at every page: window.lookAt(layer, done) -> {lang, theme, faults}.
// `layer` is the address of a dialogue to bring in first, by the page's own htmx; window.lookedFor has the English texts.

(() => {
  const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
  const spoken = ['aria-label', 'title', 'placeholder', 'alt', 'data-label', 'data-confirm', 'data-confirm-label', 'data-confirm-text'];
  const patience = 15000;

  const pause = () => new Promise((resolve) => { setTimeout(resolve, 15); });

  async function until(probe, what) {
    const start = performance.now();
    while (!probe()) {
      if (performance.now() - start > patience) throw new Error(`${window.location.pathname}: waited for ${what}`);
      await pause();
    }
  }

  const atRest = () => document.readyState === 'complete' && !document.querySelector('.htmx-request')
    && document.getAnimations().every((each) => each.effect.getComputedTiming().endTime === Infinity);

  async function bringIn(path) {
    const opener = document.getElementById('palette-results');
    document.querySelector('#layer').replaceChildren();
    opener.setAttribute('hx-target', '#layer');
    opener.addEventListener('htmx:configRequest', (event) => { event.detail.path = path; }, { once: true });
    document.getElementById('palette').dispatchEvent(new Event('palette-opened'));
    await until(() => document.querySelector('#layer > *'), `the dialogue ${path}`);
    const dialog = document.querySelector('#layer > dialog');
    if (!dialog?.open) throw new Error(`${path} brings in no dialogue: ${document.querySelector('#layer').textContent.trim().slice(0, 200)}`);
  }

  // Half under a bar that sticks to the foot, a field is small until the page is scrolled.
  async function isSmallInSight(selector) {
    const element = document.querySelector(selector);
    element.scrollIntoView({ block: 'center', behavior: 'instant' });
    const found = await window.axe.run(document, { runOnly: { type: 'rule', values: ['target-size'] }, resultTypes: ['violations'], iframes: false });
    return found.violations.some(({ nodes }) => nodes.some(({ target }) => document.querySelector(target[0]) === element));
  }

  async function inaccessible() {
    const found = await window.axe.run(document, {
      runOnly: { type: 'tag', values: rules }, rules: { 'heading-order': { enabled: true } }, resultTypes: ['violations'], iframes: false, // the mail in a frame is nobody's page
    });
    for (const each of found.violations) {
      const nodes = [];
      for (const node of each.nodes) if (each.id !== 'target-size' || await isSmallInSight(node.target[0])) nodes.push(node);
      each.nodes = nodes;
    }
    return found.violations.flatMap((each) => each.nodes.map(
      (node) => `axe ${each.id}: ${node.target.join(' ')} ${node.html.slice(0, 120)} (${node.failureSummary.replace(/\s+/g, ' ').slice(0, 220)})`,
    ));
  }

  function* texts(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, (node) => {
      if (node.nodeType === Node.TEXT_NODE) return NodeFilter.FILTER_ACCEPT;
      if (['SCRIPT', 'STYLE', 'TEXTAREA', 'PRE', 'CODE', 'KBD'].includes(node.tagName)) return NodeFilter.FILTER_REJECT;
      return node.lang && node.lang !== 'vi' ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT;
    });
    for (let node = walker.currentNode; node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) yield node.data;
      else {
        for (const name of spoken) if (node.hasAttribute?.(name)) yield node.getAttribute(name);
        if (node.tagName === 'TEMPLATE') yield* texts(node.content);
      }
    }
  }

  const tidy = (text) => text.replace(/\s+/g, ' ').replace(/^[\s·•|:,;.…“”"()]+|[\s·•|:,;…“”"()]+$/g, '');

  function english() {
    if (document.documentElement.lang !== 'vi') return [];
    const whole = new Set(window.lookedFor.whole.map(tidy));
    const filled = window.lookedFor.filled.map((each) => new RegExp(each));
    const words = Object.values(JSON.parse(document.body.dataset.words ?? '{}')).map(String);
    const found = new Set();
    for (const text of [document.title.split(' · ')[0], ...words, ...texts(document.body)]) {
      const plain = tidy(text);
      if (plain && (whole.has(plain) || filled.some((each) => each.test(plain)))) found.add(plain);
    }
    return [...found].map((text) => `English: ${text}`);
  }

  function name(element) {
    const said = (element.getAttribute('aria-label') || element.textContent || element.name || '').trim().replace(/\s+/g, ' ').slice(0, 40);
    return `${element.tagName.toLowerCase()}${element.id ? `#${element.id}` : ''}.${[...element.classList].join('.')} “${said}”`;
  }

  function tooWide() {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const beyond = [...document.querySelectorAll('body *')].filter((each) => each.getBoundingClientRect().right > clientWidth + 1);
    return [`wider than the window by ${scrollWidth - clientWidth} px: ${beyond.slice(0, 3).map(name).join(', ')}`];
  }

  // What a thumb has to hit: what acts is high enough, and wide enough where it has no words.
  function tooSmall() {
    if (window.innerWidth > 500) return [];
    const layer = document.querySelector('dialog[open]') ?? document;
    const acting = layer.querySelectorAll('.btn, button, select:not(.ts-hidden-accessible), summary, [role=tab], .t-menu a, .t-tabs a, .t-bottom a');
    return [...acting].map((each) => ({ each, box: each.getBoundingClientRect() })).filter(({ each, box }) => {
      const least = each.matches('.btn-square') ? Math.min(box.width, box.height) : box.height;
      return box.width > 1 && each.checkVisibility({ visibilityProperty: true }) && Math.round(least) < 44;
    }).map(({ each, box }) => `smaller than a thumb, ${Math.round(box.width)}×${Math.round(box.height)}: ${name(each)}`);
  }

  // Where one is stands in sight in the menu, however low the window.
  function astray() {
    const here = document.querySelector('.t-rail [aria-current=page]');
    if (!here?.checkVisibility() || document.querySelector('dialog[open], [popover=""]:popover-open')) return [];
    const box = here.getBoundingClientRect();
    const met = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return here.contains(met) ? [] : [`out of sight in the menu: ${name(here)}`];
  }

  // What has the focus is not wholly under a bar that sticks (WCAG 2.2, 2.4.11), whichever way the keyboard came from. It is
  // scrolled to as the browser does it, and looked for at five places.
  function covered() {
    const layer = document.querySelector('dialog[open], [popover=""]:popover-open') ?? document;
    const focusable = [...layer.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
      .filter((each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ visibilityProperty: true }) && !each.closest('.visually-hidden, .t-skip'));
    return [...new Set([...focusable, ...focusable.toReversed()].filter((each) => isCovered(each)).map((each) => `under another when it has the focus: ${name(each)}`))];
  }

  function isCovered(element) {
    element.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
    const label = [...element.labels ?? []].find((each) => each.contains(element));
    const box = (label ?? element).getBoundingClientRect();
    const [left, right] = [Math.max(box.left, 0), Math.min(box.right, window.innerWidth)];
    const [top, bottom] = [Math.max(box.top, 0), Math.min(box.bottom, window.innerHeight)];
    if (right - left < 2 || bottom - top < 2) return box.width > 1 && box.height > 1;
    const places = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]].map(([across, down]) => [left + (right - left) * across, top + (bottom - top) * down]);
    return places.every(([x, y]) => {
      const there = document.elementFromPoint(x, y);
      return !there || !(element.contains(there) || label?.contains(there) || there.contains(element) || there.closest('tr, li, article, .t-card')?.contains(element));
    });
  }

  // A label names the first element with its id, and a button opens it.
  function twice() {
    const met = new Set();
    return [...document.querySelectorAll('[id]')].filter(({ id }) => met.has(id) || !met.add(id)).map((each) => `the same id twice: ${name(each)}`);
  }

  // Flask-AppBuilder's own pages would bring them.
  const strangers = () => ['jQuery', '$'].filter((each) => window[each] !== undefined).map((each) => `a stranger in the page: ${each}`);

  window.lookAt = async (layer, done) => {
    try {
      await until(() => 'ready' in document.documentElement.dataset, 'the scripts');
      if (layer) await bringIn(layer);
      await until(atRest, 'the page to come to rest');
      const { lang, dataset } = document.documentElement;
      done({ lang, theme: dataset.bsTheme, faults: [...await inaccessible(), ...english(), ...tooWide(), ...tooSmall(), ...astray(), ...covered(), ...twice(), ...strangers()] });
    } catch (error) {
      done({ lang: document.documentElement.lang, theme: document.documentElement.dataset.bsTheme, faults: [String(error)] });
    }
  };
})();

// Runs in the page that holds a report in a frame. Returns what is wrong, a sentence each.
async function check(frame) {
  const view = frame.contentWindow, page = view.document, { mixpipe } = view;
  const faults = [...view.faults];
  const all = (path, root = page) => [...root.querySelectorAll(path)];
  const isShown = element => element.checkVisibility({ contentVisibilityAuto: true, visibilityProperty: true })
    && element.getBoundingClientRect().width > 0;
  const width = page.documentElement.clientWidth;
  const quoted = element => "'" + element.textContent.trim().slice(0, 40) + "'";

  for (const entry of view.performance.getEntriesByType('resource')) faults.push('fetched ' + entry.name);

  // Nothing is wider than the page.
  if (page.documentElement.scrollWidth > width + 1) {
    const wide = all('body *').filter(element => !element.closest('.scroll') && isShown(element)
      && element.getBoundingClientRect().right > width + 1).slice(0, 4)
      .map(element => element.localName + '.' + element.className?.baseVal + quoted(element));
    faults.push('wider than ' + width + ': ' + wide.join('; '));
  }

  // Labels of a chart keep apart, and within the page.
  for (const plot of all('.plot')) {
    const name = plot.querySelector('title')?.textContent;
    const labels = all('text, .axis-name', plot).filter(isShown)
      .map(element => ({ element, box: element.getBoundingClientRect() }));
    labels.forEach(({ element, box }, index) => {
      if (box.left < -1 || box.right > width + 1) faults.push(name + ': cut ' + quoted(element));
      if (element.classList.contains('on-piece')) {
        const strip = plot.querySelector(':scope > svg').getBoundingClientRect();
        const place = element.parentNode;
        const end = strip.left + strip.width
          * (parseFloat(place.getAttribute('x')) + parseFloat(place.getAttribute('width'))) / 100;
        if (box.right > end + 2) faults.push(name + ': cut ' + quoted(element));
      }
      for (const other of labels.slice(index + 1)) {
        const across = Math.min(box.right, other.box.right) - Math.max(box.left, other.box.left);
        const down = Math.min(box.bottom, other.box.bottom) - Math.max(box.top, other.box.top);
        // Boxes hold a line's whole height; letters fill about three quarters of it.
        if (across > 1 && down > 0.25 * Math.min(box.height, other.box.height)) {
          faults.push(name + ': ' + quoted(element) + ' runs into ' + quoted(other.element));
        }
      }
    });
  }

  // Text stands out from what is behind it: WCAG 2.1, 1.4.3.
  const channels = colour => colour.match(/[\d.]+/g)?.map(Number) ?? [0, 0, 0, 0];
  const luminance = ([r, g, b]) => {
    const linear = [r, g, b].map(value => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const behind = element => {
    if (element.classList.contains('on-piece')) {
      const box = element.getBoundingClientRect();
      const piece = all('rect.piece', element.closest('.plot')).find(rect => {
        const own = rect.getBoundingClientRect();
        return own.left <= box.left + 1 && own.right >= box.left + 1;
      });
      return channels(view.getComputedStyle(piece).fill);
    }
    for (let node = element; node; node = node.parentElement) {
      const colour = channels(view.getComputedStyle(node).backgroundColor);
      if (colour.length < 4 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const weak = new Set();
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !element || /^(script|style|title|desc|noscript|option)$/.test(element.localName)
      || !isShown(element)) continue;
    const style = view.getComputedStyle(element);
    const isDrawn = element instanceof view.SVGElement;
    const a = luminance(channels(isDrawn ? style.fill : style.color)), b = luminance(behind(element));
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    if (contrast < least) weak.add(quoted(element) + ' ' + contrast.toFixed(2));
  }
  if (weak.size) faults.push('contrast below 4.5: ' + [...weak].slice(0, 6).join(', '));

  // Names are unique, and links lead somewhere.
  const names = all('[id]').map(element => element.id);
  if (new Set(names).size !== names.length) faults.push('the same id twice');
  for (const link of all('a[href]')) {
    if (!link.getAttribute('href').startsWith('#') || !page.getElementById(decodeURIComponent(link.hash.slice(1)))) {
      faults.push('dead link ' + link.getAttribute('href'));
    }
  }
  for (const mark of all('[data-trial]')) {
    if (!page.getElementById('trial-' + mark.dataset.trial)) {
      faults.push('a mark of trial ' + mark.dataset.trial + ', which has no row');
      break;
    }
  }

  // Every table sorts both ways and back, and says in CSV what it shows.
  for (const table of all('.scroll table')) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const before = [...body.rows];
    const column = heads.findIndex(head => head.classList.contains('number') && head.querySelector('button.sort'));
    if (column >= 0) {
      const button = heads[column].querySelector('button.sort');
      const values = () => [...body.rows].map(row => mixpipe.number(row.cells[column].textContent))
        .filter(value => !Number.isNaN(value));
      button.click();
      if (values().some((value, index, list) => index && value < list[index - 1])
        || heads[column].getAttribute('aria-sort') !== 'ascending') {
        faults.push('does not ascend: ' + heads[column].textContent);
      }
      button.click();
      if (values().some((value, index, list) => index && value > list[index - 1])) {
        faults.push('does not descend: ' + heads[column].textContent);
      }
      button.click();
      if (before.some((row, index) => row !== body.rows[index])) faults.push('does not return to its order');
    }
    const rows = records(mixpipe.csv(table));
    if (rows.length !== before.length + 1 || rows.some(row => row.length !== heads.length)) {
      faults.push('CSV of another shape than ' + heads.map(head => head.textContent).join());
    }
    const cell = before[0]?.cells[0];
    if (cell && rows[1][0] !== mixpipe.plain(cell.textContent)) faults.push('CSV says ' + rows[1][0]);
    const search = table.closest('.scroll').previousElementSibling?.querySelector('input[type=search]');
    if (search) {
      const word = mixpipe.plain(before[1].cells[0].textContent);
      search.value = word;
      search.dispatchEvent(new view.Event('input'));
      const shown = [...body.rows].filter(row => !row.hidden);
      if (!shown.includes(before[1]) || shown.some(row => !mixpipe.plain(row.textContent).toLowerCase().includes(word.toLowerCase()))) {
        faults.push('the filter shows other rows');
      }
      if (records(mixpipe.csv(table)).length !== shown.length + 1) faults.push('CSV of hidden rows');
      search.value = '';
      search.dispatchEvent(new view.Event('input'));
    }
  }

  // Whatever works by hand works by keyboard, says what it is and shows that it has the focus.
  const nameOf = element => (element.getAttribute('aria-label')
    || (element.getAttribute('aria-labelledby') ?? '').split(' ').map(id => page.getElementById(id)?.textContent ?? '').join(' ').trim()
    || [...(element.labels ?? [])].map(label => label.textContent).join(' ').trim()
    || element.textContent.trim());
  for (const element of all('a[href], button, input, select, textarea, summary, [tabindex]').filter(isShown)) {
    const words = element.localName + quoted(element);
    if (element.disabled) continue;
    if (element.tabIndex < 0) { faults.push('out of reach by keyboard: ' + words); continue; }
    if (!nameOf(element)) faults.push('without a name: ' + words + element.outerHTML.slice(0, 80));
    element.focus({ preventScroll: true });
    if (page.activeElement !== element) { faults.push('takes no focus: ' + words); continue; }
    const { outlineStyle, outlineWidth } = view.getComputedStyle(element);
    if (element.matches(':focus-visible') && (outlineStyle === 'none' || parseFloat(outlineWidth) < 1)) {
      faults.push('focus is not seen: ' + words);
    }
    element.blur();
  }
  const interactive = all('[onclick], [role=button]').filter(isShown).filter(element => element.tabIndex < 0);
  if (interactive.length) faults.push('acts on a mouse alone: ' + interactive.map(quoted).join());

  // Pictures have words in their place, tables say what their headings are of, headings follow each other.
  for (const picture of all('svg').filter(svg => !svg.parentElement.closest('svg'))) {
    if (picture.getAttribute('aria-hidden') === 'true') continue;
    const parts = (picture.getAttribute('aria-labelledby') ?? '').split(' ').map(id => page.getElementById(id)?.textContent.trim());
    if (picture.getAttribute('role') !== 'img' || parts.length < 2 || parts.some(part => !part)) {
      faults.push('a picture without words: ' + picture.outerHTML.slice(0, 80));
    }
  }
  for (const table of all('table')) {
    for (const cell of all('th', table)) {
      const expected = cell.closest('thead') ? 'col' : 'row';
      if (cell.getAttribute('scope') !== expected) faults.push('a heading without scope: ' + quoted(cell));
    }
    if (!table.tHead) faults.push('a table without headings: ' + quoted(table));
    const region = table.closest('[role=region]');
    if (!region?.getAttribute('aria-label')) faults.push('a table without a name: ' + quoted(table));
  }
  let level = 0;
  for (const title of all('h1, h2, h3, h4').filter(isShown)) {
    const own = Number(title.localName[1]);
    if (own > level + 1) faults.push('a heading leaps: ' + quoted(title));
    level = own;
  }
  if (all('h1').length !== 1 || all('main').length !== 1) faults.push('expected one h1 and one main');
  if (!page.documentElement.lang || !page.title) faults.push('no language or title');

  // No row of a table is a column of single words: text that wraps has room for it.
  for (const row of all('tbody tr').filter(isShown)) {
    const lines = row.getBoundingClientRect().height / parseFloat(view.getComputedStyle(row).lineHeight);
    if (width > 1000 && lines > 7) faults.push('a row of ' + Math.round(lines) + ' lines: ' + quoted(row));
  }

  // Charts leave most of their place to what they show.
  for (const svg of all('.plot > svg').filter(isShown)) {
    const share = svg.getBoundingClientRect().width / svg.parentElement.getBoundingClientRect().width;
    if (share < 0.45) faults.push('a narrow chart: ' + svg.querySelector('title')?.textContent + ' ' + share.toFixed(2));
  }
  // Figures beside each other keep apart.
  for (const list of all('.figures')) {
    const boxes = all('.value', list).filter(isShown).map(element => {
      const range = page.createRange();
      range.selectNodeContents(element);
      return { element, box: range.getBoundingClientRect() };
    });
    boxes.forEach(({ element, box }, index) => {
      if (box.right > width + 1) faults.push('cut ' + quoted(element));
      for (const other of boxes.slice(index + 1)) {
        if (Math.abs(box.top - other.box.top) < 4 && other.box.left - box.right < 8) {
          faults.push(quoted(element) + ' runs into ' + quoted(other.element));
        }
      }
    });
  }

  // A chart's values can be reached without a mouse.
  for (const plot of all('.plot > svg[tabindex]').filter(isShown)) {
    plot.focus();
    plot.dispatchEvent(new view.KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true, cancelable: true }));
    const tip = page.getElementById('tip');
    if (tip.hidden || !tip.textContent) faults.push('no tip by keyboard: ' + plot.getAttribute('aria-labelledby'));
    plot.blur();
  }

  // The page predicts as the program does.
  const model = mixpipe.model;
  if (model) {
    let worst = 0;
    const compare = (found, expected) => {
      worst = Math.max(worst, Math.abs(found - expected) / Math.max(Math.abs(expected), 1));
    };
    for (const entry of model.checks) {
      const { objective, outputs } = mixpipe.predict(entry.weights);
      compare(objective.mean, entry.objective[0]);
      compare(objective.deviation, entry.objective[1]);
      outputs.forEach((output, index) => {
        compare(output.mean, entry.outputs[index][0]);
        compare(output.deviation, entry.outputs[index][1]);
      });
      if (!entry.change.length) continue;
      mixpipe.change(model.pick, entry.weights).outputs.forEach((output, index) => {
        compare(output.mean, entry.change[index][0]);
        compare(output.deviation, entry.change[index][1]);
      });
    }
    if (!(worst <= 1e-9)) faults.push('predictions differ by ' + worst);
    const sliders = all('#mixture-panel input[type=range]');
    if (sliders.length !== model.domains.length) faults.push('no slider for each domain');
    sliders.slice(0, 2).forEach((slider, index) => {
      slider.value = 40 - 15 * index;
      slider.dispatchEvent(new view.Event('input'));
      const sum = mixpipe.panel.weights().reduce((a, b) => a + b);
      if (Math.abs(sum - 1) > 1e-9) faults.push('weights sum to ' + sum);
      const told = page.querySelector('#mixture-panel .answer strong')?.textContent ?? '';
      const expected = mixpipe.fixed(mixpipe.predict(mixpipe.panel.weights()).objective.mean);
      if (!told.startsWith(expected)) faults.push('the panel says ' + told + ', not ' + expected);
    });
    if (mixpipe.ternary) {
      const count = model.domains.length;
      mixpipe.ternary.choose([count - 1, 0, 1]);
      const corner = page.querySelector('#ternary text.corner').textContent;
      if (corner !== model.domains[count - 1]) faults.push('the triangle has the corner ' + corner);
    }
  }
  if (mixpipe.pareto) mixpipe.pareto.choose(1, 0);
  return faults;
}

// RFC 4180.
function records(text) {
  const rows = [[]];
  let cell = '', isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i];
    if (isQuoted) {
      if (letter !== '"') cell += letter;
      else if (text[i + 1] === '"') { cell += '"'; i += 1; } else isQuoted = false;
    } else if (letter === '"') isQuoted = true;
    else if (letter === ',') { rows.at(-1).push(cell); cell = ''; }
    else if (letter === '\n') { rows.at(-1).push(cell); cell = ''; rows.push([]); }
    else if (letter !== '\r') cell += letter;
  }
  rows.pop();
  return rows;
}

async function checkAll() {
  const result = {};
  for (const frame of document.querySelectorAll('iframe')) {
    try {
      const found = await check(frame);
      result[frame.style.width] = [...new Set([...found, ...frame.contentWindow.faults])];
    } catch (error) {
      result[frame.style.width] = ['the check itself failed: ' + error.stack];
    }
    frame.remove();
  }
  document.getElementById('result').textContent = JSON.stringify(result);
}
addEventListener('load', () => setTimeout(checkAll, 200));

extension PageScript {
  /// Tables that sort and filter, and hand over what they show.
  static let tablesText = #"""
    const { element } = mixpipe;
    const cellText = cell => mixpipe.plain(cell.children.length > 1
      ? [...cell.children].map(child => child.textContent).join(' / ') : cell.textContent);

    function shownRows(table) {
      const rows = [...table.tBodies[0].rows].filter(row => !row.hidden);
      return [table.tHead.rows[0], ...rows].map(row => [...row.cells].map(cellText));
    }
    // RFC 4180.
    mixpipe.csv = table => shownRows(table).map(row => row.map(cell =>
      /[",\r\n]/.test(cell) ? '"' + cell.replaceAll('"', '""') + '"' : cell).join(',') + '\r\n').join('');
    mixpipe.tsv = table => shownRows(table).map(row =>
      row.map(cell => cell.replace(/[\t\r\n]/g, ' ')).join('\t')).join('\n') + '\n';

    function sort(table, column, direction) {
      const body = table.tBodies[0];
      const rows = [...body.rows];
      rows.forEach((row, index) => { row.place ??= index; });
      const isNumber = table.tHead.rows[0].cells[column].classList.contains('number');
      const key = row => {
        const text = row.cells[column].textContent;
        return isNumber ? mixpipe.number(text) : text.trim();
      };
      const keyed = rows.map(row => [direction ? key(row) : row.place, row]);
      const none = value => value === '' || value === '\u2013' || Number.isNaN(value);
      keyed.sort(([a, x], [b, y]) => {
        if (none(a) !== none(b)) return none(a) ? 1 : -1;
        const order = typeof a === 'string'
          ? a.localeCompare(b, 'en', { numeric: true }) : a === b || none(a) ? 0 : a - b;
        return (direction || 1) * order || x.place - y.place;
      });
      body.append(...keyed.map(([, row]) => row));
    }
    mixpipe.sort = sort;

    function enhance(scroll, index) {
      const table = scroll.querySelector('table');
      const heads = [...table.tHead.rows[0].cells];
      const rows = table.tBodies[0].rows;
      if (rows.length > 1) {
        heads.forEach((head, column) => {
          const button = element('button', { type: 'button', class: 'sort' });
          button.append(...head.childNodes);
          head.append(button);
          button.addEventListener('click', () => {
            const next = { none: 'ascending', ascending: 'descending', descending: 'none' }[
              head.getAttribute('aria-sort') ?? 'none'];
            heads.forEach(other => other.removeAttribute('aria-sort'));
            if (next !== 'none') head.setAttribute('aria-sort', next);
            sort(table, column, { ascending: 1, descending: -1, none: 0 }[next]);
          });
        });
      }
      const bar = element('div', { class: 'table-bar' });
      if (rows.length > 8) {
        const count = element('span', { class: 'count', 'aria-live': 'polite' });
        const input = element('input', {
          type: 'search', placeholder: 'Filter', 'aria-label': 'Show rows that contain',
        });
        input.addEventListener('input', () => {
          const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
          let shown = 0;
          for (const row of table.tBodies[0].rows) {
            row.words ??= [...row.cells].map(cellText).join(' ').toLowerCase();
            row.hidden = !words.every(word => row.words.includes(word));
            if (!row.hidden) shown += 1;
          }
          count.textContent = words.length ? shown + ' of ' + rows.length + ' rows' : '';
        });
        bar.append(input, count);
      }
      const copy = element('button', { type: 'button' }, 'Copy');
      copy.addEventListener('click', () => mixpipe.copy(mixpipe.tsv(table), copy));
      const save = element('button', { type: 'button' }, 'CSV');
      save.title = 'Download what the table shows';
      const section = scroll.closest('section')?.querySelector('h2')?.textContent ?? '';
      const page = document.querySelector('h1')?.textContent ?? '';
      save.addEventListener('click', () => mixpipe.download(
        mixpipe.csv(table), mixpipe.slug(page + ' ' + section + ' ' + (index + 1)) + '.csv',
        'text/csv;charset=utf-8'));
      bar.append(element('span', { class: 'push' }, copy, save));
      scroll.before(bar);
    }
    [...document.querySelectorAll('.scroll')].forEach(enhance);

    // Lists without spaces, such as mixtures, break after their commas. The text itself stays as it is.
    mixpipe.breakable = text => text.split(/(?<=,)(?=\S)/).flatMap((part, index) =>
      index ? [element('wbr'), part] : [part]);
    for (const place of document.querySelectorAll('.code code, .facts dd')) {
      if (!place.children.length) place.replaceChildren(...mixpipe.breakable(place.textContent));
    }
    for (const code of document.querySelectorAll('.code')) {
      const button = element('button', { type: 'button' }, 'Copy');
      button.addEventListener('click', () => mixpipe.copy(code.querySelector('pre').textContent, button));
      code.prepend(button);
    }
    """#
}

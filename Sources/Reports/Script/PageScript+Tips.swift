extension PageScript {
  /// What a mark stands for, on hover, on touch and by the arrow keys; a click leads to the trial's row.
  static let tipsText = #"""
    const { element } = mixpipe;
    const tip = element('div', { id: 'tip', role: 'status', hidden: '' });
    document.body.append(tip);
    let shown = null;

    // A trial's row in the table of trials, with its mixture as a strip.
    const rowOf = mark => mark.dataset.trial && document.getElementById('trial-' + mark.dataset.trial);
    function details(row) {
      const table = row.closest('table');
      const heads = [...table.tHead.rows[0].cells];
      const list = element('dl');
      const strip = element('div', { class: 'tip-strip' });
      heads.forEach((head, index) => {
        const cell = row.cells[index];
        const name = head.textContent;
        if (head.dataset.kind === 'weight') {
          const share = mixpipe.number(cell.textContent);
          const place = Number(head.dataset.place);
          const piece = element('span', { class: 'd' + place % 8 + '-fill' });
          piece.style.flexGrow = share || 0;
          strip.append(piece);
          if (!(share > 0.05)) return;
        }
        if (cell.textContent) list.append(element('div', {},
          element('dt', {}, name), element('dd', {}, cell.textContent)));
      });
      return strip.children.length ? [list, strip] : [list];
    }

    function show(mark, at) {
      if (shown) shown.classList.remove('hovered');
      shown = mark;
      if (!mark) { tip.hidden = true; return; }
      mark.classList.add('hovered');
      const row = rowOf(mark);
      tip.replaceChildren();
      if (mark.dataset.tip) tip.append(element('p', {}, mark.dataset.tip));
      if (row) tip.append(...details(row));
      tip.hidden = false;
      const box = tip.getBoundingClientRect();
      const width = document.documentElement.clientWidth;
      const x = Math.max(8, Math.min(at.x + 14, width - box.width - 8));
      const above = at.y - box.height - 12;
      tip.style.left = x + 'px';
      tip.style.top = (above > 8 ? above : Math.min(at.y + 18, innerHeight - box.height - 8)) + 'px';
    }

    const center = mark => {
      const box = mark.getBoundingClientRect();
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    };

    // Many marks are drawn as one path of dots, with the trials' numbers beside it.
    function dotsOf(path) {
      if (!path.dots) {
        const trials = path.dataset.trials.split(' ');
        path.dots = [...path.getAttribute('d').matchAll(/M([\d.]+) ([-\d.]+)/g)]
          .map((match, index) => ({
            x: Number(match[1]) / 1000, y: Number(match[2]), dataset: { trial: trials[index] },
            classList: { add() {}, remove() {} },
          }));
      }
      return path.dots;
    }

    for (const plot of document.querySelectorAll('.plot > svg')) {
      const marks = [];
      for (const title of plot.querySelectorAll(':scope title')) {
        const mark = title.parentNode;
        if (mark === plot) continue;
        mark.dataset.tip = title.textContent;
        title.remove();
        marks.push(mark);
      }
      const paths = [...plot.querySelectorAll('path[data-trials]')];
      if (!marks.length && !paths.length) continue;
      // Asked for each time, as some charts are drawn anew.
      const points = () => [...plot.querySelectorAll('path[data-tip], circle[data-tip]')];

      const nearest = event => {
        const box = plot.getBoundingClientRect();
        let best = null, distance = 18 * 18;
        const consider = (mark, x, y) => {
          const square = (x - event.clientX) ** 2 + (y - event.clientY) ** 2;
          if (square < distance) { distance = square; best = { mark, at: { x, y } }; }
        };
        for (const mark of points()) { const at = center(mark); consider(mark, at.x, at.y); }
        for (const dot of paths.flatMap(dotsOf)) consider(dot, box.x + dot.x * box.width, box.y + dot.y);
        return best;
      };
      const find = event => {
        const own = event.target.closest?.('[data-tip]');
        if (own && plot.contains(own) && own.localName !== 'polygon') {
          return { mark: own, at: own.localName !== 'line' && own.localName !== 'polyline' ? center(own)
            : { x: event.clientX, y: event.clientY } };
        }
        const near = nearest(event);
        if (near || !own) return near;
        return { mark: own, at: { x: event.clientX, y: event.clientY } };
      };
      let waiting = false;
      plot.addEventListener('pointermove', event => {
        if (waiting) return;
        waiting = true;
        requestAnimationFrame(() => {
          waiting = false;
          const found = find(event);
          found ? show(found.mark, found.at) : show(null);
        });
      });
      plot.addEventListener('pointerleave', () => show(null));
      plot.addEventListener('click', event => {
        const found = find(event);
        if (!found) return;
        if (rowOf(found.mark)) location.hash = 'trial-' + found.mark.dataset.trial;
        else show(found.mark, found.at);
      });

      // One stop of the Tab key for each chart; the arrows walk through its marks.
      if (!points().length) continue;
      let current = -1;
      plot.setAttribute('tabindex', '0');
      plot.setAttribute('aria-description', 'The arrow keys walk through the values.');
      plot.addEventListener('keydown', event => {
        const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
        if (step) {
          event.preventDefault();
          const all = points();
          current = (Math.min(current, all.length - 1) + step + all.length) % all.length;
          show(all[current], center(all[current]));
        } else if (event.key === 'Escape') {
          show(null);
        } else if (event.key === 'Enter' && shown && rowOf(shown)) {
          location.hash = 'trial-' + shown.dataset.trial;
        }
      });
      plot.addEventListener('blur', () => show(null));
    }
    addEventListener('scroll', () => show(null), { passive: true });
    """#
}

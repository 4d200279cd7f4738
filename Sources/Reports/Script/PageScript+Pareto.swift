extension PageScript {
  /// Any two of the objective and the held-out losses of all trials, from the table of trials.
  static let paretoText = #"""
    const { element } = mixpipe;
    const place = document.getElementById('pareto');
    const table = document.querySelector('table tr[id^=trial-]')?.closest('table');
    if (place && table) {
      const heads = [...table.tHead.rows[0].cells];
      const columns = heads.map((head, index) => ({ head, index }))
        .filter(({ head }) => head.dataset.kind === 'loss');
      // Read when first asked for: ten thousand rows take a while.
      let known = null;
      const readRows = () => known ??= [...table.tBodies[0].rows].map(row => ({
        trial: row.id.slice(6), losses: columns.map(({ index }) => mixpipe.number(row.cells[index].textContent)),
      })).filter(row => row.losses.every(Number.isFinite));
      if (columns.length > 1) {
        const plot = place.querySelector('.plot');
        const svg = plot.querySelector('svg');
        const height = Number(svg.getAttribute('height'));
        const chosen = place.dataset.columns.split(' ').map(Number);
        const names = columns.map(({ head }) => head.textContent);
        const select = axis => {
          const control = element('select', { 'aria-label': axis ? 'Upwards' : 'Across' },
            ...names.map((name, index) => element('option', { value: index }, name)));
          control.value = chosen[axis];
          control.addEventListener('change', () => { chosen[axis] = Number(control.value); draw(); });
          return control;
        };
        place.before(element('div', { class: 'controls' }, 'Across ', select(0), ' upwards ', select(1)));

        const quantile = (values, share) => values[Math.min(Math.floor(share * values.length), values.length - 1)];
        // Holds what is good of either; what is far worse stands at the edge.
        function scale(values) {
          const sorted = [...values].sort((a, b) => a - b);
          const low = sorted[0], middle = quantile(sorted, 0.5);
          const high = Math.max(Math.min(sorted.at(-1), middle + 3 * Math.max(middle - low, 1e-6)), low + 1e-6);
          const margin = (high - low) * 0.06;
          const bounds = [low - margin, high + margin];
          const rough = (bounds[1] - bounds[0]) / 4, power = 10 ** Math.floor(Math.log10(rough));
          const lead = rough / power;
          const step = power * (lead >= 7.1 ? 10 : lead >= 3.2 ? 5 : lead >= 1.4 ? 2 : 1);
          const ticks = [];
          for (let i = Math.ceil(bounds[0] / step); i * step <= bounds[1]; i++) ticks.push(i * step);
          return {
            beyond: value => value > bounds[1],
            at: value => Math.min(Math.max((value - bounds[0]) / (bounds[1] - bounds[0]), 0), 1),
            ticks, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)),
          };
        }
        function draw() {
          const points = readRows().map(row => ({ trial: row.trial, x: row.losses[chosen[0]], y: row.losses[chosen[1]] }));
          const x = scale(points.map(point => point.x)), y = scale(points.map(point => point.y));
          const kept = [...svg.children].filter(child => child.localName === 'title' || child.localName === 'desc');
          svg.replaceChildren(...kept);
          const add = (name, attributes, text) => {
            const made = element('svg:' + name, attributes);
            if (text !== undefined) made.textContent = text;
            svg.append(made);
            return made;
          };
          const narrow = svg.clientWidth < 400;
          x.ticks.forEach((tick, index) => {
            const at = x.at(tick) * 100 + '%';
            add('line', { class: 'grid', x1: at, x2: at, y1: 0, y2: height });
            if (!narrow || index % 2 === 0) add('text', {
              class: 'tick', x: at, y: height + 14, 'text-anchor': 'middle', 'dominant-baseline': 'central',
            }, mixpipe.fixed(tick, x.digits));
          });
          for (const tick of y.ticks) {
            const at = height * (1 - y.at(tick));
            add('line', { class: 'grid', x1: 0, x2: '100%', y1: at, y2: at });
            add('text', {
              class: 'tick', x: 0, y: at, dx: -8, 'text-anchor': 'end', 'dominant-baseline': 'central',
            }, mixpipe.fixed(tick, y.digits));
          }
          const front = [];
          for (const point of [...points].sort((a, b) => a.x - b.x || a.y - b.y)) {
            if (!front.length || point.y < front.at(-1).y) front.push(point);
          }
          for (let i = 1; i < front.length; i++) {
            const a = front[i - 1], b = front[i];
            const at = { x1: x.at(b.x) * 100 + '%', x2: x.at(b.x) * 100 + '%',
              y1: height * (1 - y.at(a.y)), y2: height * (1 - y.at(b.y)) };
            add('line', { class: 'so-far best', x1: x.at(a.x) * 100 + '%', x2: at.x2, y1: at.y1, y2: at.y1 });
            add('line', { class: 'so-far best', ...at });
          }
          for (const point of points) {
            const isFront = front.includes(point);
            const svgMark = add('svg', { x: x.at(point.x) * 100 + '%', y: height * (1 - y.at(point.y)), overflow: 'visible' });
            const arrow = x.beyond(point.x) ? 'M5 0L-1 4.4V1.4H-5V-1.4H-1V-4.4z'
              : y.beyond(point.y) ? 'M0 -5L4.4 1H1.4V5H-1.4V1H-4.4z' : null;
            svgMark.append(element(arrow ? 'svg:path' : 'svg:circle', {
              class: isFront ? 'solid best' : arrow ? 'solid other' : 'hollow',
              ...(arrow ? { d: arrow } : { r: isFront ? 4.8 : 3.5 }), 'data-trial': point.trial,
              'data-tip': names[chosen[0]] + ' ' + mixpipe.fixed(point.x) + ', '
                + names[chosen[1]] + ' ' + mixpipe.fixed(point.y),
            }));
          }
          plot.querySelector('.axis-name.up').textContent = names[chosen[1]] + ', nats per token';
          plot.querySelector('.axis-name.across').textContent = names[chosen[0]] + ', nats per token';
        }
        mixpipe.pareto = { choose: (across, upwards) => { chosen[0] = across; chosen[1] = upwards; draw(); } };
      }
    }
    """#
}

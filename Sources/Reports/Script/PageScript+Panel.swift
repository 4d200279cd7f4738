extension PageScript {
  /// Sliders for the weights, and what the surrogate predicts of the mixture that they make.
  static let panelText = #"""
    const { element, model } = mixpipe;
    const place = document.getElementById('mixture-panel');
    if (model && place) {
      const names = model.domains;
      let weights = [...model.pick];
      const held = names.map(() => false);
      const best = mixpipe.predict(model.pick);

      const rows = names.map((name, index) => {
        const label = 'weight-' + index;
        const range = element('input', {
          type: 'range', min: 0, max: 100, step: 0.1, 'aria-label': 'Weight of ' + name + ' in per cent',
        });
        const number = element('input', {
          type: 'number', min: 0, max: 100, step: 0.1, id: label, 'aria-label': 'Weight of ' + name + ' in per cent',
        });
        const keep = element('input', { type: 'checkbox', 'aria-label': 'Hold ' + name });
        keep.addEventListener('change', () => { held[index] = keep.checked; });
        range.addEventListener('input', () => move(index, Number(range.value) / 100));
        number.addEventListener('change', () => move(index, Number(number.value) / 100));
        const also = element('span', { class: 'also' });
        const [low, high] = model.ranges[index];
        also.style.left = low * 100 + '%';
        also.style.width = Math.max((high - low) * 100, 0.5) + '%';
        return {
          range, number,
          row: element('div', { class: 'slider' },
            element('label', { class: 'name', for: label }, name),
            element('span', { class: 'range' }, range, also), number,
            element('label', { class: 'held' }, keep, 'hold')),
        };
      });

      // One weight moves, and those that are not held make room in their proportions.
      function move(index, value) {
        const others = names.map((_, j) => j).filter(j => j !== index && !held[j]);
        const fixed = names.reduce((sum, _, j) => sum + (j !== index && held[j] ? weights[j] : 0), 0);
        const own = others.length ? Math.min(Math.max(value, 0), 1 - fixed) : 1 - fixed;
        const rest = 1 - fixed - own;
        const sum = others.reduce((total, j) => total + weights[j], 0);
        weights = weights.map((weight, j) => j === index ? own
          : !others.includes(j) ? weight
          : sum > 1e-9 ? weight * rest / sum : rest / others.length);
        draw();
      }

      const answer = element('p', { class: 'answer', 'aria-live': 'polite' });
      const table = element('tbody');
      const command = element('code');
      function set(next) { weights = [...next]; draw(); }
      const presets = element('div', { class: 'controls' }, 'Start from');
      for (const { name, weights: mixture } of model.presets) {
        presets.append(element('button', { type: 'button', onclick: () => set(mixture) }, name));
      }

      const half = prediction => mixpipe.fixed(1.959963984540054 * prediction.deviation);
      function draw() {
        rows.forEach(({ range, number }, index) => {
          range.value = weights[index] * 100;
          number.value = (weights[index] * 100).toFixed(1);
        });
        const found = mixpipe.predict(weights);
        const isPick = weights.every((weight, index) => Math.abs(weight - model.pick[index]) < 1e-9);
        const change = isPick ? null : mixpipe.change(model.pick, weights);
        const rise = change?.objective ?? {
          mean: found.objective.mean - best.objective.mean,
          deviation: Math.hypot(found.objective.deviation, best.objective.deviation),
        };
        answer.replaceChildren(
          'Predicted objective ', element('strong', {},
            mixpipe.fixed(found.objective.mean) + ' \u00b1 ' + half(found.objective)),
          isPick ? ', the recommended mixture.'
            : ': ' + mixpipe.difference(rise.mean) + ' \u00b1 ' + half(rise) + ' against the recommended mixture, '
              + (rise.mean <= model.noise ? 'within' : 'more than') + ' the noise of one run ('
              + mixpipe.fixed(model.noise) + ').');
        table.replaceChildren(...model.outputs.map((name, index) => element('tr', {},
          element('th', { scope: 'row' }, name),
          element('td', {}, mixpipe.fixed(found.outputs[index].mean) + ' \u00b1 ' + half(found.outputs[index])),
          element('td', {}, change
            ? mixpipe.difference(change.outputs[index].mean) + ' \u00b1 ' + half(change.outputs[index]) : '\u2013'))));
        const words = model.command + ' ' + names.map((name, index) =>
          name + '=' + Number(weights[index].toFixed(4))).join(',').replace(/^(.*[^\w=,.\-].*)$/, text =>
          "'" + text.replaceAll("'", "'\\''") + "'");
        command.replaceChildren(...mixpipe.breakable(words));
      }

      place.replaceChildren(
        presets, ...rows.map(({ row }) => row), answer,
        element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Predicted losses' },
          element('table', { class: 'numbers' },
            element('thead', {}, element('tr', {},
              element('th', { scope: 'col' }, 'Held-out domain'),
              element('th', { scope: 'col', class: 'number' }, 'Predicted loss'),
              element('th', { scope: 'col', class: 'number' }, 'Minus recommended'))),
            table)),
        ...(model.command ? [element('div', { class: 'code' },
          element('span', { class: 'code-label' }, 'The same in the terminal'), element('pre', {}, command))] : []));
      place.hidden = false;
      draw();
      mixpipe.panel = { set, weights: () => weights };
    }
    """#
}

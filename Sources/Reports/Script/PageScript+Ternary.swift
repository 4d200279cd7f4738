extension PageScript {
  /// The triangle of any three domains, the others held at the recommended mixture's weights.
  static let ternaryText = #"""
    const { element, model } = mixpipe;
    const place = document.getElementById('ternary');
    if (model && place && model.domains.length > 3) {
      const controls = element('div', { class: 'controls' });
      const chosen = [...model.ternary];
      const selects = chosen.map((domain, corner) => {
        const select = element('select', { 'aria-label': 'Corner ' + (corner + 1) },
          ...model.domains.map((name, index) => element('option', { value: index }, name)));
        select.value = domain;
        select.addEventListener('change', () => {
          const value = Number(select.value), other = chosen.indexOf(value);
          // A domain that is another corner's changes places with it.
          if (other >= 0) { chosen[other] = chosen[corner]; selects[other].value = chosen[other]; }
          chosen[corner] = value;
          draw();
        });
        controls.append(select);
        return select;
      });
      place.before(controls);
      const svg = place.querySelector('svg');
      const cells = [...svg.querySelectorAll('.cell')];
      const labels = [...svg.querySelectorAll('text.corner')];
      const marks = [...svg.querySelectorAll('.trial, .pick')];
      const caption = document.getElementById('ternary-scale');

      function draw() {
        const fixed = model.pick.map((weight, index) => chosen.includes(index) ? 0 : weight);
        const total = chosen.reduce((sum, index) => sum + model.pick[index], 0);
        const share = total > 0 ? total : 1;
        const values = cells.map(cell => {
          const weights = total > 0 ? [...fixed] : model.pick.map(() => 0);
          cell.dataset.at.split(' ').forEach((part, corner) => {
            weights[chosen[corner]] = Number(part) * share;
          });
          cell.weights = weights;
          return mixpipe.predict(weights).objective.mean;
        });
        const low = Math.min(...values), high = [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.8)];
        cells.forEach((cell, index) => {
          const step = Math.min(Math.floor(8 * Math.max(values[index] - low, 0) / Math.max(high - low, 1e-9)), 7);
          cell.setAttribute('fill-opacity', (0.95 - 0.12 * step).toFixed(2));
          cell.classList.toggle('near', values[index] <= model.objective + model.noise);
          cell.dataset.tip = model.domains.map((name, d) => name + ' ' + mixpipe.share(cell.weights[d]))
            .join(', ') + ': predicted ' + mixpipe.fixed(values[index]);
        });
        labels.forEach((label, corner) => { label.textContent = model.domains[chosen[corner]]; });
        for (const mark of marks) {
          const weights = mark.dataset.weights.split(' ').map(Number);
          const sum = chosen.reduce((all, index) => all + weights[index], 0);
          mark.style.display = sum < 0.02 ? 'none' : '';
          const [a, b, c] = chosen.map(index => sum > 0 ? weights[index] / sum : 1 / 3);
          mark.setAttribute('transform',
            'translate(' + (170 * a + 20 * b + 320 * c).toFixed(1) + ' ' + (30 * a + 290 * (b + c)).toFixed(1) + ')');
        }
        caption.textContent = 'Strongest colour: ' + mixpipe.fixed(low) + '; faintest: ' + mixpipe.fixed(high) + ' and above.';
      }
      mixpipe.ternary = { choose: next => { chosen.splice(0, 3, ...next); draw(); } };
    }
    """#
}

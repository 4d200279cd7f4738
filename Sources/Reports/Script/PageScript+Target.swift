extension PageScript {
  /// Predictions of any mixture at the target of a study of several sizes, as the program makes them. The names are
  /// those of `TargetExport`; tests hold both against each other in a browser.
  static let targetText = #"""
    const model = mixpipe.model = mixpipe.data('surrogate');
    if (model) {
      const { surrogate } = model;
      const { draws, mixtures, points, standards, stretch, levelFactor, contrastFactor } = surrogate;
      const parts = model.domains.length, runs = points.length, last = draws[0].growth.length - 1;
      const isLogarithm = surrogate.link === 'logarithm';
      const even = 1 / parts;
    \#(lossFunctionText)
      const mean = values => values.reduce((a, b) => a + b, 0) / values.length;

      // As many as count at the target: repeated text counts less.
      const effective = weights => !surrogate.text ? weights : weights.map((weight, j) => {
        const text = surrogate.text[j], epochs = weight / text;
        return epochs > 1 ? text * (1 + surrogate.decay * (1 - Math.exp(-(epochs - 1) / surrogate.decay))) : weight;
      });
      // A mixture as one draw's kernel sees it.
      const seen = (draw, weights) => ({
        weights, roots: weights.map(Math.sqrt),
        laws: draw.floors.flatMap(([floor, share]) =>
          weights.map(weight => Math.sqrt(share) * Math.log((floor + weight) / (floor + even)))),
      });
      const isSame = (a, b) => a.weights.every((weight, j) => Math.abs(weight - b.weights[j]) < 1e-9);
      function kernel(draw, a, b) {
        let squared = 0, law = 0, line = 0;
        for (let j = 0; j < parts; j++) {
          squared += (a.roots[j] - b.roots[j]) ** 2;
          line += (a.weights[j] - even) * (b.weights[j] - even);
        }
        for (let i = 0; i < a.laws.length; i++) law += a.laws[i] * b.laws[i];
        squared *= draw.inverseSquaredLength;
        const same = a === b || squared < 1e-9 && isSame(a, b);
        const r = same ? 0 : Math.sqrt(5 * squared);
        return draw.squaredAmplitude * (1 + r + r * r / 3) * Math.exp(-r) + (same ? draw.squaredResidual : 0)
          + draw.squaredLaw * law + draw.squaredLinear * line;
      }

      // Each draw's Cholesky factor of the measurements' covariance, row by row.
      for (const draw of draws) {
        draw.inputs = mixtures.map(weights => seen(draw, weights));
        const noise = mixtures.map(weights =>
          draw.noise * Math.exp(draw.noiseSlope * (dot(weights, weights) - 2 / (parts + 1))));
        const between = draw.inputs.map((a, i) => draw.inputs.slice(0, i + 1).map(b => kernel(draw, a, b)));
        draw.rows = [];
        for (let i = 0; i < runs; i++) {
          const [m, c, run] = points[i], row = new Float64Array(i + 1);
          for (let j = 0; j <= i; j++) {
            const [n, d, other] = points[j], growth = draw.growth[c] * draw.growth[d];
            let value = growth * draw.contrasts[c][d] * between[Math.max(m, n)][Math.min(m, n)] + draw.levels[c][d];
            if (run === other) value += growth * Math.sqrt(noise[m] * noise[n]);
            if (i === j) value += draw.jitter;
            const before = draw.rows[j] ?? row;
            for (let k = 0; k < j; k++) value -= row[k] * before[k];
            row[j] = i === j ? Math.sqrt(value) : value / before[j];
          }
          draw.rows.push(row);
        }
        draw.towards = points.map(([, c]) => draw.growth[c] * draw.growth[last] * draw.contrasts[c][last]);
      }
      const prior = (draw, a, b) =>
        draw.growth[last] ** 2 * draw.contrasts[last][last] * kernel(draw, a, b) + draw.levels[last][last];

      // What one draw says of a mixture at the target: each output's loss and what a standardized deviation adds.
      function marginal(draw, weights) {
        const point = seen(draw, effective(weights));
        const across = draw.inputs.map(input => kernel(draw, input, point));
        const solved = new Float64Array(runs);
        let variance = prior(draw, point, point);
        for (let i = 0; i < runs; i++) {
          const row = draw.rows[i];
          let rest = draw.towards[i] * across[points[i][0]] + draw.levels[points[i][1]][last];
          for (let k = 0; k < i; k++) rest -= row[k] * solved[k];
          solved[i] = rest / row[i];
          variance -= solved[i] * solved[i];
        }
        const floor = surrogate.scarcityFloor;
        const scarce = point.weights.map(weight => Math.log((floor + weight) / (floor + even)));
        const cubes = weights.reduce((sum, weight) => sum + weight ** 3, 0);
        scarce.push((cubes - even * even) * (parts + 1) * (parts + 2) / 6);
        const losses = [], slopes = [];
        standards.forEach(({ location, scale }, d) => {
          const linked = location + scale * (dot(solved, draw.innovations[d]) - dot(surrogate.scarcity[d], scarce));
          const loss = isLogarithm ? Math.exp(linked) : linked;
          losses.push(loss);
          slopes.push(isLogarithm ? loss * scale : scale);
        });
        return { point, solved, variance: Math.max(variance, 1e-12), losses, slopes };
      }
      const marginals = weights => draws.map(draw => marginal(draw, weights));

      const unit = output => ({
        constant: 0, coefficients: model.outputs.map((_, index) => index === output ? 1 : 0), worst: [], limits: [],
        penalty: 0,
      });
      function gradient(goal, losses) {
        const slopes = [...goal.coefficients];
        if (goal.worst.length) {
          let largest = goal.worst[0];
          for (const level of goal.worst) if (excess(level, losses) > excess(largest, losses)) largest = level;
          slopes[largest.output] += largest.factor;
        }
        for (const level of goal.limits) if (losses[level.output] > level.loss) slopes[level.output] += goal.penalty;
        return slopes;
      }
      const linear = (goal, found) => ({
        value: valueOf(goal, found.losses),
        slopes: gradient(goal, found.losses).map((slope, d) => slope * found.slopes[d]),
      });
      const form = (matrix, a, b) => dot(a, matrix.map(row => dot(row, b)));
      const together = (draw, a, b) => form(draw.spread, a, b);

      // What all mixtures share at the target, of one function: its mean over some mixtures.
      const common = surrogate.common.map(marginals);
      const explained = draws.map((_, m) => Array.from({ length: runs }, (_, i) =>
        mean(common.map(found => found[m].solved[i]))));
      function levelOf(goal) {
        const parts = draws.map((draw, m) => {
          const found = common.map(one => linear(goal, one[m]));
          let own = 0;
          common.forEach((a, i) => common.forEach((b, j) => {
            const rest = prior(draw, a[m].point, b[m].point) - dot(a[m].solved, b[m].solved);
            own += (i === j ? Math.max(rest, 1e-12) : rest) * together(draw, found[i].slopes, found[j].slopes);
          }));
          return {
            value: mean(found.map(({ value }) => value)), own: own / common.length ** 2,
            slopes: model.outputs.map((_, d) => mean(found.map(({ slopes }) => slopes[d]))),
          };
        });
        // Levels vary together otherwise than what is left of measurements.
        const factor = levelFactor * parts.reduce((sum, { slopes }, m) => {
          const told = together(draws[m], slopes, slopes);
          const ratio = told > 0 ? form(surrogate.levels, slopes, slopes) / told : 1;
          return sum + draws[m].share * (1 + draws[m].levelShare * (ratio - 1));
        }, 0);
        const value = parts.reduce((sum, part, m) => sum + draws[m].share * part.value, 0);
        const own = parts.reduce((sum, part, m) => sum + draws[m].share * (part.own + (part.value - value) ** 2), 0);
        return { parts, value, own, factor };
      }
      const goals = [surrogate.function, ...model.outputs.map((_, d) => unit(d))].map(goal => ({
        goal, level: levelOf(goal),
      }));

      function combined({ goal, level }, found) {
        const each = found.map(one => linear(goal, one));
        const value = each.reduce((sum, one, m) => sum + draws[m].share * one.value, 0);
        let variance = 0, shared = 0;
        draws.forEach((draw, m) => {
          const apart = each[m].value - value;
          variance += draw.share * (found[m].variance * together(draw, each[m].slopes, each[m].slopes) + apart * apart);
          const part = level.parts[m];
          const sum = mean(common.map(one => prior(draw, found[m].point, one[m].point)));
          shared += draw.share * ((sum - dot(found[m].solved, explained[m])) * together(draw, each[m].slopes, part.slopes)
            + apart * (part.value - level.value));
        });
        const g = Math.sqrt(level.factor), h = Math.sqrt(contrastFactor);
        variance = h * h * variance + h * (g - h) * 2 * shared + (g - h) ** 2 * level.own;
        return { mean: value, deviation: Math.sqrt(Math.max(variance * stretch * stretch, 0)) };
      }

      /// {objective, outputs}, each {mean, deviation}, the noise of a run not included.
      mixpipe.predict = weights => {
        const found = marginals(weights);
        const [objective, ...outputs] = goals.map(goal => combined(goal, found));
        return { objective, outputs };
      };

      /// The same of what changes from one mixture to another.
      mixpipe.change = (from, to) => {
        const a = marginals(from), b = marginals(to);
        const [objective, ...outputs] = goals.map(({ goal }) => {
          const before = a.map(one => linear(goal, one)), after = b.map(one => linear(goal, one));
          const change = draws.reduce((sum, draw, m) => sum + draw.share * (after[m].value - before[m].value), 0);
          let variance = 0;
          draws.forEach((draw, m) => {
            const x = before[m].slopes, y = after[m].slopes;
            const shared = prior(draw, a[m].point, b[m].point) - dot(a[m].solved, b[m].solved);
            const own = b[m].variance * together(draw, y, y) + a[m].variance * together(draw, x, x)
              - 2 * shared * together(draw, x, y);
            variance += draw.share * (Math.max(own, 0) + (after[m].value - before[m].value - change) ** 2);
          });
          return { mean: change, deviation: stretch * Math.sqrt(contrastFactor * variance) };
        });
        return { objective, outputs };
      };
    }
    """#
}

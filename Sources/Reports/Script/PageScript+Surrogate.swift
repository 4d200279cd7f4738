extension PageScript {
  /// The surrogate's predictions at any mixture, as the program makes them. The names are those of
  /// `SurrogateExport`; tests hold both against each other in a browser.
  static let surrogateText = #"""
    const model = mixpipe.model = mixpipe.data('surrogate');
    if (model) {
      const { surrogate } = model;
      const { members, models, varianceFactor, correlation, mixtures } = surrogate;
      const parts = model.domains.length, runs = mixtures.length;
      const isLogarithm = surrogate.link === 'logarithm';

      const power = (weights, exponent) =>
        exponent === 1 ? weights : weights.map(weight => Math.pow(weight, exponent));
    \#(lossFunctionText)

      // What one member sees of a mixture.
      const embedded = (weights, member) => ({
        coordinates: power(weights, member.exponent), shares: power(weights, member.lawExponent),
        center: Math.pow(1 / parts, member.exponent),
      });
      function lawOf(m, member, point) {
        if (!m.squaredLaw) return 0;
        const share = dot(m.affinities, point.shares);
        return member.law === 'exponential'
          ? Math.log1p(m.floor * Math.exp(-share)) : Math.log((m.floor + share) / (m.floor + 0.2));
      }
      function covariance(m, a, u, b, v) {
        let squared = 0;
        for (let j = 0; j < parts; j++) {
          const gap = a.coordinates[j] - b.coordinates[j];
          squared += gap * gap * m.inverseSquaredLengths[j];
        }
        const r = Math.sqrt(5 * squared);
        let value = m.squaredAmplitude * (1 + r + 5 * squared / 3) * Math.exp(-r)
          + surrogate.squaredConstant + m.squaredLaw * u * v;
        if (m.squaredLinear) {
          for (let j = 0; j < parts; j++) {
            value += m.squaredLinear * (a.coordinates[j] - a.center) * (b.coordinates[j] - b.center);
          }
        }
        return value;
      }

      // Each model's Cholesky factor of the runs' covariance, row by row, made when first asked for.
      const inputs = members.map(member => mixtures.map(weights => embedded(weights, member)));
      function prepared(m) {
        if (m.rows) return m;
        const member = members[m.member], points = inputs[m.member];
        m.laws = points.map(point => lawOf(m, member, point));
        m.rows = [];
        for (let i = 0; i < runs; i++) {
          const row = new Float64Array(i + 1);
          for (let j = 0; j <= i; j++) {
            let value = covariance(m, points[i], m.laws[i], points[j], m.laws[j]);
            if (i === j) value += m.noise[i];
            const other = m.rows[j] ?? row;
            for (let k = 0; k < j; k++) value -= row[k] * other[k];
            row[j] = i === j ? Math.sqrt(value) : value / other[j];
          }
          m.rows.push(row);
        }
        return m;
      }

      // Mean and variance of a model's standardized function, and what covariances are made of.
      function marginal(m, weights) {
        prepared(m);
        const member = members[m.member], points = inputs[m.member];
        const point = embedded(weights, member);
        const u = lawOf(m, member, point);
        const solved = new Float64Array(runs);
        let mean = 0, variance = covariance(m, point, u, point, u);
        for (let i = 0; i < runs; i++) {
          const value = covariance(m, points[i], m.laws[i], point, u);
          mean += value * m.weights[i];
          let rest = value;
          const row = m.rows[i];
          for (let k = 0; k < i; k++) rest -= row[k] * solved[k];
          solved[i] = rest / row[i];
          variance -= solved[i] * solved[i];
        }
        return { mean, variance: Math.max(variance, 1e-12), solved, point, law: u };
      }
      function loss(m, mean, variance) {
        const linked = m.location + m.scale * mean;
        if (!isLogarithm) return { mean: linked, slope: m.scale };
        const value = Math.exp(linked + 0.5 * m.scale * m.scale * variance * varianceFactor);
        return { mean: value, slope: value * m.scale };
      }
      const lossOf = (m, value) => {
        const linked = m.location + m.scale * value;
        return isLogarithm ? Math.exp(linked) : linked;
      };
      const modelCoefficients = coefficients =>
        models.map(m => coefficients[m.output] / members.length);
      function disagreement(means) {
        const sums = members.map(() => 0);
        means.forEach((mean, index) => { sums[models[index].member] += mean; });
        const center = sums.reduce((a, b) => a + b) / members.length;
        return sums.reduce((sum, value) => sum + (value - center) ** 2 * members.length, 0);
      }
      function combined(losses, coefficients) {
        const scaled = losses.map((l, i) => l.deviation * coefficients[i]);
        const means = losses.map((l, i) => l.mean * coefficients[i]);
        const variance = dot(scaled, correlation.map(row => dot(row, scaled)));
        return {
          mean: means.reduce((a, b) => a + b),
          deviation: Math.sqrt(Math.max(variance, 0) + disagreement(means)),
        };
      }
      const unit = output => model.outputs.map((_, index) => index === output ? 1 : 0);
      const { function: goal } = surrogate;
      const isLinear = !goal.worst.length && !goal.limits.length;

      function moments(values) {
        const mean = values.reduce((a, b) => a + b) / values.length;
        const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        return { mean, deviation: Math.sqrt(square / (values.length - 1)) };
      }
      // By the program's own draws, where the objective is no sum.
      function sampled(marginals) {
        const draws = surrogate.normals[0].length;
        const losses = model.outputs.map(() => new Float64Array(draws));
        models.forEach((m, index) => {
          const { mean, variance } = marginals[index];
          const deviation = Math.sqrt(variance * varianceFactor), central = lossOf(m, mean);
          for (let j = 0; j < draws; j++) {
            losses[m.output][j] +=
              lossOf(m, mean + deviation * surrogate.normals[index][j]) / members.length
              + surrogate.tilts[m.member][j] * central;
          }
        });
        return moments(Array.from({ length: draws }, (_, j) =>
          mixpipe.objective(losses.map(output => output[j]))));
      }

      /// {objective, outputs}, each {mean, deviation}, the noise of a run not included.
      mixpipe.predict = weights => {
        const marginals = models.map(m => marginal(m, weights));
        const losses = models.map((m, i) => {
          const found = loss(m, marginals[i].mean, marginals[i].variance);
          return {
            mean: found.mean,
            deviation: found.slope * Math.sqrt(marginals[i].variance * varianceFactor),
          };
        });
        const outputs = model.outputs.map((_, d) => combined(losses, modelCoefficients(unit(d))));
        let objective;
        if (isLinear) {
          objective = combined(losses, modelCoefficients(goal.coefficients));
          objective.mean += goal.constant;
        } else {
          objective = sampled(marginals);
        }
        return { objective, outputs };
      };

      /// The same of what changes from one mixture to another; of outputs, and of objectives that are sums.
      mixpipe.change = (from, to) => {
        const rows = [], means = [];
        for (const m of models) {
          const a = marginal(m, from), b = marginal(m, to);
          const shared = covariance(m, a.point, a.law, b.point, b.law) - dot(a.solved, b.solved);
          const first = Math.sqrt(a.variance), slope = shared / first;
          const second = Math.sqrt(Math.max(b.variance - slope * slope, 0));
          const x = loss(m, a.mean, a.variance), y = loss(m, b.mean, b.variance);
          rows.push([-first * x.slope + slope * y.slope, second * y.slope]);
          means.push(y.mean - x.mean);
        }
        const change = coefficients => {
          const weights = modelCoefficients(coefficients);
          let variance = 0;
          for (let a = 0; a < models.length; a++) {
            if (!weights[a]) continue;
            for (let b = 0; b < models.length; b++) {
              variance += weights[a] * weights[b] * correlation[a][b] * dot(rows[a], rows[b]);
            }
          }
          const parts = means.map((mean, index) => mean * weights[index]);
          return {
            mean: parts.reduce((a, b) => a + b),
            deviation: Math.sqrt(varianceFactor * Math.max(variance, 0) + disagreement(parts)),
          };
        };
        return {
          objective: isLinear ? change(goal.coefficients) : null,
          outputs: model.outputs.map((_, d) => change(unit(d))),
        };
      };
    }
    """#
}

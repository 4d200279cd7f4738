import Mixtures
import Numerics

extension CompositeSurrogate {
  /// Sums of the losses at some mixtures, each with a factor of its own (a difference has -1 and 1): what
  /// the mixtures have in common cancels.
  ///
  /// - Parameters:
  ///   - contrasts: for each sum, a factor for each mixture.
  /// - Returns: for each contrast, that of every output and of Σ cᵈ Lᵈ; nil where a covariance cannot be
  ///   factored.
  package func contrasts(
    at mixtures: [[Double]], _ contrasts: [[Double]], coefficients: [Double]
  ) -> [(outputs: [Prediction], sum: Prediction)]? {
    let points = fit.members.indices.map { embedded(mixtures, member: $0) }
    // For each contrast and model, its row in the model's Cholesky factor, scaled to losses, (b, models).
    var rows = contrasts.map { _ in Matrix(rows: mixtures.count, columns: models.count) }
    var means = contrasts.map { _ in [Double](repeating: 0, count: models.count) }
    for (m, model) in models.enumerated() {
      let (latent, covariance) = model.posterior(
        at: points[model.member], inputs: inputs[model.member])
      guard let factor = Cholesky(factoring: covariance)?.factor else { return nil }
      let losses = mixtures.indices.map {
        loss(model, mean: latent[$0], variance: covariance[$0, $0])
      }
      for (c, contrast) in contrasts.enumerated() {
        means[c][m] = dot(contrast, losses.map(\.mean))
        let row = factor.times(
          zip(contrast, losses).map { $0 * $1.slope }, transposingSelf: true)
        for i in mixtures.indices { rows[c][i, m] = row[i] }
      }
    }
    return contrasts.indices.map { c in
      let products = rows[c].times(rows[c], transposingSelf: true)
      func change(_ coefficients: [Double]) -> Prediction {
        let weights = modelCoefficients(coefficients)
        var variance = 0.0
        for a in models.indices where weights[a] != 0 {
          for b in models.indices {
            variance += weights[a] * weights[b] * correlation[a, b] * products[a, b]
          }
        }
        let apart = disagreement(zip(weights, means[c]).map { $0 * $1 })
        return Prediction(
          mean: dot(weights, means[c]),
          deviation: (varianceFactor * max(variance, 0) + dot(apart, apart)).squareRoot())
      }
      return (
        (0..<outputs).map { d in change((0..<outputs).map { $0 == d ? 1 : 0 }) },
        change(coefficients)
      )
    }
  }

  /// How likely each mixture is the best of those given in a function of the losses, and what it is
  /// expected to lose against the best of all, which the runs so far and a spread over what is feasible
  /// stand for.
  ///
  /// - Parameters:
  ///   - pool: the only mixtures that there are; nil for all that are feasible.
  /// - Returns: nil where a covariance cannot be factored.
  package func chances(
    of mixtures: [[Double]], in function: LossFunction, feasible: FeasibleMixtures,
    pool: [[Double]]? = nil, draws: Int = 1024, seed: UInt64
  ) -> [(probabilityOfBest: Double, expectedRegret: Double)]? {
    var search = MixtureSearch()
    search.candidates = MixtureSearch.affordable(
      search.candidates, outputs: outputs, parts: data.parts)
    let spread =
      pool
      ?? search.pool(over: feasible, exponent: exponent, incumbents: mixtures, seed: seed)
    let predictions = values(of: function, at: spread)
    func cost(_ mixture: [Double]) -> Double { feasible.pull?.value(at: mixture) ?? 0 }
    let bounds = zip(spread, predictions).map { $1.mean - 2 * $1.deviation + cost($0) }
    let order = spread.indices.sorted {
      bounds[$0] != bounds[$1] ? bounds[$0] < bounds[$1] : $0 < $1
    }
    var all = mixtures
    for index in order where all.count < mixtures.count + (isWide ? 60 : 150) {
      if all.allSatisfy({ zip($0, spread[index]).contains { abs($0 - $1) > 1e-3 } }) {
        all.append(spread[index])
      }
    }
    guard var values = jointValues(function, at: all, draws: draws, seed: seed) else { return nil }
    if feasible.pull != nil {
      for (index, mixture) in all.enumerated() {
        let cost = cost(mixture)
        for draw in values[index].indices { values[index][draw] += cost }
      }
    }
    var wins = [Int](repeating: 0, count: mixtures.count)
    var regrets = [Double](repeating: 0, count: mixtures.count)
    for draw in 0..<draws {
      let lowest = values.reduce(.infinity) { min($0, $1[draw]) }
      var winner = 0
      for i in mixtures.indices {
        regrets[i] += values[i][draw] - lowest
        if values[i][draw] < values[winner][draw] { winner = i }
      }
      wins[winner] += 1
    }
    return mixtures.indices.map { (Double(wins[$0]) / Double(draws), regrets[$0] / Double(draws)) }
  }

  /// Joint draws of a function at some mixtures: [mixture][draw].
  private func jointValues(
    _ function: LossFunction, at mixtures: [[Double]], draws: Int, seed: UInt64
  ) -> [[Double]]? {
    var generator = SeededGenerator(seed: seed, stream: "chances")
    guard function.isLinear else {
      guard let losses = samples(at: mixtures, count: draws, using: &generator) else { return nil }
      return mixtures.indices.map { x in losses.map { function.value(of: $0[x]) } }
    }
    guard let joint = JointObjective(self, coefficients: function.coefficients, base: mixtures),
      let factor = Cholesky(factoring: joint.baseCovariance)?.factor
    else { return nil }
    let normals = Matrix(
      rows: mixtures.count, columns: draws,
      elements: (0..<mixtures.count * draws).map { _ in generator.normal() })
    let deviations = factor.times(normals)
    return mixtures.indices.map { x in
      (0..<draws).map { function.constant + joint.baseMeans[x] + deviations[x, $0] }
    }
  }
}

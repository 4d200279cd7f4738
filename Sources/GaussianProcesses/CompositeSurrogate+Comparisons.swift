import Numerics

extension CompositeSurrogate {
  /// How the losses change from one mixture to another: what the two have in common cancels.
  ///
  /// - Returns: for each output and for Σ cᵈ Lᵈ; nil where the covariance cannot be factored.
  package func differences(
    from start: [Double], to end: [Double], coefficients: [Double]
  ) -> (outputs: [Prediction], sum: Prediction)? {
    let points = fit.members.indices.map { embedded([start, end], member: $0) }
    // For each model, the difference of the two points' rows in its Cholesky factor, scaled to losses.
    var contrasts = Matrix(rows: models.count, columns: 2)
    var means: [Double] = []
    for (m, model) in models.enumerated() {
      let (mean, covariance) = model.posterior(
        at: points[model.member], inputs: inputs[model.member])
      guard let factor = Cholesky(factoring: covariance)?.factor else { return nil }
      let first = loss(model, mean: mean[0], variance: covariance[0, 0])
      let second = loss(model, mean: mean[1], variance: covariance[1, 1])
      for i in 0..<2 {
        contrasts[m, i] = second.slope * factor[1, i] - first.slope * factor[0, i]
      }
      means.append(second.mean - first.mean)
    }
    func change(_ coefficients: [Double]) -> Prediction {
      let weights = modelCoefficients(coefficients)
      var variance = 0.0
      for i in 0..<2 {
        let row = zip(weights, contrasts.column(i)).map { $0 * $1 }
        variance += dot(row, correlation.times(row))
      }
      return Prediction(
        mean: dot(weights, means),
        deviation: (varianceFactor * max(variance, 0)).squareRoot())
    }
    return (
      (0..<outputs).map { d in change((0..<outputs).map { $0 == d ? 1 : 0 }) },
      change(coefficients)
    )
  }

  /// How likely each mixture is the best of those given in Σ cᵈ Lᵈ, and what it is expected to lose
  /// against the best of all, which the runs so far and a spread over the simplex stand for.
  ///
  /// - Returns: nil where the covariance cannot be factored.
  package func chances(
    of mixtures: [[Double]], coefficients: [Double], draws: Int = 1024, seed: UInt64
  ) -> [(probabilityOfBest: Double, expectedRegret: Double)]? {
    let search = MixtureSearch()
    let spread = search.pool(
      parts: data.parts, exponent: exponent, incumbents: mixtures, seed: seed)
    let predictions = weightedSum(coefficients, at: spread)
    let bounds = predictions.map { $0.mean - 2 * $0.deviation }
    let order = spread.indices.sorted {
      bounds[$0] != bounds[$1] ? bounds[$0] < bounds[$1] : $0 < $1
    }
    var all = mixtures
    for index in order where all.count < mixtures.count + 150 {
      if all.allSatisfy({ zip($0, spread[index]).contains { abs($0 - $1) > 1e-3 } }) {
        all.append(spread[index])
      }
    }
    guard let joint = JointObjective(self, coefficients: coefficients, base: all),
      let factor = Cholesky(factoring: joint.baseCovariance)?.factor
    else { return nil }
    var generator = SeededGenerator(seed: seed, stream: "chances")
    let normals = Matrix(
      rows: all.count, columns: draws,
      elements: (0..<all.count * draws).map { _ in generator.normal() })
    let deviations = factor.times(normals)
    var wins = [Int](repeating: 0, count: mixtures.count)
    var regrets = [Double](repeating: 0, count: mixtures.count)
    for draw in 0..<draws {
      let values = all.indices.map { joint.baseMeans[$0] + deviations[$0, draw] }
      let lowest = values.min()!
      var winner = 0
      for i in mixtures.indices {
        regrets[i] += values[i] - lowest
        if values[i] < values[winner] { winner = i }
      }
      wins[winner] += 1
    }
    return mixtures.indices.map { (Double(wins[$0]) / Double(draws), regrets[$0] / Double(draws)) }
  }
}

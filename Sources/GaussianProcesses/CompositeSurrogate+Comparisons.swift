import Numerics

extension CompositeSurrogate {
  /// How the losses change from one mixture to another: what the two have in common cancels.
  ///
  /// - Returns: for each output and for Σ cᵈ Lᵈ; nil where the covariance cannot be factored.
  package func differences(
    from start: [Double], to end: [Double], coefficients: [Double]
  ) -> (outputs: [Prediction], sum: Prediction)? {
    let points = embedded([start, end])
    // The rows of the two points in each output's Cholesky factor, scaled to losses.
    var contrasts: [[Double]] = []
    var changes: [Prediction] = []
    var mean = 0.0
    for (d, model) in models.enumerated() {
      let (means, covariance) = model.posterior(at: points, inputs: inputs)
      guard let factor = Cholesky(factoring: covariance)?.factor else { return nil }
      let first = loss(d, mean: means[0], variance: covariance[0, 0])
      let second = loss(d, mean: means[1], variance: covariance[1, 1])
      let contrast = (0..<2).map { second.slope * factor[1, $0] - first.slope * factor[0, $0] }
      contrasts.append(contrast)
      let change = second.mean - first.mean
      mean += coefficients[d] * change
      changes.append(
        Prediction(
          mean: change, deviation: (varianceFactor * dot(contrast, contrast)).squareRoot()))
    }
    var variance = 0.0
    for d in models.indices {
      for e in models.indices {
        variance +=
          coefficients[d] * coefficients[e] * correlation[d, e] * dot(contrasts[d], contrasts[e])
      }
    }
    return (
      changes,
      Prediction(mean: mean, deviation: (varianceFactor * max(variance, 0)).squareRoot())
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
      parts: data.parts, exponent: form.exponent, incumbents: mixtures, seed: seed)
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

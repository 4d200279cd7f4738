import Foundation
import Mixtures
import Numerics

/// What is known of a function of the losses: exact where it is a sum, by quasi-random draws elsewhere.
extension CompositeSurrogate {
  private static let draws = 512

  /// At each mixture, the noise of a run not included.
  package func values(
    of function: LossFunction, at mixtures: [[Double]]
  ) -> [Prediction] {
    if function.isLinear {
      return weightedSum(function.coefficients, at: mixtures).map { shifted($0, function) }
    }
    let models = modelMarginals(at: mixtures)
    let draws = marginalDraws
    return mixtures.indices.map { x in
      sampled(
        function, means: models.map { $0.means[x] }, variances: models.map { $0.variances[x] },
        draws)
    }
  }

  /// Of each finished run as the others predict it, its noise included.
  package func leaveOneOut(_ function: LossFunction) -> [Prediction] {
    if function.isLinear {
      return leaveOneOut(function.coefficients).map { shifted($0, function) }
    }
    let left = models.map { $0.leaveOneOut() }
    let draws = marginalDraws
    return (0..<data.count).map { x in
      sampled(
        function, means: left.map { $0.means[x] }, variances: left.map { $0.variances[x] }, draws)
    }
  }

  /// The standard deviation of a run's own noise in it, at the losses given.
  ///
  /// - Parameter mixture: as uneven as most if nil.
  package func noiseDeviation(
    _ function: LossFunction, losses: [Double], at mixture: [Double]? = nil
  ) -> Double {
    if function.isLinear {
      return noiseDeviation(function.coefficients, losses: losses, at: mixture)
    }
    let means = models.map { model in
      (link.linked(losses[model.output]) - model.location)
        / model.scale
    }
    return sampled(
      function, means: means, variances: noiseVariances(at: mixture), marginalDraws
    ).deviation
  }

  /// How it and each output's loss change from some mixtures to others, on average over the pairs.
  ///
  /// - Returns: nil where a covariance cannot be factored.
  package func change(
    over pairs: [(start: [Double], end: [Double])], in function: LossFunction
  ) -> (outputs: [Prediction], function: Prediction)? {
    let share = 1 / Double(pairs.count)
    let mixtures = pairs.map(\.start) + pairs.map(\.end)
    let contrast = pairs.map { _ in -share } + pairs.map { _ in share }
    guard
      let linear = contrasts(at: mixtures, [contrast], coefficients: function.coefficients)?[0]
    else { return nil }
    if function.isLinear { return (linear.outputs, linear.sum) }
    var generator = SeededGenerator(seed: 0, stream: "change")
    guard let losses = samples(at: mixtures, count: Self.draws, using: &generator) else {
      return nil
    }
    let changes = losses.map { draw in
      dot(contrast, draw.map { function.value(of: $0) })
    }
    return (linear.outputs, prediction(changes))
  }

  private func shifted(_ prediction: Prediction, _ function: LossFunction) -> Prediction {
    Prediction(mean: prediction.mean + function.constant, deviation: prediction.deviation)
  }

  private func modelMarginals(at mixtures: [[Double]]) -> [(means: [Double], variances: [Double])] {
    let points = fit.members.indices.map { embedded(mixtures, member: $0) }
    return models.map { $0.marginals(at: points[$0.member], inputs: inputs[$0.member]) }
  }

  /// Normal numbers that each model's marginal is drawn with, (models, draws), and what each member's mean
  /// counts besides its share, (members, draws): the same for every mixture.
  var marginalDraws: (correlated: Matrix, tilts: Matrix) {
    let normals = LatinSupercube.normals(
      dimensions: models.count + tiltDimensions, count: Self.draws, seed: 0)
    func rows(_ range: Range<Int>) -> Matrix {
      normals.submatrix(rows: Array(range), columns: Array(0..<Self.draws))
    }
    // Errors that agree wholly leave a factor of less than full rank: jitter, or independence, is then
    // near enough.
    let root = Cholesky(factoring: correlation)?.factor ?? Matrix.identity(models.count)
    return (
      root.times(rows(0..<models.count)),
      tilts(rows(models.count..<models.count + tiltDimensions))
    )
  }

  /// - Parameters:
  ///   - means, variances: of each model, standardized, ``varianceFactor`` not yet applied.
  ///   - draws: ``marginalDraws``, which take long to make where there are many models.
  private func sampled(
    _ function: LossFunction, means: [Double], variances: [Double],
    _ draws: (correlated: Matrix, tilts: Matrix)
  ) -> Prediction {
    let (correlated, tilts) = draws
    var losses = [[Double]](
      repeating: [Double](repeating: 0, count: Self.draws), count: outputs)
    for (m, model) in models.enumerated() {
      let deviation = (variances[m] * varianceFactor).squareRoot()
      let central = loss(model, of: means[m])
      for j in 0..<Self.draws {
        losses[model.output][j] +=
          loss(model, of: means[m] + deviation * correlated[m, j]) / Double(members)
          + tilts[model.member, j] * central
      }
    }
    return prediction(function.values(of: losses))
  }

  private func prediction(_ draws: [Double]) -> Prediction {
    Prediction(
      mean: Statistics.mean(draws), deviation: (Statistics.variance(draws) ?? 0).squareRoot())
  }
}

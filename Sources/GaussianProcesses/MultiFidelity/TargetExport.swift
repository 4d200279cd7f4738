import Foundation
import Numerics

/// All that another program needs to predict the target as a ``ScaleSurrogate`` does, to rounding: a page does so while
/// its reader moves weights.
///
/// The covariance of the measurements is made again from the hyperparameters, and factored anew; fidelities count by
/// what their covariances are, which is the same for every mixture. Numbers are written so that they are read back to
/// the bit.
package struct TargetExport: Sendable, Encodable {
  /// One draw of the hyperparameters: see ``ScaleHyperparameters`` and ``ScaleModel``.
  package struct Draw: Sendable, Encodable {
    /// What it counts; all sum to one.
    package var share: Double
    package var squaredAmplitude: Double
    package var inverseSquaredLength: Double
    /// Over the number of domains.
    package var squaredLaw: Double
    /// Each with its share.
    package var floors: [[Double]]
    /// Times the number of domains.
    package var squaredLinear: Double
    package var squaredResidual: Double
    package var noise: Double
    package var noiseSlope: Double
    /// On the diagonal of the measurements' covariance.
    package var jitter: Double
    /// Of each fidelity.
    package var growth: [Double]
    /// Of each fidelity with each, without that growth.
    package var contrasts: [[Double]]
    package var levels: [[Double]]
    /// L⁻¹ y, [output][measurement].
    package var innovations: [[Double]]
    /// [output][output].
    package var spread: [[Double]]
    /// How much of what all mixtures share at the target is the level, 0 to 1.
    package var levelShare: Double
  }

  package struct Standard: Sendable, Encodable {
    package var location: Double
    package var scale: Double
  }

  /// What tells it from ``SurrogateExport``.
  package var kind = "target"
  package var link: String
  /// Of each output.
  package var standards: [Standard]
  /// What each output is expected to lose before any run where text is scarce, [output][domain], and, last, where one domain
  /// crowds out others; and the floor: see ``ScarcityPrior``.
  package var scarcity: [[Double]]
  package var scarcityFloor: Double
  /// How much text of each domain there is, in tokens of a run of the target, and how soon repetitions lose their
  /// worth; nil where none is repeated.
  package var text: [Double]?
  package var decay: Double?
  /// From a normal distribution's to Student's deviations.
  package var stretch: Double
  package var levelFactor: Double
  /// What the levels of two outputs have in common, [output][output]: ``ScaleFit/levels``.
  package var levels: [[Double]]
  package var contrastFactor: Double
  /// Each once; as many as counts at a length, where text repeats.
  package var mixtures: [[Double]]
  /// Of each measurement its mixture, its fidelity and its run. The last fidelity is the target.
  package var points: [[Int]]
  package var draws: [Draw]
  /// Mixtures whose mean at the target is what all share there.
  package var common: [[Double]]
  package var function: LossFunctionExport

  /// - Returns: nil for a target of single runs, and for more measurements than a page should factor.
  package init?(
    _ surrogate: ScaleSurrogate, function: LossFunction, mostMeasurements: Int = 640
  ) {
    let inputs = surrogate.models[0].inputs
    let fit = surrogate.fit
    guard !surrogate.data.target.isOfRuns, inputs.count <= mostMeasurements else { return nil }
    link = fit.link.rawValue
    standards = fit.standards.map { Standard(location: $0.location, scale: $0.scale) }
    scarcity = fit.standards.indices.map { fit.scarcity(of: $0, parts: surrogate.data.parts) }
    scarcityFloor = ScarcityPrior.floor
    text = fit.repetition?.text
    decay = fit.repetition?.decay
    stretch = surrogate.stretch
    levelFactor = fit.factors.level
    levels = (0..<standards.count).map { fit.levels.row($0) }
    contrastFactor = fit.factors.contrast
    mixtures = (0..<inputs.mixtures.count).map { inputs.mixtures.weights.column($0) }
    points = inputs.points.map { [$0.mixture, $0.cell, $0.run ?? -1] }
    common = surrogate.commonMixtures
    self.function = LossFunctionExport(function)
    let cells = inputs.cells + [.target]
    let parts = Double(surrogate.data.parts)
    let levelShares = surrogate.levelShares
    draws = surrogate.models.indices.map { m in
      let (share, model) = (surrogate.shares[m], surrogate.models[m])
      let h = model.kernel.hyperparameters
      func rows(_ matrix: Matrix) -> [[Double]] { (0..<matrix.rows).map { matrix.row($0) } }
      return Draw(
        share: share, squaredAmplitude: h.squaredAmplitude,
        inverseSquaredLength: 1 / (h.lengthscale * h.lengthscale), squaredLaw: h.squaredLaw / parts,
        floors: zip(h.floors, fit.law.shares).filter { $1 > 0 }.map { [$0, $1] },
        squaredLinear: h.squaredLinear * parts, squaredResidual: h.squaredResidual,
        noise: h.noise, noiseSlope: h.noiseSlope, jitter: h.jitter + model.cholesky.jitter,
        growth: cells.map { h.growth($0) },
        contrasts: rows(model.kernel.contrasts(cells, cells).values),
        levels: rows(model.kernel.levels(cells, cells).values),
        innovations: (0..<model.innovations.columns).map { model.innovations.column($0) },
        spread: rows(model.spread), levelShare: levelShares[m])
    }
  }
}

extension ScaleSurrogate {
  /// The standard deviation of one run's own noise at the target in a function of the losses.
  package func runNoise(of function: LossFunction, at mixture: [Double]) -> Double {
    let queries = targetQueries([mixture])
    let inputs = inputs(queries)
    var variance = 0.0
    for (share, model) in zip(shares, models) {
      let posterior = model.posterior(inputs, isJoint: false)
      let slopes = posterior.linearized(fit, function, queries).slopes
      let growth = model.kernel.hyperparameters.growth(.target)
      let noise =
        growth * growth * model.kernel.noise(inputs.mixtures, 0)
        + model.kernel.hyperparameters.jitter
      variance += share * noise * dot(slopes.row(0), model.spread.times(slopes.row(0)))
    }
    return variance.squareRoot()
  }

  /// Means alone of a function at the target, without what is not known of them.
  package func targetMeans(of function: LossFunction, at mixtures: [[Double]]) -> [Double] {
    let queries = targetQueries(mixtures)
    let inputs = inputs(queries)
    var result = mixtures.map { _ in 0.0 }
    for (share, model) in zip(shares, models) {
      let cross = model.kernel.covariance(model.inputs, inputs)
      let posterior = ScaleModel.Posterior(
        means: cross.times(model.coefficients, transposingSelf: true),
        covariance: Matrix(rows: 0, columns: 0), solved: Matrix(rows: 0, columns: 0),
        growths: queries.map { model.kernel.hyperparameters.growth($0.cell) })
      let found = posterior.linearized(fit, function, queries).means
      for i in found.indices { result[i] += share * found[i] }
    }
    return result
  }
}

import Foundation
import Numerics

/// All that another program needs to predict as a surrogate does, to rounding: a page does so while its
/// reader moves weights.
///
/// A model's covariance of the runs is made again from the kernel's hyperparameters and what each run has on
/// its diagonal, and factored anew; its weights K⁻¹ y are given. Numbers are written so that they are read
/// back to the bit.
package struct SurrogateExport: Sendable, Encodable {
  /// A form of the ensemble: see ``SurrogateForm``.
  package struct Member: Sendable, Encodable {
    package var exponent: Double
    package var lawExponent: Double
    package var law: String
  }

  /// One output of one member: see ``OutputModel`` and ``Hyperparameters``.
  package struct Model: Sendable, Encodable {
    package var member: Int
    package var output: Int
    package var location: Double
    package var scale: Double
    package var squaredAmplitude: Double
    package var squaredLinear: Double
    package var squaredLaw: Double
    package var floor: Double
    /// What each domain's share counts in the law.
    package var affinities: [Double]
    /// 1/ℓⱼ² for each domain.
    package var inverseSquaredLengths: [Double]
    /// What is added to the diagonal of the runs' covariance; one number where all are the same.
    package var noise: [Double]
    /// K⁻¹ y.
    package var weights: [Double]
  }

  package var link: String
  package var varianceFactor: Double
  package var squaredConstant: Double
  package var members: [Member]
  package var models: [Model]
  /// Row by row.
  package var correlation: [[Double]]
  /// Finished runs, then those that diverged.
  package var mixtures: [[Double]]
  package var function: LossFunctionExport
  /// For a function that is no sum: correlated normal numbers of each model, [model][draw], and what each
  /// member's mean counts besides its share, [member][draw].
  package var normals: [[Double]]?
  package var tilts: [[Double]]?

  /// - Returns: nil for a surrogate whose laws come from elsewhere, and one of more runs than a page
  ///   should factor.
  package init?(_ surrogate: CompositeSurrogate, function: LossFunction, mostRuns: Int = 640) {
    let forms = surrogate.fit.members.map(\.form)
    let data = surrogate.data
    guard data.given == nil, !forms.contains(where: { $0.law == .given }),
      data.count + data.diverged.count <= mostRuns
    else { return nil }
    link = surrogate.link.rawValue
    varianceFactor = surrogate.varianceFactor
    squaredConstant = pow(Hyperparameters.constantDeviation, 2)
    members = forms.map {
      Member(exponent: $0.exponent, lawExponent: $0.lawExponent, law: $0.law.rawValue)
    }
    mixtures = data.mixtures + data.diverged
    correlation = (0..<surrogate.models.count).map { surrogate.correlation.row($0) }
    models = surrogate.models.map { model in
      let hyperparameters = model.hyperparameters
      let form = model.kernel.form
      // What the kernel does not say of the diagonal: noise, and what was added for the factor to exist.
      let factor = model.cholesky.factor
      let prior = model.kernel.variances(
        surrogate.inputs[model.member].subset(
          Array(0..<factor.rows)))
      let noise = (0..<factor.rows).map { i in
        let row = factor.row(i)
        return dot(row, row) - prior[i]
      }
      return Model(
        member: model.member, output: model.output, location: model.location, scale: model.scale,
        squaredAmplitude: pow(hyperparameters.amplitude, 2),
        squaredLinear: form.hasLinear ? pow(hyperparameters.linearAmplitude, 2) : 0,
        squaredLaw: form.law == .none ? 0 : pow(hyperparameters.lawAmplitude, 2),
        floor: hyperparameters.lawFloor, affinities: hyperparameters.affinities,
        inverseSquaredLengths: hyperparameters.inverseSquaredLengths, noise: noise,
        weights: model.weights)
    }
    self.function = LossFunctionExport(function)
    guard !function.isLinear else { return }
    let draws = surrogate.marginalDraws
    normals = (0..<surrogate.models.count).map { draws.correlated.row($0) }
    tilts = (0..<surrogate.members).map { draws.tilts.row($0) }
  }
}

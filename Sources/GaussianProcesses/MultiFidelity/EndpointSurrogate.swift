import Foundation
import Mixtures
import Numerics

/// Which published multi-fidelity process an ``EndpointSurrogate`` is.
package enum EndpointForm: String, Sendable, Hashable, Codable {
  /// MFMS-GP (Yen et al., arXiv 2503.21023): a product of squared exponentials of the mixture, the size and
  /// the length; linear mean; fixed noise. Size enters as ln N, length as D, both in units of the target's.
  case product
  /// The model of ADMIRE-BayesOpt (Chen et al., arXiv 2508.11551), BoTorch's SingleTaskMultiFidelityGP with
  /// the linear truncated kernel: M₀(w, w') + (1 - x)(1 - x')(1 + x x')^p M₁(w, w'), M Matérn's function of
  /// smoothness 5/2 with a lengthscale for each weight, x the relative cost of a run, N D / (N* D*).
  case linearTruncated
}

/// A Gaussian process of each output on the end points of runs alone, as published multi-fidelity methods have
/// it. Losses are standardized; outputs are independent.
package struct EndpointSurrogate: TargetSurrogate {
  /// A mixture at a size and length.
  package struct Place: Sendable, Hashable {
    package var weights: [Double]
    package var parameters: Double
    package var tokens: Double

    package init(weights: [Double], parameters: Double, tokens: Double) {
      self.weights = weights
      self.parameters = parameters
      self.tokens = tokens
    }
  }

  package let form: EndpointForm
  package let target: ScaleData.Target
  private let inputs: [EndpointKernel.Input]
  private let models: [Model]

  private struct Model: Sendable {
    var kernel: EndpointKernel
    var cholesky: Cholesky
    var weights: [Double]
    var location: Double
    var scale: Double
  }

  /// Fits each output by MAP from the priors' centers.
  ///
  /// - Returns: nil without a run, or where no covariance can be factored.
  package init?(_ form: EndpointForm, data: ScaleData, iterations: Int = 50) {
    guard data.count > 0 else { return nil }
    self.form = form
    target = data.target
    let places = data.runs.map {
      Place(weights: $0.weights, parameters: $0.parameters, tokens: $0.tokens[$0.tokens.count - 1])
    }
    let inputs = places.map { EndpointKernel.Input($0, target: data.target) }
    self.inputs = inputs
    var models: [Model] = []
    for output in 0..<data.outputs {
      let values = data.runs.map { $0.losses[$0.losses.count - 1][output] }
      let location = Statistics.mean(values)
      let variance = Statistics.variance(values) ?? 0
      let scale =
        variance > 1e-20 * max(location * location, 1)
        ? variance.squareRoot() : max(0.05 * abs(location), 1e-6)
      let outcomes = values.map { ($0 - location) / scale }
      let posterior = EndpointPosterior(form: form, inputs: inputs, outcomes: outcomes)
      let start = posterior.priors.map(\.start)
      guard
        let found = posterior.maximized(
          from: [start], iterations: iterations, valueTolerance: 1e-6)
      else { return nil }
      let kernel = EndpointKernel(form: form, logs: found.logs, parts: data.parts)
      guard let cholesky = Cholesky(factoring: kernel.noisyCovariance(inputs)) else { return nil }
      models.append(
        Model(
          kernel: kernel, cholesky: cholesky, weights: cholesky.solve(outcomes),
          location: location, scale: scale))
    }
    self.models = models
  }

  /// The standard deviation of a measurement's noise in an output.
  package func noiseDeviation(_ output: Int) -> Double {
    models[output].scale * models[output].kernel.noise.squareRoot()
  }

  /// What the product form holds of a place before any measurement, its linear mean aside: the standard
  /// deviation √κ₀, and √(1 - φ²) of it that the place leaves open of the same mixture at the target.
  ///
  /// - Precondition: the form is the product.
  package func prior(ofOutput output: Int, at place: Place) -> (deviation: Double, gap: Double) {
    precondition(form == .product, "expected the product, found \(form)")
    let model = models[output]
    let correlation = model.kernel.targetCorrelation(EndpointKernel.Input(place, target: target))
    return (
      model.scale * model.kernel.deviation,
      max(1 - correlation * correlation, 0).squareRoot()
    )
  }

  /// The largest sum of differences between two mixtures, 2, in lengthscales of an output.
  package func diameter(ofOutput output: Int) -> Double {
    2 / models[output].kernel.mixtureLengthscale
  }

  /// An output's joint posterior at some places.
  package func posterior(
    _ output: Int, at places: [Place]
  ) -> (means: [Double], covariance: Matrix) {
    let model = models[output]
    let points = places.map { EndpointKernel.Input($0, target: target) }
    let cross = model.kernel.covariance(inputs, points)
    let solved = model.cholesky.solveLower(cross)
    var covariance =
      model.kernel.covariance(points, points) - solved.times(solved, transposingSelf: true)
    for at in covariance.elements.indices { covariance.elements[at] *= model.scale * model.scale }
    return (
      cross.times(model.weights, transposingSelf: true).map { model.location + model.scale * $0 },
      covariance
    )
  }

  /// Every output at each place: [place][output].
  package func losses(at places: [Place]) -> [[Prediction]] {
    var result = places.map { _ in [Prediction]() }
    let points = places.map { EndpointKernel.Input($0, target: target) }
    for model in models {
      let cross = model.kernel.covariance(inputs, points)
      let solved = model.cholesky.solveLower(cross)
      let means = cross.times(model.weights, transposingSelf: true)
      for x in places.indices {
        let own = solved.column(x)
        let variance = max(model.kernel.covariance(points[x], points[x]) - dot(own, own), 1e-12)
        result[x].append(
          Prediction(
            mean: model.location + model.scale * means[x],
            deviation: model.scale * variance.squareRoot()))
      }
    }
    return result
  }

  package func targetPlaces(_ mixtures: [[Double]]) -> [Place] {
    mixtures.map { Place(weights: $0, parameters: target.parameters, tokens: target.tokens) }
  }

  package func targetLosses(at mixtures: [[Double]]) -> [[Prediction]] {
    losses(at: targetPlaces(mixtures))
  }

  package func targetValues(of function: LossFunction, at mixtures: [[Double]]) -> [Prediction] {
    targetLosses(at: mixtures).map { losses in
      let means = losses.map(\.mean)
      let slopes = function.gradients(of: means.map { [$0] }, adjoints: [1]).map { $0[0] }
      let scaled = zip(losses, slopes).map { $0.deviation * $1 }
      return Prediction(
        mean: function.value(of: means), deviation: dot(scaled, scaled).squareRoot())
    }
  }
}

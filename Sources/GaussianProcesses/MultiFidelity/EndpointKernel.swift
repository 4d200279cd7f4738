import Foundation
import Numerics

/// The covariance function of an ``EndpointSurrogate``, for outcomes of mean zero and variance one.
package struct EndpointKernel: Sendable {
  /// A mixture, ln(N/N*), D/D* and N D / (N* D*), at most 1.
  package struct Input: Sendable, Hashable {
    var weights: [Double]
    var size: Double
    var length: Double
    var fidelity: Double

    package init(_ place: EndpointSurrogate.Place, target: ScaleData.Target) {
      weights = place.weights
      size = log(place.parameters / target.parameters)
      length = place.tokens / target.tokens
      fidelity = min(place.parameters / target.parameters * length, 1)
    }
  }

  package let form: EndpointForm
  /// Logarithms. Of the product: amplitude, lengthscales of the mixture, the size and the length. Of the
  /// linear truncated one: amplitude, power, noise variance, then a lengthscale for each weight of M₀, then
  /// of M₁.
  package let logs: [Double]
  private let parts: Int
  private let squaredAmplitude: Double
  private let inverse: [Double]

  package init(form: EndpointForm, logs: [Double], parts: Int) {
    self.form = form
    self.logs = logs
    self.parts = parts
    squaredAmplitude = exp(2 * logs[0])
    inverse = logs.map { exp(-2 * $0) }
  }

  /// Standard deviations of the constant and of the slopes of the linear mean.
  private static let constant = 3.0
  private static let slope = 3.0
  /// The product's noise variance, fixed.
  private static let fixedNoise = 1e-3

  /// Of a measurement.
  var noise: Double {
    switch form {
    case .product: Self.fixedNoise
    case .linearTruncated: exp(logs[2]) + 1e-6
    }
  }

  /// BoTorch's for the linear truncated kernel.
  package static func priors(_ form: EndpointForm, parts: Int) -> [HyperparameterPrior] {
    switch form {
    case .product:
      return [
        .normal(mean: 0, deviation: 1), .normal(mean: log(0.5), deviation: 1),
        .normal(mean: log(2), deviation: 1), .normal(mean: log(0.7), deviation: 1),
      ]
    case .linearTruncated:
      return [
        .gamma(shape: 2, rate: 0.15, power: 2), .gamma(shape: 3, rate: 2, power: 1),
        .normal(mean: -4, deviation: 1),
      ] + (0..<2 * parts).map { _ in .gamma(shape: 3, rate: 6, power: 1) }
    }
  }

  /// Of the product, its linear mean aside.
  var deviation: Double { exp(logs[0]) }
  var mixtureLengthscale: Double { exp(logs[1]) }

  /// Of the product, its linear mean aside: how a mixture's value at a size and length goes with that at the
  /// target.
  func targetCorrelation(_ input: Input) -> Double {
    exp(
      -0.5
        * (input.size * input.size * inverse[2]
          + (input.length - 1) * (input.length - 1) * inverse[3]))
  }

  package func covariance(_ a: Input, _ b: Input) -> Double {
    evaluate(a, b, gradient: nil)
  }

  package func covariance(_ a: [Input], _ b: [Input]) -> Matrix {
    var result = Matrix(rows: a.count, columns: b.count)
    for j in b.indices { for i in a.indices { result[i, j] = covariance(a[i], b[j]) } }
    return result
  }

  package func noisyCovariance(_ inputs: [Input]) -> Matrix {
    var result = covariance(inputs, inputs)
    for i in inputs.indices { result[i, i] += noise }
    return result
  }

  /// Adds `adjoint` times the covariance's derivatives in the logarithms.
  func addGradient(_ a: Input, _ b: Input, adjoint: Double, to gradient: inout [Double]) {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: logs.count) { buffer in
      buffer.initialize(repeating: 0)
      _ = evaluate(a, b, gradient: buffer)
      for i in logs.indices { gradient[i] += adjoint * buffer[i] }
    }
  }

  private func evaluate(
    _ a: Input, _ b: Input, gradient: UnsafeMutableBufferPointer<Double>?
  ) -> Double {
    switch form {
    case .product:
      var squared = 0.0
      var linear = a.size * b.size + a.length * b.length
      for j in 0..<parts {
        let gap = a.weights[j] - b.weights[j]
        squared += gap * gap
        linear += a.weights[j] * b.weights[j]
      }
      let terms = (
        squared * inverse[1], (a.size - b.size) * (a.size - b.size) * inverse[2],
        (a.length - b.length) * (a.length - b.length) * inverse[3]
      )
      let value = squaredAmplitude * exp(-0.5 * (terms.0 + terms.1 + terms.2))
      if let gradient {
        gradient[0] = 2 * value
        gradient[1] = value * terms.0
        gradient[2] = value * terms.1
        gradient[3] = value * terms.2
      }
      return value + Self.constant * Self.constant + Self.slope * Self.slope * linear
    case .linearTruncated:
      let power = exp(logs[1])
      let base = 1 + a.fidelity * b.fidelity
      let bias = (1 - a.fidelity) * (1 - b.fidelity) * pow(base, power)
      var squared = (0.0, 0.0)
      for j in 0..<parts {
        let gap = a.weights[j] - b.weights[j]
        squared.0 += gap * gap * inverse[3 + j]
        squared.1 += gap * gap * inverse[3 + parts + j]
      }
      let (unbiased, biased) = (matern(squared.0), matern(squared.1))
      let value = squaredAmplitude * (unbiased.value + bias * biased.value)
      if let gradient {
        gradient[0] = 2 * value
        gradient[1] = squaredAmplitude * bias * biased.value * power * log(base)
        for j in 0..<parts {
          let gap = a.weights[j] - b.weights[j]
          gradient[3 + j] =
            -2 * squaredAmplitude * unbiased.slope * gap * gap * inverse[3 + j]
          gradient[3 + parts + j] =
            -2 * squaredAmplitude * bias * biased.slope * gap * gap * inverse[3 + parts + j]
        }
      }
      return value + Self.constant * Self.constant
    }
  }
}

/// The logarithm of an ``EndpointSurrogate``'s marginal likelihood times its priors' density, one output.
package struct EndpointPosterior: LogPosterior {
  private let form: EndpointForm
  private let inputs: [EndpointKernel.Input]
  private let outcomes: [Double]
  package let priors: [HyperparameterPrior]

  package init(form: EndpointForm, inputs: [EndpointKernel.Input], outcomes: [Double]) {
    self.form = form
    self.inputs = inputs
    self.outcomes = outcomes
    priors = EndpointKernel.priors(form, parts: inputs[0].weights.count)
  }

  /// Value and gradient; nil where the covariance cannot be factored.
  package func value(at logs: [Double]) -> (value: Double, gradient: [Double])? {
    guard logs.allSatisfy({ abs($0) < 30 }) else { return nil }
    let kernel = EndpointKernel(form: form, logs: logs, parts: inputs[0].weights.count)
    guard let cholesky = Cholesky(factoring: kernel.noisyCovariance(inputs)) else { return nil }
    let weights = cholesky.solve(outcomes)
    let inverse = cholesky.inverse()
    var value =
      -0.5 * dot(outcomes, weights) - 0.5 * cholesky.logDeterminant
      - 0.5 * Double(outcomes.count) * log(2 * Double.pi)
    var gradient = [Double](repeating: 0, count: logs.count)
    for j in inputs.indices {
      for i in 0...j {
        let adjoint = 0.5 * (weights[i] * weights[j] - inverse[i, j]) * (i == j ? 1 : 2)
        kernel.addGradient(inputs[i], inputs[j], adjoint: adjoint, to: &gradient)
        if i == j, form == .linearTruncated { gradient[2] += adjoint * exp(logs[2]) }
      }
    }
    addPriors(at: logs, to: &value, &gradient)
    return value.isFinite ? (value, gradient) : nil
  }
}

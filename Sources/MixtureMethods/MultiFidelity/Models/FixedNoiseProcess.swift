import Foundation
import Numerics

/// The process of MFMS-GP as its authors' code has it: a product of three squared exponentials of the weights, the
/// size and the length, of variance one; a linear mean; noise of variance .1; outcomes as they are.
///
/// `namkoong-lab/data-recipes`, version e80dcd8, `opt_algos/eval_ei_optimizer.py`.
package struct FixedNoiseProcess: Sendable {
  package struct Input: Sendable, Hashable {
    package var weights: [Double]
    /// Parameters and steps in units of the target's.
    package var size: Double
    package var length: Double

    package init(weights: [Double], size: Double, length: Double) {
      self.weights = weights
      self.size = size
      self.length = length
    }

    var all: [Double] { weights + [size, length] }
  }

  package static let noise = 0.1

  /// Of the weights, the size and the length.
  package var lengthscales: [Double]
  /// One for each weight, the size and the length.
  package var slopes: [Double]
  package var intercept: Double

  /// Where GPyTorch begins: lengthscales of ln 2, a mean that is drawn at random.
  package init(parts: Int, using generator: inout SeededGenerator) {
    lengthscales = [log(2), log(2), log(2)]
    slopes = (0..<(parts + 2)).map { _ in generator.normal() }
    intercept = generator.normal()
  }

  package init(lengthscales: [Double], slopes: [Double], intercept: Double) {
    self.lengthscales = lengthscales
    self.slopes = slopes
    self.intercept = intercept
  }

  func covariance(_ a: Input, _ b: Input) -> Double {
    let distances = Self.distances(a, b)
    var exponent = 0.0
    for (distance, lengthscale) in zip(distances, lengthscales) {
      exponent -= 0.5 * distance / (lengthscale * lengthscale)
    }
    return exp(exponent)
  }

  private static func distances(_ a: Input, _ b: Input) -> [Double] {
    var sum = 0.0
    for (x, y) in zip(a.weights, b.weights) { sum += (x - y) * (x - y) }
    return [
      sum, (a.size - b.size) * (a.size - b.size), (a.length - b.length) * (a.length - b.length),
    ]
  }

  private func mean(_ input: Input) -> Double { dot(slopes, input.all) + intercept }

  /// The logarithm of the marginal likelihood over the number of outcomes, and its gradient in the logarithms'
  /// softplus arguments of the lengthscales, the slopes and the intercept; nil where nothing can be factored.
  package func likelihood(
    _ inputs: [Input], _ outcomes: [Double]
  ) -> (value: Double, gradient: [Double])? {
    let count = inputs.count
    var kernel = Matrix(rows: count, columns: count)
    for i in 0..<count {
      for j in 0..<count { kernel[i, j] = covariance(inputs[i], inputs[j]) }
    }
    var noisy = kernel
    for i in 0..<count { noisy[i, i] += Self.noise }
    guard let factor = Cholesky(factoring: noisy) else { return nil }
    let residuals = zip(inputs, outcomes).map { $1 - mean($0) }
    let solved = factor.solve(residuals)
    let scale = 1 / Double(count)
    let value =
      -0.5 * scale
      * (dot(residuals, solved) + factor.logDeterminant + Double(count) * log(2 * Double.pi))
    let inverse = factor.solve(Matrix.identity(count))
    var gradient = [Double](repeating: 0, count: 3 + slopes.count + 1)
    for i in 0..<count {
      for j in 0..<count {
        let weight = 0.5 * scale * (solved[i] * solved[j] - inverse[i, j]) * kernel[i, j]
        for (part, distance) in Self.distances(inputs[i], inputs[j]).enumerated() {
          gradient[part] += weight * distance / pow(lengthscales[part], 3)
        }
      }
      for (part, x) in inputs[i].all.enumerated() { gradient[3 + part] += scale * solved[i] * x }
      gradient[gradient.count - 1] += scale * solved[i]
    }
    // softplus(r) = ℓ has the slope 1 - exp(-ℓ).
    for part in 0..<3 { gradient[part] *= 1 - exp(-lengthscales[part]) }
    return (value, gradient)
  }

  /// Adam (Kingma and Ba, 2015) on the likelihood.
  package mutating func fit(
    _ inputs: [Input], _ outcomes: [Double], steps: Int = 50, rate: Double = 0.1
  ) {
    var raw = lengthscales.map { log(expm1($0)) }
    let size = 3 + slopes.count + 1
    var (first, second) = (
      [Double](repeating: 0, count: size), [Double](repeating: 0, count: size)
    )
    for step in 1...max(steps, 1) {
      guard let (_, gradient) = likelihood(inputs, outcomes) else { return }
      var moves = [Double](repeating: 0, count: size)
      for at in 0..<size {
        first[at] = 0.9 * first[at] + 0.1 * gradient[at]
        second[at] = 0.999 * second[at] + 0.001 * gradient[at] * gradient[at]
        let mean = first[at] / (1 - pow(0.9, Double(step)))
        let square = second[at] / (1 - pow(0.999, Double(step)))
        moves[at] = rate * mean / (square.squareRoot() + 1e-8)
      }
      for part in 0..<3 {
        raw[part] += moves[part]
        lengthscales[part] = raw[part] > 30 ? raw[part] : log1p(exp(raw[part]))
      }
      for part in slopes.indices { slopes[part] += moves[3 + part] }
      intercept += moves[size - 1]
    }
  }

  /// What is known after some outcomes.
  package struct Posterior: Sendable {
    private let process: FixedNoiseProcess
    private let inputs: [Input]
    private let factor: Cholesky
    private let solved: [Double]
    /// The lowest outcome.
    package let lowest: Double

    /// - Returns: nil without outcomes, or where nothing can be factored.
    package init?(_ process: FixedNoiseProcess, _ inputs: [Input], _ outcomes: [Double]) {
      guard let lowest = outcomes.min() else { return nil }
      var noisy = Matrix(rows: inputs.count, columns: inputs.count)
      for i in inputs.indices {
        for j in inputs.indices { noisy[i, j] = process.covariance(inputs[i], inputs[j]) }
        noisy[i, i] += FixedNoiseProcess.noise
      }
      guard let factor = Cholesky(factoring: noisy) else { return nil }
      self.process = process
      self.inputs = inputs
      self.factor = factor
      self.lowest = lowest
      solved = factor.solve(zip(inputs, outcomes).map { $1 - process.mean($0) })
    }

    /// Of an outcome, its noise included.
    package func callAsFunction(_ input: Input) -> (mean: Double, deviation: Double) {
      let cross = inputs.map { process.covariance($0, input) }
      let own = factor.solveLower(cross)
      let variance = max(1 - dot(own, own), 0) + FixedNoiseProcess.noise
      return (process.mean(input) + dot(cross, solved), variance.squareRoot())
    }

    /// How far an outcome is expected to fall below the lowest one, at any size and length.
    package func improvement(_ input: Input) -> Double {
      let (mean, deviation) = self(input)
      let u = (lowest - mean) / deviation
      return (lowest - mean) * Normal.cumulative(u) + deviation * Normal.density(u)
    }
  }
}

import Foundation
import Numerics

/// The Gaussian process of one output, conditioned on its observations. Outcomes are standardized.
package struct OutputModel: Sendable {
  package let kernel: Kernel
  /// Which output it is of, and which member of the ensemble.
  package let output: Int
  package let member: Int
  /// Mean and standard deviation that standardize this output (of the link of the loss).
  package let location: Double
  package let scale: Double
  /// Standardized, n.
  package let outcomes: [Double]
  /// Of K + noise, (n, n).
  package let cholesky: Cholesky
  /// K⁻¹ y, n.
  package let weights: [Double]

  package var hyperparameters: Hyperparameters { kernel.hyperparameters }

  /// - Parameter extraNoise: variance added to each observation's noise, standardized; what is then
  ///   on the diagonal must be positive.
  /// - Returns: nil where the covariance cannot be factored.
  package init?(
    form: SurrogateForm, hyperparameters: Hyperparameters, inputs: EmbeddedMixtures,
    outcomes: [Double], extraNoise: [Double], location: Double, scale: Double, output: Int = 0,
    member: Int = 0
  ) {
    self.output = output
    self.member = member
    kernel = Kernel(form: form, hyperparameters: hyperparameters, output: output)
    var covariance = kernel.covariance(within: inputs).values
    for (i, noise) in hyperparameters.noiseVariances(at: inputs).enumerated() {
      covariance[i, i] += max(noise + extraNoise[i], Hyperparameters.leastNoise)
    }
    guard let cholesky = Cholesky(factoring: covariance) else { return nil }
    self.cholesky = cholesky
    weights = cholesky.solve(outcomes)
    self.outcomes = outcomes
    self.location = location
    self.scale = scale
  }

  /// Each observation's mean and variance (noise included) given all the others, from one inverse:
  /// Rasmussen and Williams, *Gaussian Processes for Machine Learning*, equations 5.12.
  package func leaveOneOut() -> (means: [Double], variances: [Double]) {
    let inverse = cholesky.inverseLowerTriangle().diagonal
    return (
      outcomes.indices.map { outcomes[$0] - weights[$0] / inverse[$0] }, inverse.map { 1 / $0 }
    )
  }

  /// The joint posterior of the latent function, standardized.
  package func posterior(
    at points: EmbeddedMixtures, inputs: EmbeddedMixtures
  ) -> (means: [Double], covariance: Matrix) {
    let cross = kernel.covariance(inputs, points).values
    let solved = cholesky.solveLower(cross)
    let prior = kernel.covariance(points, points).values
    return (
      cross.times(weights, transposingSelf: true),
      prior - solved.times(solved, transposingSelf: true)
    )
  }

  /// The marginal posterior of the latent function at each point, standardized.
  package func marginals(
    at points: EmbeddedMixtures, inputs: EmbeddedMixtures
  ) -> (means: [Double], variances: [Double]) {
    let cross = kernel.covariance(inputs, points).values
    let solved = cholesky.solveLower(cross)
    var variances = kernel.variances(points)
    for x in 0..<points.count {
      var sum = 0.0
      solved.elements.withUnsafeBufferPointer { solved in
        for at in x * inputs.count..<(x + 1) * inputs.count { sum += solved[at] * solved[at] }
      }
      variances[x] = max(variances[x] - sum, 1e-12)
    }
    return (cross.times(weights, transposingSelf: true), variances)
  }
}

/// The logarithm of the marginal likelihood times the priors' density, of one output.
package struct MarginalPosterior: LogPosterior {
  private let form: SurrogateForm
  private let inputs: EmbeddedMixtures
  private let outcomes: [Double]
  package let priors: [HyperparameterPrior]
  private let output: Int

  /// - Parameters:
  ///   - outcomes: standardized.
  ///   - output: whose given law counts, where the form has one.
  package init(
    form: SurrogateForm, inputs: EmbeddedMixtures, outcomes: [Double],
    priors: [HyperparameterPrior], output: Int = 0
  ) {
    self.form = form
    self.inputs = inputs
    self.outcomes = outcomes
    self.priors = priors
    self.output = output
  }

  /// Value and gradient in the hyperparameters' logarithms; nil where K cannot be factored.
  package func value(at logs: [Double]) -> (value: Double, gradient: [Double])? {
    guard logs.allSatisfy({ abs($0) < 40 || $0 == -.infinity }) else { return nil }
    let hyperparameters = Hyperparameters(logs: logs)
    let kernel = Kernel(form: form, hyperparameters: hyperparameters, output: output)
    let (latent, slopes) = kernel.covariance(within: inputs, wantsSlopes: true)
    let n = inputs.count
    var covariance = latent
    let noise = hyperparameters.noiseVariances(at: inputs)
    for i in 0..<n { covariance[i, i] += noise[i] }
    guard let cholesky = Cholesky(factoring: covariance), let slopes else { return nil }
    let weights = cholesky.solve(outcomes)
    var value =
      -0.5 * dot(outcomes, weights) - 0.5 * cholesky.logDeterminant
      - 0.5 * Double(n) * log(2 * Double.pi)
    // ∂/∂K = ½ (α αᵀ - K⁻¹).
    var adjoints = cholesky.inverseLowerTriangle()
    adjoints.elements.withUnsafeMutableBufferPointer { adjoints in
      weights.withUnsafeBufferPointer { weights in
        for j in 0..<n {
          for i in j..<n {
            adjoints[i + j * n] = 0.5 * (weights[i] * weights[j] - adjoints[i + j * n])
          }
        }
      }
    }
    var gradient = [Double](repeating: 0, count: logs.count)
    kernel.addHyperparameterGradient(
      of: adjoints, at: inputs, covariance: latent, slopes: slopes, to: &gradient)
    if form.hasNoiseSlope {
      for i in 0..<n {
        let pull = (noise[i] - Hyperparameters.leastNoise) * adjoints[i, i]
        gradient[Hyperparameters.Index.noise] += pull
        gradient[Hyperparameters.Index.noiseSlope] += pull * inputs.unevenness(i)
      }
    } else {
      gradient[Hyperparameters.Index.noise] +=
        exp(logs[Hyperparameters.Index.noise]) * adjoints.diagonal.reduce(0, +)
    }
    addPriors(at: logs, to: &value, &gradient)
    return value.isFinite ? (value, gradient) : nil
  }

  /// The priors' centers, and the same with a shorter lengthscale and less noise.
  package var coldStarts: [[Double]] {
    let center = priors.map(\.start)
    var short = center
    short[Hyperparameters.Index.noise] -= 2
    if priors[Hyperparameters.Index.lengthscale].isFixed {
      for j in 0..<inputs.parts {
        short[Hyperparameters.Index.relevance(j, inputs.parts)] += 0.7
      }
    } else {
      short[Hyperparameters.Index.lengthscale] -= 1.2
    }
    return [center, short]
  }
}

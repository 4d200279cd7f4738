import Foundation
import Numerics

/// A mean and a standard deviation of something believed to be about normal.
package struct Prediction: Sendable, Hashable {
  package var mean: Double
  package var deviation: Double

  package init(mean: Double, deviation: Double) {
    self.mean = mean
    self.deviation = deviation
  }

  /// 95 %.
  package var interval: ClosedRange<Double> {
    let half = 1.959_963_984_540_054 * deviation
    return mean - half...mean + half
  }
}

/// One Gaussian process for each held-out domain, and what they say together.
///
/// A domain's loss depends on its own text and on a few others': that is easier to learn for each domain
/// than for a mean over them. What the processes get wrong at a mixture they get wrong together, so their
/// errors are correlated as their leave-one-out residuals are: for domains d, e and points x, y the
/// posterior covariance is R(d, e) times the product of the rows x and y of the Cholesky factors of the
/// two domains' own posterior covariances. That is a covariance for any R that is one.
package struct CompositeSurrogate: Sendable {
  package let data: SurrogateData
  package let fit: SurrogateFit
  /// Correlation of the outputs' errors, (d, d).
  package let correlation: Matrix
  /// What variances are multiplied by, for leave-one-out residuals to be as large as predicted.
  package let varianceFactor: Double
  package let inputs: EmbeddedMixtures
  package let models: [OutputModel]

  package var form: SurrogateForm { fit.form }
  package var outputs: Int { models.count }

  /// Conditions on the data.
  ///
  /// - Returns: nil where a covariance cannot be factored.
  /// - Precondition: at least two finished runs.
  package init?(data: SurrogateData, fit: SurrogateFit) {
    precondition(data.count >= 2, "expected two runs or more, found \(data.count)")
    let exponent = fit.form.exponent
    let finished = EmbeddedMixtures(data.mixtures, parts: data.parts, exponent: exponent)
    let diverged = EmbeddedMixtures(data.diverged, parts: data.parts, exponent: exponent)
    inputs = EmbeddedMixtures(
      data.mixtures + data.diverged, parts: data.parts, exponent: exponent)
    var models: [OutputModel] = []
    for output in 0..<data.outputs {
      let (outcomes, location, scale) = data.standardized(output, link: fit.form.link)
      func model(_ inputs: EmbeddedMixtures, _ outcomes: [Double], _ noise: [Double])
        -> OutputModel?
      {
        OutputModel(
          form: fit.form, hyperparameters: Hyperparameters(logs: fit.logs[output]),
          inputs: inputs, outcomes: outcomes, extraNoise: noise, location: location, scale: scale)
      }
      guard let base = model(finished, outcomes, outcomes.map { _ in 0 }) else { return nil }
      if data.diverged.isEmpty {
        models.append(base)
        continue
      }
      let (means, covariance) = base.posterior(at: diverged, inputs: finished)
      let sites = CensoredSites(
        means: means, covariance: covariance, threshold: outcomes.max()!)
      guard
        let whole = model(
          inputs, outcomes + sites.outcomes,
          outcomes.map { _ in 0 }
            + sites.variances.map { $0 - base.hyperparameters.noiseVariance })
      else { return nil }
      models.append(whole)
    }
    self.data = data
    self.fit = fit
    self.models = models
    let residuals = models.map { model -> [Double] in
      let (means, variances) = model.leaveOneOut()
      return (0..<data.count).map {
        (model.outcomes[$0] - means[$0]) / variances[$0].squareRoot()
      }
    }
    correlation = Self.correlation(of: residuals)
    varianceFactor = Self.varianceFactor(of: residuals)
  }

  /// The mean square of standardized residuals, drawn toward one as by ten more that are just right.
  private static func varianceFactor(of residuals: [[Double]]) -> Double {
    let outputs = Double(residuals.count)
    let runs = Double(residuals[0].count)
    let square = residuals.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } } / outputs
    return min(max((square + 10) / (runs + 10), 0.5), 4)
  }

  /// The residuals' correlation, drawn toward the one with the same average everywhere.
  private static func correlation(of residuals: [[Double]]) -> Matrix {
    let outputs = residuals.count
    let runs = residuals[0].count
    var result = Matrix.identity(outputs)
    guard outputs > 1 else { return result }
    let norms = residuals.map { max(dot($0, $0), 1e-300).squareRoot() }
    var average = 0.0
    for d in 0..<outputs {
      for e in 0..<d {
        let value = dot(residuals[d], residuals[e]) / (norms[d] * norms[e])
        (result[d, e], result[e, d]) = (value, value)
        average += value
      }
    }
    average = min(max(average / Double(outputs * (outputs - 1) / 2), 0), 0.99)
    let share = Double(outputs) / Double(outputs + runs)
    for d in 0..<outputs {
      for e in 0..<outputs where d != e {
        result[d, e] = (1 - share) * result[d, e] + share * average
      }
    }
    return result
  }

  package func embedded(_ mixtures: [[Double]]) -> EmbeddedMixtures {
    EmbeddedMixtures(mixtures, parts: data.parts, exponent: form.exponent)
  }

  /// Mean loss and the factor from standardized deviations to loss, of one output.
  ///
  /// - Parameter variance: standardized, ``varianceFactor`` not yet applied.
  func loss(_ output: Int, mean: Double, variance: Double) -> (mean: Double, slope: Double) {
    let model = models[output]
    let linked = model.location + model.scale * mean
    switch form.link {
    case .identity: return (linked, model.scale)
    case .logarithm:
      // The mean of a lognormal variable; its deviation to first order.
      let value = exp(linked + 0.5 * model.scale * model.scale * variance * varianceFactor)
      return (value, value * model.scale)
    }
  }

  /// The expected loss of every output at each mixture: [mixture][output].
  package func losses(at mixtures: [[Double]]) -> [[Prediction]] {
    let points = embedded(mixtures)
    var result = mixtures.map { _ in [Prediction]() }
    for output in 0..<outputs {
      let (means, variances) = models[output].marginals(at: points, inputs: inputs)
      for x in mixtures.indices {
        let (mean, slope) = loss(output, mean: means[x], variance: variances[x])
        result[x].append(
          Prediction(mean: mean, deviation: slope * (variances[x] * varianceFactor).squareRoot()))
      }
    }
    return result
  }

  /// Σ cᵈ Lᵈ at each mixture, the noise of a run not included.
  package func weightedSum(_ coefficients: [Double], at mixtures: [[Double]]) -> [Prediction] {
    losses(at: mixtures).map { combined($0, coefficients) }
  }

  private func combined(_ losses: [Prediction], _ coefficients: [Double]) -> Prediction {
    precondition(coefficients.count == outputs, "expected \(outputs) coefficients")
    var mean = 0.0
    var variance = 0.0
    for d in 0..<outputs {
      mean += coefficients[d] * losses[d].mean
      for e in 0..<outputs {
        variance +=
          coefficients[d] * coefficients[e] * correlation[d, e] * losses[d].deviation
          * losses[e].deviation
      }
    }
    return Prediction(mean: mean, deviation: max(variance, 0).squareRoot())
  }

  /// Each finished run's losses as the others predict them, its noise included: [run][output].
  package func leaveOneOutLosses() -> [[Prediction]] {
    var result = (0..<data.count).map { _ in [Prediction]() }
    for output in 0..<outputs {
      let (means, variances) = models[output].leaveOneOut()
      for i in 0..<data.count {
        let (mean, slope) = loss(output, mean: means[i], variance: variances[i])
        result[i].append(
          Prediction(mean: mean, deviation: slope * (variances[i] * varianceFactor).squareRoot()))
      }
    }
    return result
  }

  /// Σ cᵈ Lᵈ of each finished run as the others predict it, its noise included.
  package func leaveOneOut(_ coefficients: [Double]) -> [Prediction] {
    leaveOneOutLosses().map { combined($0, coefficients) }
  }

  /// The standard deviation of a run's own noise in Σ cᵈ Lᵈ, at the losses given.
  package func noiseDeviation(_ coefficients: [Double], losses: [Double]) -> Double {
    var variance = 0.0
    let deviations = (0..<outputs).map { d in
      let factor = form.link == .logarithm ? losses[d] : 1
      return coefficients[d] * factor * models[d].scale
        * models[d].hyperparameters.noiseVariance.squareRoot()
    }
    for d in 0..<outputs {
      for e in 0..<outputs { variance += correlation[d, e] * deviations[d] * deviations[e] }
    }
    return max(variance * varianceFactor, 0).squareRoot()
  }
}

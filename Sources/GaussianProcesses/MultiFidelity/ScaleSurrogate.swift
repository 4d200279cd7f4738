import Foundation
import Mixtures
import Numerics

/// What is predicted for the target, whatever the model.
package protocol TargetSurrogate: Sendable {
  /// The expected loss of every output at the target, a run's noise not included: [mixture][output].
  func targetLosses(at mixtures: [[Double]]) -> [[Prediction]]

  /// A function of them.
  func targetValues(of function: LossFunction, at mixtures: [[Double]]) -> [Prediction]
}

/// The form and hyperparameters of every output, and what outcomes are standardized by: all that is learned
/// besides the conditioning itself.
package struct ScaleFit: Sendable {
  package var form: ScaleForm
  package var logs: [[Double]]
  /// Frozen with the hyperparameters, so that one more run does not move all others.
  package var standards: [(location: Double, scale: Double)]
  /// What all runs' curves of each output share, standardized; frozen likewise.
  package var commons: [CommonCurve]
  /// Log marginal likelihood of the losses themselves plus log prior density, over all outputs: comparable
  /// among forms of the same data.
  package var evidence: Double

  /// MAP estimates, the same for every output: what sizes, lengths and noise do is much the same for all, and few
  /// runs tell little of it by a single output.
  ///
  /// - Parameter iterations: of the ascent.
  /// - Returns: nil where no covariance could be factored.
  package init?(_ form: ScaleForm, to data: ScaleData, iterations: Int = 25) {
    let standards = (0..<data.outputs).map { data.standard($0, link: form.mixture.link) }
    let commons = standards.enumerated().map { output, standard in
      CommonCurve(
        lengths: data.lengths,
        outcomes: data.standardized(output, link: form.mixture.link, standard))
    }
    let posterior = ScaleMarginalPosterior(
      form: form, inputs: ScaleInputs(data, exponent: form.mixture.exponent),
      pooling: (0..<data.outputs).map {
        data.standardized($0, link: form.mixture.link, standards[$0], less: commons[$0])
      }, own: data.outputs == 1 ? data.ownDomains[0] : nil)
    guard let found = posterior.maximized(from: [posterior.coldStart], iterations: iterations)
    else { return nil }
    var evidence = found.value
    for output in 0..<data.outputs {
      for run in data.runs {
        evidence -= posterior.share * Double(run.losses.count) * log(standards[output].scale)
        if form.mixture.link == .logarithm {
          evidence -= posterior.share * run.losses.reduce(0) { $0 + log($1[output]) }
        }
      }
    }
    self.form = form
    logs = standards.map { _ in found.logs }
    self.standards = standards
    self.commons = commons
    self.evidence = evidence
  }

  /// The link of the most evidence, with a law of each domain.
  ///
  /// - Parameters:
  ///   - iterations: of the ascent.
  ///   - thinning: the most runs that links are compared on, and that hyperparameters are fitted to.
  package static func selected(
    for data: ScaleData, iterations: Int = 60, thinning: (links: Int, fit: Int) = (24, 40)
  ) -> ScaleFit? {
    var form = ScaleForm(
      mixture: SurrogateForm(
        exponent: 0.5, link: .identity, hasRelevances: false, law: .none), hasDomainLaws: true)
    if data.runs.allSatisfy({ $0.losses.allSatisfy { $0.allSatisfy { $0 > 0 } } }) {
      let sample = data.thinned(to: thinning.links)
      func evidence(_ link: SurrogateForm.Link) -> Double {
        form.mixture.link = link
        return ScaleFit(form, to: sample, iterations: 8)?.evidence ?? -.infinity
      }
      let logarithm = evidence(.logarithm)
      form.mixture.link = logarithm >= evidence(.identity) ? .logarithm : .identity
    }
    return ScaleFit(form, to: data.thinned(to: thinning.fit), iterations: iterations)
  }
}

extension ScaleData {
  /// Of each run at each rung, in target's tokens.
  var lengths: [[Double]] { runs.map { run in run.tokens.map { $0 / target.tokens } } }

  /// One output through the link, less its location, over its scale, less what curves share: of each run at each
  /// rung.
  func standardized(
    _ output: Int, link: SurrogateForm.Link, _ standard: (location: Double, scale: Double),
    less common: CommonCurve = CommonCurve()
  ) -> [[Double]] {
    zip(runs, lengths).map { run, lengths in
      zip(run.losses, lengths).map { losses, length in
        let value = link == .logarithm ? log(losses[output]) : losses[output]
        return (value - standard.location) / standard.scale - common.value(at: length)
      }
    }
  }
}

/// Processes of each held-out domain's loss over mixtures, sizes and lengths, and what they say together of
/// the target.
///
/// As in ``CompositeSurrogate`` the outputs' errors are correlated as their residuals are where a run is left
/// out.
package struct ScaleSurrogate: TargetSurrogate {
  package let data: ScaleData
  package let fit: ScaleFit
  package let models: [ScaleOutputModel]
  /// Correlation of the outputs' errors.
  package let correlation: Matrix
  /// What variances are multiplied by, for residuals of runs left out to be as large as predicted; at least
  /// one.
  package let varianceFactor: Double

  package var outputs: Int { data.outputs }
  package var link: SurrogateForm.Link { fit.form.mixture.link }
  package var exponent: Double { fit.form.mixture.exponent }

  /// Conditions on the data.
  ///
  /// - Returns: nil where a covariance cannot be factored.
  /// - Precondition: a run.
  package init?(data: ScaleData, fit: ScaleFit) {
    precondition(data.count > 0, "expected a run")
    let inputs = ScaleInputs(data, exponent: fit.form.mixture.exponent)
    var models: [ScaleOutputModel] = []
    for output in 0..<data.outputs {
      let standard = fit.standards[output]
      let known = output > 0 && fit.logs[output] == fit.logs[0] ? models[0].system : nil
      guard
        let system = known
          ?? ScaleSystem(
            inputs: inputs, form: fit.form,
            hyperparameters: ScaleHyperparameters(logs: fit.logs[output]))
      else { return nil }
      models.append(
        ScaleOutputModel(
          system: system,
          outcomes: data.standardized(
            output, link: fit.form.mixture.link, standard, less: fit.commons[output]),
          location: standard.location, scale: standard.scale))
    }
    self.data = data
    self.fit = fit
    self.models = models
    let residuals = models.map { $0.leaveRunOutResiduals() }
    correlation = Self.correlation(of: residuals.map { $0.flatMap { $0 } }, runs: data.count)
    var square = 0.0
    for run in 0..<data.count {
      let own = residuals.flatMap { $0[run] }
      square += dot(own, own) / Double(max(own.count, 1))
    }
    varianceFactor = min(max((square + 10) / Double(data.count + 10), 1), 4)
  }

  /// The residuals' correlation, drawn toward the same for all pairs.
  private static func correlation(of residuals: [[Double]], runs: Int) -> Matrix {
    let count = residuals.count
    var result = Matrix.identity(count)
    guard count > 1 else { return result }
    let norms = residuals.map { max(dot($0, $0), 1e-300).squareRoot() }
    var across = 0.0
    for a in 0..<count {
      for b in 0..<a {
        let value = dot(residuals[a], residuals[b]) / (norms[a] * norms[b])
        (result[a, b], result[b, a]) = (value, value)
        across += value
      }
    }
    across = min(max(across / Double(count * (count - 1) / 2), 0), 0.99)
    let share = Double(count) / Double(count + runs)
    for a in 0..<count {
      for b in 0..<count where a != b {
        result[a, b] = (1 - share) * result[a, b] + share * across
      }
    }
    return result
  }

  package func embedded(_ mixtures: [[Double]]) -> EmbeddedMixtures {
    EmbeddedMixtures(mixtures, parts: data.parts, exponent: exponent)
  }

  /// A standardized value as a loss, and the factor from standardized deviations to loss. Of a logarithm the
  /// median: the mean would grow with what is not known of a level that all mixtures share.
  ///
  /// - Parameter length: in target's tokens, for what curves share there.
  func loss(
    _ output: Int, _ value: Double, length: Double = 1
  ) -> (loss: Double, slope: Double) {
    let model = models[output]
    let linked =
      model.location + model.scale * (value + fit.commons[output].value(at: length))
    return link == .logarithm
      ? (exp(linked), exp(linked) * model.scale) : (linked, model.scale)
  }

  package func targetLosses(at mixtures: [[Double]]) -> [[Prediction]] {
    let points = embedded(mixtures)
    var result = mixtures.map { _ in [Prediction]() }
    for (output, model) in models.enumerated() {
      let (means, variances) = model.targetMarginals(points)
      for x in mixtures.indices {
        let (value, slope) = loss(output, means[x])
        let variance = variances[x] * varianceFactor
        result[x].append(Prediction(mean: value, deviation: slope * variance.squareRoot()))
      }
    }
    return result
  }

  package func targetValues(of function: LossFunction, at mixtures: [[Double]]) -> [Prediction] {
    targetLosses(at: mixtures).map { combined($0, function) }
  }

  /// A function of the losses, its deviation to first order.
  func combined(_ losses: [Prediction], _ function: LossFunction) -> Prediction {
    let means = losses.map(\.mean)
    let slopes = function.gradients(of: means.map { [$0] }, adjoints: [1]).map { $0[0] }
    let scaled = zip(losses, slopes).map { $0.deviation * $1 }
    return Prediction(
      mean: function.value(of: means),
      deviation: max(dot(scaled, correlation.times(scaled)), 0).squareRoot())
  }

  /// A run's losses at some lengths, as it would be measured or without its noise: [length][output].
  package func losses(
    at mixture: [Double], parameters: Double, tokens: [Double], ofRuns: Bool
  ) -> [[Prediction]] {
    let point = embedded([mixture])
    let ratio = log(data.target.parameters / parameters)
    var result = tokens.map { _ in [Prediction]() }
    for (output, model) in models.enumerated() {
      let curve = model.curve(
        at: point, logSizeRatio: ratio, lengths: tokens.map { $0 / data.target.tokens },
        ofRuns: ofRuns)
      for (x, found) in curve.enumerated() {
        let (value, slope) = loss(
          output, found.mean, length: tokens[x] / data.target.tokens)
        result[x].append(
          Prediction(
            mean: value, deviation: slope * (found.variance * varianceFactor).squareRoot()))
      }
    }
    return result
  }

  /// A function of a run's losses at some lengths.
  package func values(
    of function: LossFunction, at mixture: [Double], parameters: Double, tokens: [Double],
    ofRuns: Bool
  ) -> [Prediction] {
    losses(at: mixture, parameters: parameters, tokens: tokens, ofRuns: ofRuns).map {
      combined($0, function)
    }
  }

  /// A function of each run's last losses as the other runs predict it, its noise included.
  package func leaveRunOut(_ function: LossFunction) -> [Prediction] {
    let ends = models.map { $0.leaveRunOutEnds() }
    let lengths = data.lengths.map { $0[$0.count - 1] }
    return (0..<data.count).map { run in
      combined(
        ends.enumerated().map { output, all in
          let (value, slope) = loss(output, all[run].mean, length: lengths[run])
          return Prediction(
            mean: value,
            deviation: slope * (max(all[run].variance, 1e-12) * varianceFactor).squareRoot())
        }, function)
    }
  }
}

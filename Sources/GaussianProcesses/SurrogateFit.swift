import Foundation
import Numerics

/// A surrogate's form and hyperparameters: all that is learned besides the conditioning itself.
package struct SurrogateFit: Sendable {
  package var form: SurrogateForm
  /// For each output, the logarithms of its hyperparameters.
  package var logs: [[Double]]
  /// Log marginal likelihood of the losses themselves plus log prior density, over all outputs:
  /// comparable among forms of the same data.
  package var evidence: Double

  /// MAP estimates of every output, from the priors' centers or from an earlier fit.
  ///
  /// - Parameters:
  ///   - warm: hyperparameters to begin at; if nil, two ascents from the priors.
  ///   - iterations: of each ascent.
  /// - Returns: nil where no covariance could be factored.
  package init?(
    _ form: SurrogateForm, to data: SurrogateData, from warm: SurrogateFit? = nil,
    starts: Int = 2, iterations: Int = 40
  ) {
    let inputs = EmbeddedMixtures(data.mixtures, parts: data.parts, exponent: form.exponent)
    var all: [[Double]] = []
    var evidence = 0.0
    for output in 0..<data.outputs {
      let (outcomes, _, scale) = data.standardized(output, link: form.link)
      let posterior = MarginalPosterior(
        form: form, inputs: inputs, outcomes: outcomes,
        priors: form.priorList(parts: data.parts, own: data.ownDomains[output]))
      let begin =
        warm.map { [$0.logs[output]] } ?? Array(posterior.coldStarts.prefix(starts))
      guard let (logs, value) = posterior.maximized(from: begin, iterations: iterations) else {
        return nil
      }
      all.append(logs)
      // Back from standardized outcomes to losses: the density's factor is the outcome's slope.
      evidence += value - Double(data.count) * log(scale)
      if form.link == .logarithm {
        evidence -= data.losses.column(output).reduce(0) { $0 + log($1) }
      }
    }
    self.form = form
    logs = all
    self.evidence = evidence
  }

  /// The exponents that are tried.
  package static let exponents = [0.25, 0.35, 0.5, 1]

  /// The form with the most evidence, its hyperparameters fitted: link, then exponent, then whether the
  /// mixing law stays, each with the others as they are.
  ///
  /// - Parameters:
  ///   - thinning: the most runs that forms are compared on, and hyperparameters fitted to.
  ///   - warm: an earlier choice, where the search begins.
  package static func selected(
    for data: SurrogateData, thinning: (forms: Int, fit: Int) = (96, 192),
    from warm: SurrogateFit? = nil
  ) -> SurrogateFit? {
    let sample = data.thinned(to: thinning.forms)
    let canTakeLogarithm = data.losses.elements.allSatisfy { $0 > 0 }
    var form = warm?.form ?? SurrogateForm()
    if !canTakeLogarithm { form.link = .identity }
    func fit(_ form: SurrogateForm) -> SurrogateFit? {
      SurrogateFit(form, to: sample, starts: 1, iterations: 20)
    }
    var best = fit(form)
    func consider(_ change: (inout SurrogateForm) -> Void) {
      var candidate = best?.form ?? form
      change(&candidate)
      guard candidate != best?.form, let found = fit(candidate) else { return }
      if best == nil || found.evidence > best!.evidence { best = found }
    }
    if canTakeLogarithm {
      consider { $0.link = $0.link == .logarithm ? .identity : .logarithm }
    }
    for exponent in exponents { consider { $0.exponent = exponent } }
    consider { $0.hasLaw.toggle() }
    guard let best else { return nil }
    return SurrogateFit(best.form, to: data.thinned(to: thinning.fit), starts: 2, iterations: 40)
      ?? best
  }
}

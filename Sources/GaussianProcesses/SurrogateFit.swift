import Foundation
import Numerics

/// The forms and hyperparameters of an ensemble of surrogates: all that is learned besides the
/// conditioning itself.
package struct SurrogateFit: Sendable {
  package struct Member: Sendable {
    package var form: SurrogateForm
    /// For each output, the logarithms of its hyperparameters.
    package var logs: [[Double]]
    /// Log marginal likelihood of the losses themselves plus log prior density, over all outputs:
    /// comparable among forms of the same data.
    package var evidence: Double

    /// MAP estimates of every output, from the priors' centers or from an earlier fit.
    ///
    /// - Parameters:
    ///   - warm: hyperparameters to begin at; if nil, the priors' centers.
    ///   - iterations: of each ascent. Short ones that begin at the priors' centers stay near them in
    ///     the directions of which the data say little, and predict better than long ones.
    ///   - alone: the most outputs that are fitted by themselves. Of more, these are spread evenly over them, and the
    ///     others begin where these ended on average: see ``PooledStart``.
    /// - Returns: nil where no covariance could be factored.
    package init?(
      _ form: SurrogateForm, to data: SurrogateData, from warm: Member? = nil, starts: Int = 1,
      iterations: Int = 30, alone: Int = SurrogateFit.mostAlone
    ) {
      let inputs = EmbeddedMixtures(
        data.mixtures, parts: data.parts, exponent: form.exponent, lawExponent: form.lawExponent,
        given: form.law == .given ? data.given : nil)
      var all = [[Double]](repeating: [], count: data.outputs)
      var evidence = 0.0
      let spread = (0..<data.outputs).evenly(atMost: alone)
      let others = Set(0..<data.outputs).subtracting(spread).sorted()
      var pooled: PooledStart?
      for (place, output) in (spread + others).enumerated() {
        let (outcomes, _, scale) = data.standardized(output, link: form.link)
        let posterior = MarginalPosterior(
          form: form, inputs: inputs, outcomes: outcomes,
          priors: form.priorList(parts: data.parts, own: data.ownDomains[output]), output: output)
        var begin = warm.map { [$0.logs[output]] } ?? Array(posterior.coldStarts.prefix(starts))
        var steps = iterations
        if warm == nil, place >= spread.count {
          let start =
            pooled ?? PooledStart(form, spread.map { (data.ownDomains[$0], all[$0]) }, data.parts)
          pooled = start
          begin = [start.logs(own: data.ownDomains[output])]
          steps = min(iterations, SurrogateFit.pooledIterations)
        }
        guard let (logs, value) = posterior.maximized(from: begin, iterations: steps) else {
          return nil
        }
        all[output] = logs
        // Back from standardized outcomes to losses: the density's factor is the outcome's slope.
        evidence += value - Double(data.count) * log(scale)
        evidence += data.losses.column(output).reduce(0) { $0 + form.link.logDensity(at: $1) }
      }
      self.form = form
      logs = all
      self.evidence = evidence
    }
  }

  package var members: [Member]

  /// The most outputs whose hyperparameters are fitted by themselves; those of a hundred took as long as all
  /// else together.
  package static let mostAlone = 32
  /// Iterations of the others' ascents, which begin near their ends.
  package static let pooledIterations = 8

  package init(members: [Member]) {
    precondition(!members.isEmpty, "expected a member")
    precondition(
      members.allSatisfy { $0.form.link == members[0].form.link },
      "expected members of one link")
    self.members = members
  }

  /// A single surrogate of a given form.
  package init?(
    _ form: SurrogateForm, to data: SurrogateData, starts: Int = 1, iterations: Int = 30
  ) {
    guard let member = Member(form, to: data, starts: starts, iterations: iterations) else {
      return nil
    }
    self.init(members: [member])
  }

  /// The forms whose predictions are averaged; the first has the most evidence. They err differently: where
  /// the law that is learned extrapolates too boldly, BiMix's does not, and the other way round; a single
  /// lengthscale has less to learn from few runs. Their mean predicts better than any, and better than means
  /// over draws of their hyperparameters do. A law's exponent of .7 has about the most evidence on every table
  /// of real runs tried, and one on landscapes where shares just add up: both are there. A domain's own
  /// lengthscale is the shortest that an output has. Raw weights (exponent 1) are
  /// no part of it, as they err several times as far where runs are few; neither is the exponential law,
  /// which the evidence never preferred to the widened one.
  package static let ensemble: [SurrogateForm] = [
    SurrogateForm(exponent: 0.5, ownRelevance: 1.5, law: .shared, lawExponent: 0.7),
    SurrogateForm(exponent: 0.25, ownRelevance: 1.5, law: .own),
    SurrogateForm(exponent: 0.5, hasRelevances: false, law: .shared),
  ]

  /// The same where the law comes with the data.
  package static let givenEnsemble: [SurrogateForm] = [
    SurrogateForm(exponent: 0.5, law: .given), SurrogateForm(exponent: 0.25, law: .given),
  ]

  /// The ensemble, fitted from the priors, with the link of the most evidence.
  ///
  /// - Parameters:
  ///   - size: how many of the forms.
  ///   - thinning: the most runs that links are compared on, and hyperparameters fitted to.
  ///   - allowsLogarithm: whether all losses that the fit is to be used for are above zero.
  ///   - alone: the most outputs that are fitted by themselves.
  package static func selected(
    for data: SurrogateData, size: Int = ensemble.count,
    thinning: (links: Int, fit: Int) = (64, 192), allowsLogarithm: Bool = true,
    alone: Int = mostAlone
  ) -> SurrogateFit? {
    let sample = data.thinned(to: thinning.links)
      .limited(to: (0..<data.outputs).evenly(atMost: mostAlone))
    var link = SurrogateForm.Link.identity
    if data.areShares {
      link = .logit
    } else if allowsLogarithm, data.losses.elements.allSatisfy({ $0 > 0 }) {
      func evidence(_ link: SurrogateForm.Link) -> Double {
        var form = SurrogateForm(exponent: 0.35, law: .own)
        form.link = link
        return Member(form, to: sample, iterations: 12)?.evidence ?? -.infinity
      }
      if evidence(.logarithm) >= evidence(.identity) { link = .logarithm }
    }
    let thinned = data.thinned(to: thinning.fit)
    let members = (data.given == nil ? ensemble : givenEnsemble).prefix(size).compactMap { form in
      var form = form
      form.link = link
      // Without replicates a slope of the noise would be told from little but the prior.
      form.hasNoiseSlope = thinned.replicates >= 6
      return Member(form, to: thinned, alone: alone)
    }
    return members.isEmpty ? nil : SurrogateFit(members: members)
  }

  /// The same forms after a few more steps on other data.
  package func refined(on data: SurrogateData, iterations: Int) -> SurrogateFit {
    SurrogateFit(
      members: members.map {
        Member($0.form, to: data, from: $0, iterations: iterations) ?? $0
      })
  }
}

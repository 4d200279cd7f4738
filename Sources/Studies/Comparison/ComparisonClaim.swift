import Foundation
import Numerics

/// A claim of the literature, held against a comparison.
package struct ComparisonClaim: Sendable, Hashable, Codable {
  package enum Verdict: String, Sendable, Hashable, Codable {
    case holds
    /// Some of it does, and nothing speaks against the rest.
    case holdsInPart
    case contradicted
    /// The runs there are cannot tell.
    case undecided
    /// The methods that it is about were not compared.
    case untested

    package var words: String {
      switch self {
      case .holds: "holds"
      case .holdsInPart: "holds in part"
      case .contradicted: "does not hold"
      case .undecided: "cannot be decided"
      case .untested: "not tested"
      }
    }
  }

  /// `a` to `d`.
  package var letter: String
  package var claim: String
  package var verdict: Verdict
  /// What was found, a sentence each.
  package var evidence: [String]
}

extension ComparisonAnalysis {
  /// Lindenau's four claims, in his order.
  package var claims: [ComparisonClaim] {
    [orderClaim, effortClaim, cornerClaim, sacrificeClaim]
  }

  private static func nats(_ value: Double) -> String {
    (value < -0.00005 ? "−" : "") + String(format: "%.4f", abs(value))
  }

  private static func words(_ estimate: Estimate) -> String {
    nats(estimate.mean)
      + (estimate.interval.map { " (\(nats($0.lowerBound)) to \(nats($0.upperBound)))" }
        ?? " (one run of each, so no interval)")
  }

  // MARK: - (a)

  /// The published order, best first; `bo-raw` is the model that it was found with.
  private static let publishedOrder = ["bo", "sobol", "bimix", "uniform", "mixlaws", "llama"]

  private var orderClaim: ComparisonClaim {
    let present = Self.publishedOrder.filter { self[$0]?.loss != nil }
    var pairs = zip(present, present.dropFirst()).map { ($0, $1) }
    if self["bo-raw"]?.loss != nil, let next = present.first(where: { $0 != "bo" }) {
      pairs.insert(("bo-raw", next), at: 0)
    }
    let differences = pairs.map { difference(of: $0.1, and: $0.0) }
    let pValues = MultipleComparisons.holm(differences.map { $0?.pValue ?? 1 })
    var evidence: [String] = []
    var counts = (kept: 0, reversed: 0)
    for ((pair, difference), pValue) in zip(zip(pairs, differences), pValues) {
      guard let difference else { continue }
      let finding: String
      if pValue >= 0.05 {
        finding = "cannot be told apart"
      } else if difference.mean > 0 {
        finding = "as published"
        counts.kept += 1
      } else {
        finding = "the other way round"
        counts.reversed += 1
      }
      evidence.append(
        "\(pair.1) minus \(pair.0): \(Self.words(difference.estimate)), \(finding).")
    }
    if !pairs.isEmpty {
      let order = ranked.filter { $0.loss != nil && present.contains($0.name) }.map(\.name)
      evidence.append("The order found is \(order.joined(separator: " < ")).")
    }
    let verdict: ComparisonClaim.Verdict =
      pairs.isEmpty
      ? .untested
      : counts.reversed > 0
        ? .contradicted
        : counts.kept == pairs.count ? .holds : counts.kept > 0 ? .holdsInPart : .undecided
    return ComparisonClaim(
      letter: "a",
      claim: "Loss rises in the order bo, sobol, bimix, uniform, mixlaws, llama.",
      verdict: verdict, evidence: evidence)
  }

  // MARK: - (b)

  /// Within this of the best method's mean a mixture is called good, in nats per token.
  package static let goodEnough = 0.01

  private var effortClaim: ComparisonClaim {
    let claim = "A few dozen trials are enough for a good mixture."
    guard let best else {
      return ComparisonClaim(letter: "b", claim: claim, verdict: .untested, evidence: [])
    }
    var evidence: [String] = []
    var (reached, missed) = (0, 0)
    for method in ranked where method.loss != nil {
      guard method.searches.contains(where: { $0.trials > 1 }) else { continue }
      var steps: [(trials: Int, losses: CrossedLosses)] =
        record.configuration.checkpoints.enumerated().compactMap { index, trials in
          difference(ofCheckpoint: index, of: method.name, and: methods[best].name).map {
            (trials, $0)
          }
        }
      let trials = method.searches.map(\.trials).max() ?? 0
      if method.name == methods[best].name {
        steps.append((trials, CrossedLosses([[0]])))
      } else if let end = difference(of: method.name, and: methods[best].name) {
        steps.append((trials, end))
      }
      // From here on it stayed good.
      let first = steps.indices.first { index in
        steps[index...].allSatisfy { $0.losses.mean <= Self.goodEnough }
      }
      let course = steps.map { "\(Self.nats($0.losses.mean)) after \($0.trials)" }
      if let first {
        reached += 1
        evidence.append(
          "\(method.name) is within \(Self.nats(Self.goodEnough)) of the best from "
            + "\(steps[first].trials) trials on (above the best: \(course.joined(separator: ", ")))."
        )
      } else {
        missed += 1
        evidence.append(
          "\(method.name) is not within \(Self.nats(Self.goodEnough)) of the best "
            + "(above it: \(course.joined(separator: ", "))).")
      }
    }
    return ComparisonClaim(
      letter: "b", claim: claim,
      verdict: reached + missed == 0
        ? .untested : missed == 0 ? .holds : reached > 0 ? .holdsInPart : .contradicted,
      evidence: evidence)
  }

  // MARK: - (c)

  /// A domain with less than this has as good as nothing.
  package static let nearlyNothing = 0.005

  private var cornerClaim: ComparisonClaim {
    var evidence: [String] = []
    var (cornered, picks) = (0, 0)
    // Mixing laws; BiMix rises without bound towards a weight of zero, and cannot get there.
    for name in ["mixlaws", "olmix"] {
      guard let method = self[name] else { continue }
      let mixtures = method.searches.compactMap(\.pick?.mixture)
      guard !mixtures.isEmpty else { continue }
      let empty = mixtures.map { $0.weights.count { $0 < Self.nearlyNothing } }
      cornered += empty.count { $0 > 0 }
      picks += mixtures.count
      var sentence =
        "\(name) leaves \(list(empty)) of \(mixtures[0].weights.count) domains without text"
      if let surprise = method.surprise {
        sentence += "; its picks’ losses are \(Self.words(surprise)) above what it predicted"
      }
      if let uniform = self["uniform"], uniform.loss != nil,
        let difference = difference(of: name, and: "uniform")
      {
        sentence += ", and \(Self.words(difference.estimate)) above uniform’s"
      }
      evidence.append(sentence + ".")
    }
    return ComparisonClaim(
      letter: "c", claim: "Laws without a floor for each domain run to corners of the simplex.",
      verdict: picks == 0
        ? .untested
        : cornered == picks ? .holds : cornered == 0 ? .contradicted : .holdsInPart,
      evidence: evidence)
  }

  // MARK: - (d)

  private var sacrificeClaim: ComparisonClaim {
    let claim = "Bayesian optimization wins on the mean while some domains lose."
    let baseline = "uniform"
    var evidence: [String] = []
    var verdicts: [ComparisonClaim.Verdict] = []
    for name in ["bo", "bo-raw"] where self[name]?.loss != nil && self[baseline]?.loss != nil {
      guard let mean = difference(of: name, and: baseline) else { continue }
      let domains = heldOutDomains
      let differences = domains.map { difference(of: name, and: baseline, domain: $0) }
      let pValues = MultipleComparisons.holm(differences.map { $0?.pValue ?? 1 })
      var (lost, gained): ([String], [String]) = ([], [])
      for ((domain, difference), pValue) in zip(zip(domains, differences), pValues) {
        guard let difference, pValue < 0.05 else { continue }
        let text = "\(domain) \(difference.mean > 0 ? "+" : "")\(Self.nats(difference.mean))"
        if difference.mean > 0 { lost.append(text) } else { gained.append(text) }
      }
      evidence.append(
        "\(name) minus uniform: \(Self.words(mean.estimate)) in the objective; of "
          + "\(domains.count) held-out domains it gains on "
          + "\(gained.isEmpty ? "none" : gained.joined(separator: ", ")), loses on "
          + "\(lost.isEmpty ? "none" : lost.joined(separator: ", ")), the rest cannot be decided.")
      let wins = mean.mean < 0 && mean.pValue < 0.05
      verdicts.append(
        wins && !lost.isEmpty
          ? .holds : !lost.isEmpty || wins ? .holdsInPart : .undecided)
      if mean.mean > 0, mean.pValue < 0.05 { verdicts[verdicts.count - 1] = .contradicted }
    }
    return ComparisonClaim(
      letter: "d", claim: claim,
      verdict: verdicts.isEmpty
        ? .untested : verdicts.contains(.holds) ? .holds : verdicts[0], evidence: evidence)
  }
}

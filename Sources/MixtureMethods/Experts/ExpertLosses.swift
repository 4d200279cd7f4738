import GaussianProcesses
import Mixtures

/// What the data experts of a search say of every held-out domain that all of them measured.
struct ExpertLosses: PriorLosses {
  private let domains: [String]
  private let laws: [ExpertLaw]
  private let parts: Int

  /// - Parameter experts: one for each training domain, in their order.
  /// - Returns: nil where one has diverged or kept no token losses.
  init?(_ experts: [Observation]) {
    guard let first = experts.first, let losses = first.outcome.result?.losses else { return nil }
    parts = experts.count
    var found: [(domain: String, law: ExpertLaw)] = []
    for domain in losses.map(\.domain) {
      let tokens = experts.compactMap { $0.outcome.result?.tokenLosses?.losses(of: domain) }
      let means = experts.compactMap { $0.loss(of: domain) }
      guard tokens.count == parts, means.count == parts else { continue }
      found.append((domain, ExpertLaw(tokenLosses: tokens, losses: means)))
    }
    guard !found.isEmpty else { return nil }
    domains = found.map(\.domain)
    laws = found.map(\.law)
  }

  subscript(domain: String) -> ExpertLaw? {
    domains.firstIndex(of: domain).map { laws[$0] }
  }

  /// As the prior means of a surrogate of these outputs; nil where one of them was not measured.
  func laws(of outputs: [String]) -> GivenLaws? {
    let chosen = outputs.compactMap { self[$0] }
    guard chosen.count == outputs.count else { return nil }
    return GivenLaws(Predictor(laws: chosen), outputs: chosen.count, parts: parts)
  }

  private struct Predictor: LossPredictor {
    let laws: [ExpertLaw]

    func loss(_ output: Int, at weights: [Double]) -> Double {
      max(laws[output].loss(at: weights), 1e-6)
    }

    func addGradient(
      _ output: Int, at weights: [Double], times factor: Double, to gradient: inout [Double]
    ) {
      laws[output].addGradient(at: weights, times: factor, to: &gradient)
    }
  }
}

extension MethodContext {
  /// The run of a data expert.
  func expert(_ ordinal: Int) -> Suggestion {
    let alone = domains.indices.map { $0 == ordinal ? 1.0 : 0 }
    return Suggestion(
      mixture: Mixture(domains: domains, proportionalTo: alone), reason: .design, procedure: .mde)
  }
}

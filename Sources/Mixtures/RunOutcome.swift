/// What a run came to at a rung. One that diverged has no losses, not even large ones.
package enum RunOutcome: Sendable, Hashable {
  case finished(RunResult)
  case diverged(step: Int, reason: String)

  package var result: RunResult? {
    if case .finished(let result) = self { result } else { nil }
  }

  package var hasDiverged: Bool { result == nil }

  /// Losses of which nothing else is known, as in a table.
  package static func losses(_ losses: [DomainLoss]) -> RunOutcome {
    .finished(RunResult(losses: losses))
  }

  /// A divergence of which nothing else is known.
  package static let unexplained = RunOutcome.diverged(step: 0, reason: "not told")

  /// The losses of some held-out domains, in their order; nil where the run diverged or one was not
  /// measured.
  package func losses(of domains: [String]) -> [Double]? {
    guard let result else { return nil }
    let losses = domains.compactMap { name in
      result.losses.first { $0.domain == name }?.loss
    }
    return losses.count == domains.count ? losses : nil
  }

  /// A loss that is no number is a divergence that nobody noticed.
  package var checked: RunOutcome {
    guard let result, let loss = result.losses.first(where: { !$0.loss.isFinite }) else {
      return self
    }
    return .diverged(step: 0, reason: "the held-out loss of '\(loss.domain)' is \(loss.loss)")
  }
}

/// `{"finished": {…}}` or `{"diverged": {"step": …, "reason": …}}`. Older files of single runs have the losses
/// alone: `{"finished": {"_0": […]}}`.
extension RunOutcome: Codable {
  private enum Key: CodingKey { case finished, diverged }

  private enum OldKey: String, CodingKey { case losses = "_0" }

  private struct Divergence: Codable {
    var step: Int
    var reason: String
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    if let divergence = try fields.decodeIfPresent(Divergence.self, forKey: .diverged) {
      self = .diverged(step: divergence.step, reason: divergence.reason)
      return
    }
    let old = try fields.nestedContainer(keyedBy: OldKey.self, forKey: .finished)
    self =
      old.contains(.losses)
      ? .losses(try old.decode([DomainLoss].self, forKey: .losses))
      : .finished(try fields.decode(RunResult.self, forKey: .finished))
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    switch self {
    case .finished(let result): try fields.encode(result, forKey: .finished)
    case .diverged(let step, let reason):
      try fields.encode(Divergence(step: step, reason: reason), forKey: .diverged)
    }
  }
}

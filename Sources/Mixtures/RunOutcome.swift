/// What a run came to at a rung. One that diverged has no losses, not even large ones.
package enum RunOutcome: Sendable, Hashable {
  case finished(Measurement)
  case diverged(step: Int, reason: String)

  package var measurement: Measurement? {
    if case .finished(let measurement) = self { measurement } else { nil }
  }

  package var hasDiverged: Bool { measurement == nil }

  /// The losses of some held-out domains, in their order; nil where the run diverged or one was not
  /// measured.
  package func losses(of domains: [String]) -> [Double]? {
    guard let measurement else { return nil }
    let losses = domains.compactMap { name in
      measurement.losses.first { $0.domain == name }?.loss
    }
    return losses.count == domains.count ? losses : nil
  }

  /// A loss that is no number is a divergence that nobody noticed.
  package var checked: RunOutcome {
    guard let measurement, let loss = measurement.losses.first(where: { !$0.loss.isFinite }) else {
      return self
    }
    return .diverged(step: 0, reason: "the held-out loss of '\(loss.domain)' is \(loss.loss)")
  }
}

/// `{"finished": {…}}` or `{"diverged": {"step": …, "reason": …}}`.
extension RunOutcome: Codable {
  private enum Key: CodingKey { case finished, diverged }

  private struct Divergence: Codable {
    var step: Int
    var reason: String
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    if let divergence = try fields.decodeIfPresent(Divergence.self, forKey: .diverged) {
      self = .diverged(step: divergence.step, reason: divergence.reason)
    } else {
      self = .finished(try fields.decode(Measurement.self, forKey: .finished))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    switch self {
    case .finished(let measurement): try fields.encode(measurement, forKey: .finished)
    case .diverged(let step, let reason):
      try fields.encode(Divergence(step: step, reason: reason), forKey: .diverged)
    }
  }
}

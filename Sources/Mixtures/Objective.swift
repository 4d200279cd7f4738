/// What is minimized: a function of held-out losses. Its weights say what matters, and have nothing to do
/// with the weights that domains are sampled with.
package struct Objective: Sendable, Hashable {
  /// How the targets' losses become one number.
  package enum Aggregate: String, Sendable, Hashable, Codable {
    /// Their weighted mean.
    case mean
    /// The largest: no domain pays for another.
    case worst
  }

  /// What a held-out domain's loss should not exceed.
  package struct Limit: Sendable, Hashable, Codable {
    package var domain: String
    /// In nats per token.
    package var loss: Double
    /// Whether it was written as what should not be fallen below. Only what measures rise has such
    /// limits, and the table that has them turns them round.
    package var isFloor = false

    package init(domain: String, loss: Double) {
      self.domain = domain
      self.loss = loss
    }

    private enum Key: CodingKey { case domain, loss }

    package init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: Key.self)
      domain = try fields.decode(String.self, forKey: .domain)
      loss = try fields.decode(Double.self, forKey: .loss)
    }

    package func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: Key.self)
      try fields.encode(domain, forKey: .domain)
      try fields.encode(loss, forKey: .loss)
    }
  }

  /// What each nat above a limit costs: far more than a nat of any target is worth, so that limits are
  /// kept wherever they can be.
  package static let penalty = 10.0

  /// The held-out domains that count; they need not be training domains.
  package let targets: [String]
  /// How much each target counts in the mean; they sum to one. All alike where the worst counts.
  package let weights: [Double]
  package let aggregate: Aggregate
  /// Losses of a reference run, one for each target, above which losses are counted; nil to count them
  /// from zero.
  package let references: [Double]?
  /// Guardrails.
  package let limits: [Limit]

  /// The plain mean, as Lindenau's average log-perplexity.
  package static func mean(of targets: [String]) -> Objective {
    Objective(targets: targets, proportionalTo: targets.map { _ in 1 })
  }

  package init(
    targets: [String], proportionalTo weights: [Double], aggregate: Aggregate = .mean,
    references: [Double]? = nil, limits: [Limit] = []
  ) {
    precondition(targets.count == weights.count && !targets.isEmpty)
    precondition(references.map { $0.count == targets.count } ?? true)
    let sum = weights.reduce(0, +)
    precondition(sum > 0 && weights.allSatisfy { $0 >= 0 })
    self.targets = targets
    self.weights = abs(sum - 1) < 1e-15 ? weights : weights.map { $0 / sum }
    self.aggregate = aggregate
    self.references = references
    self.limits = limits
  }

  /// Every held-out domain that it depends on: the targets, then those that only have a limit.
  package var domains: [String] {
    var list = targets
    for limit in limits where !list.contains(limit.domain) { list.append(limit.domain) }
    return list
  }

  /// The same with further held-out domains among those that it depends on, whose losses count nothing.
  package func measuring(_ others: [String]) -> Objective {
    let added = others.filter { !domains.contains($0) }
    guard !added.isEmpty else { return self }
    if aggregate == .mean {
      return Objective(
        targets: targets + added, proportionalTo: weights + added.map { _ in 0 },
        references: references.map { $0 + added.map { _ in 0 } }, limits: limits)
    }
    // The largest of the targets' losses is another with another target; a limit that no loss exceeds costs nothing.
    return Objective(
      targets: targets, proportionalTo: weights, aggregate: aggregate, references: references,
      limits: limits + added.map { Limit(domain: $0, loss: 1e9) })
  }

  /// Whether it is a weighted sum of losses and nothing more.
  package var isLinear: Bool { aggregate == .mean && limits.isEmpty }

  /// In nats per token, with what limits that are exceeded cost; nil where the run diverged or a domain was
  /// not measured.
  package func value(of observation: Observation) -> Double? {
    let known = domains.map { observation.loss(of: $0) }
    let losses = known.compactMap { $0 }
    return losses.count == known.count ? value(of: losses) : nil
  }

  /// What was measured of it, without what limits cost: what people are told. Nil where a target was not
  /// measured.
  package func measured(in observation: Observation) -> Double? {
    let known = targets.map { observation.loss(of: $0) }
    let losses = known.compactMap { $0 }
    return losses.count == known.count ? unguarded.value(of: losses) : nil
  }

  /// The same without limits.
  package var unguarded: Objective {
    Objective(
      targets: targets, proportionalTo: weights, aggregate: aggregate, references: references)
  }

  /// With what limits that are exceeded cost: what searches minimize.
  ///
  /// - Parameter losses: one for each of ``domains``, in their order.
  package func value(of losses: [Double]) -> Double {
    let domains = domains
    precondition(
      losses.count == domains.count, "expected \(domains.count) losses, found \(losses.count)")
    let excesses = targets.indices.map { losses[$0] - (references?[$0] ?? 0) }
    var value =
      switch aggregate {
      case .mean: zip(weights, excesses).reduce(0) { $0 + $1.0 * $1.1 }
      case .worst: excesses.max()!
      }
    for limit in limits {
      value += Self.penalty * max(losses[domains.firstIndex(of: limit.domain)!] - limit.loss, 0)
    }
    return value
  }
}

/// Fields that say nothing are left out: plain objectives are written as they always were.
extension Objective: Codable {
  private enum Key: CodingKey { case targets, weights, aggregate, references, limits }

  /// The weights are taken as they are, to the last bit.
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    targets = try fields.decode([String].self, forKey: .targets)
    weights = try fields.decode([Double].self, forKey: .weights)
    aggregate = try fields.decodeIfPresent(Aggregate.self, forKey: .aggregate) ?? .mean
    references = try fields.decodeIfPresent([Double].self, forKey: .references)
    limits = try fields.decodeIfPresent([Limit].self, forKey: .limits) ?? []
    guard targets.count == weights.count, weights.allSatisfy({ $0 >= 0 }),
      abs(weights.reduce(0, +) - 1) < 1e-9
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .weights, in: fields,
        debugDescription: "expected \(targets.count) weights that sum to 1")
    }
    if let references, references.count != targets.count {
      throw DecodingError.dataCorruptedError(
        forKey: .references, in: fields,
        debugDescription: "expected \(targets.count) losses, found \(references.count)")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(targets, forKey: .targets)
    try fields.encode(weights, forKey: .weights)
    if aggregate != .mean { try fields.encode(aggregate, forKey: .aggregate) }
    try fields.encodeIfPresent(references, forKey: .references)
    if !limits.isEmpty { try fields.encode(limits, forKey: .limits) }
  }
}

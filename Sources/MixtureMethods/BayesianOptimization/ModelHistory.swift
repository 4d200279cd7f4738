import GaussianProcesses
import Mixtures
import Numerics
import Synchronization

/// Observations and the surrogate that they make, fitted when first asked for.
///
/// The form and hyperparameters are chosen afresh on the first m observations, m = 4, 6, 8, 12, 16, 24 and
/// so on, and only refined in between: a function of the observations in their order, however many
/// came at once, and cheap.
package struct ModelHistory: Sendable {
  package let outputs: [String]
  package let domains: [String]
  /// What another model says of each domain; nil where the surrogate learns laws of its own.
  let given: (any PriorLosses)?
  /// Held-out domains whose losses are shares between 0 and 1.
  private let shares: Set<String>
  private(set) var observations: [Observation] = []
  private var cache = Cache()

  /// What has been computed already; never anything that observations would not give again.
  private final class Cache: Sendable {
    let choices: Mutex<[(count: Int, isPositive: Bool, fit: SurrogateFit?)]>
    let latest = Mutex<(isKnown: Bool, surrogate: CompositeSurrogate?)>((false, nil))

    init(choices: [(count: Int, isPositive: Bool, fit: SurrogateFit?)] = []) {
      self.choices = Mutex(choices)
    }
  }

  package init(outputs: [String], domains: [String], shares: Set<String> = []) {
    self.init(outputs: outputs, domains: domains, given: nil, shares: shares)
  }

  init(
    outputs: [String], domains: [String], given: (any PriorLosses)?, shares: Set<String> = []
  ) {
    self.shares = shares
    self.outputs = outputs
    self.domains = domains
    self.given = given
  }

  package mutating func append(_ new: [Observation]) {
    guard !new.isEmpty else { return }
    observations += new
    cache = Cache(choices: cache.choices.withLock { $0 })
  }

  /// The same observations, of other outputs.
  func reread(outputs: [String]) -> ModelHistory {
    var other = ModelHistory(
      outputs: outputs, domains: domains, given: given, shares: shares)
    other.append(observations)
    return other
  }

  /// The domains that every finished trial measured, in the order of the first.
  var measuredDomains: [String] {
    let lists = observations.compactMap { $0.outcome.result?.losses.map(\.domain) }
    guard let first = lists.first else { return [] }
    return first.filter { name in lists.allSatisfy { $0.contains(name) } }
  }

  /// Finished trials with a loss for each output, and those that diverged.
  package var data: SurrogateData {
    var mixtures: [[Double]] = []
    var rows: [[Double]] = []
    var diverged: [[Double]] = []
    for observation in observations {
      if observation.outcome.hasDiverged {
        diverged.append(observation.mixture.weights)
        continue
      }
      let losses = outputs.compactMap { observation.loss(of: $0) }
      guard losses.count == outputs.count, losses.allSatisfy(\.isFinite) else { continue }
      mixtures.append(observation.mixture.weights)
      rows.append(losses)
    }
    var data = SurrogateData(
      mixtures: mixtures,
      losses: rows.isEmpty ? Matrix(rows: 0, columns: outputs.count) : Matrix(rows: rows),
      diverged: diverged, ownDomains: outputs.map { domains.firstIndex(of: $0) })
    data.given = given?.laws(of: outputs)
    data.areShares = outputs.allSatisfy(shares.contains)
    return data
  }

  /// - Returns: nil with fewer than four finished trials, or where no fit succeeds.
  package func surrogate() -> CompositeSurrogate? {
    cache.latest.withLock { latest in
      if !latest.isKnown { latest = (true, computed()) }
      return latest.surrogate
    }
  }

  private func computed() -> CompositeSurrogate? {
    let data = data
    guard let milestone = Self.milestone(atMost: data.count) else { return nil }
    // What comes after the first may have no logarithm.
    let isPositive = data.losses.elements.allSatisfy { $0 > 0 }
    let choice = cache.choices.withLock { choices in
      let known = choices.first { $0.count == milestone && $0.isPositive == isPositive }
      if let known { return known.fit }
      let fit = SurrogateFit.selected(
        for: data.subset(Array(0..<milestone)), size: Self.members(at: milestone),
        allowsLogarithm: isPositive)
      choices.append((milestone, isPositive, fit))
      return fit
    }
    guard let choice else { return nil }
    let refined =
      data.count > milestone && data.count <= 192
      ? choice.refined(on: data.subset(Array(0..<data.count)), iterations: 5) : choice
    return CompositeSurrogate(data: data, fit: refined)
  }

  /// Averaging over forms matters while there are few runs, and costs the more the more there are.
  private static func members(at count: Int) -> Int {
    count <= 256 ? SurrogateFit.ensemble.count : 1
  }

  /// The largest of 4, 6, 8, 12, 16, 24, … that is not above `count`.
  private static func milestone(atMost count: Int) -> Int? {
    guard count >= 4 else { return nil }
    var power = 4
    while power * 2 <= count { power *= 2 }
    return power + power / 2 <= count ? power + power / 2 : power
  }
}

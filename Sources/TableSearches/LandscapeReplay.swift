import MixtureMethods
import Mixtures
import Numerics

/// Searches on a landscape: every method begins with the same random runs of the table and then tries
/// whatever mixture it wants. One beyond the hull of the table's mixtures is moved to the nearest within.
package struct LandscapeReplay: Sendable {
  package let pool: RunPool
  package let landscape: Landscape
  package let configuration: ReplayConfiguration

  package init(pool: RunPool, landscape: Landscape, configuration: ReplayConfiguration) {
    precondition(
      configuration.initial >= 1 && configuration.initial <= min(configuration.budget, pool.count))
    self.pool = pool
    self.landscape = landscape
    self.configuration = configuration
  }

  /// - Throws: as ``PoolReplay/trace(of:seed:isCancelled:)``.
  package func trace(
    of name: String, seed: UInt64, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> ReplayTrace {
    // Of each run, what is added to its losses.
    let deviation =
      configuration.noise / dot(pool.objective.weights, pool.objective.weights).squareRoot()
    var generator = SeededGenerator(seed: seed, stream: "replay noise")
    let noise = (0..<configuration.budget).map { _ in
      pool.outputs.map { _ in deviation > 0 ? deviation * generator.normal() : 0 }
    }
    let landscape = landscape
    let search = try LandscapeSearch(method: name, replay: self, seed: seed)
    try ReplayPlan.run(search, method: name, over: pool, configuration, isCancelled: isCancelled) {
      ordinal, mixture in
      zip(landscape.losses(at: mixture.weights), noise[ordinal]).map { $0 + $1 }
    }
    return ReplayTrace(
      method: name, seed: seed, tried: nil, values: search.values,
      recommended: search.recommended, moved: search.moved)
  }
}

/// A method that tries any mixture between those of a table, or no method at all.
private final class LandscapeSearch: ReplayedSearch {
  private let replay: LandscapeReplay
  private let name: String
  private let seed: UInt64
  /// Nil for the table's mixtures in random order.
  private var method: (any MixtureMethod)?
  private let order: [Int]
  private var asked: Mixture?
  /// The true objective of each run, and of what was handed over after each.
  private(set) var values: [Double] = []
  private(set) var recommended: [Double] = []
  private(set) var moved = 0
  /// What random search would hand over: the best that it saw, noise and all.
  private var seen = (lowest: Double.infinity, value: Double.infinity)

  private var pool: RunPool { replay.pool }

  init(method name: String, replay: LandscapeReplay, seed: UInt64) throws {
    self.replay = replay
    self.name = name
    self.seed = seed
    (method, order) = try replayed(
      name, over: replay.pool, replay.configuration, seed: seed, chooses: false)
  }

  func next() throws -> Mixture {
    var next = pool.mixtures[order[values.count % pool.count]].weights
    if values.count >= replay.configuration.initial, let method {
      guard let wanted = method.suggest(pending: [], ordinal: values.count) else {
        throw ReplayError.noSearch(method: name)
      }
      next = within(wanted.mixture.weights)
      if next != wanted.mixture.weights { moved += 1 }
    }
    values.append(replay.landscape.value(at: next))
    let mixture =
      Mixture(domains: pool.domains, exactly: next)
      ?? Mixture(domains: pool.domains, proportionalTo: next)
    asked = mixture
    return mixture
  }

  func observe(_ losses: [Double]) {
    let value = pool.objective.value(of: losses)
    if value < seen.lowest { seen = (value, values[values.count - 1]) }
    method?.update(
      with: [
        pool.observation(
          of: Mixture(domains: pool.domains, proportionalTo: asked!.weights), losses: losses,
          seed: seed)
      ])
  }

  func handOver() {
    let mixture = method?.recommendations(1).first?.mixture.weights
    recommended.append(mixture.map { replay.landscape.value(at: within($0)) } ?? seen.value)
  }

  private func within(_ mixture: [Double]) -> [Double] {
    let inside = replay.landscape.hull.projection(of: mixture)
    let gap = zip(inside, mixture).reduce(0) { $0 + abs($1.0 - $1.1) }
    return gap > 1e-4 ? inside : mixture
  }
}

import GaussianProcesses
import MixtureMethods
import Mixtures
import Numerics

/// Searches among runs that exist already: every method begins with the same random runs and then says
/// which to look at next. What counts is not the luckiest run it has seen but the one that it would hand
/// over.
package struct PoolReplay: Sendable {
  /// No method at all: the runs in random order.
  package static let random = "random"

  package let pool: RunPool
  package let configuration: ReplayConfiguration

  /// - Precondition: `initial` and `budget` of the configuration are within the pool.
  package init(pool: RunPool, configuration: ReplayConfiguration) {
    precondition(
      configuration.initial >= 1 && configuration.initial <= configuration.budget
        && configuration.budget <= pool.count,
      "expected 1 to \(pool.count) runs, found \(configuration.initial) to \(configuration.budget)")
    self.pool = pool
    self.configuration = configuration
  }

  /// Runs a method with a seed, which decides the first runs, the noise and the method's own chance.
  ///
  /// - Throws: what `makeMethod(named:context:)` throws, ``ReplayError`` for a method that does not
  ///   search, and `CancellationError`.
  package func trace(
    of name: String, seed: UInt64, isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws -> ReplayTrace {
    let measured = noisyLosses(seed: seed)
    // Looked up only: the order of a dictionary is never seen.
    let places = Dictionary(
      pool.mixtures.enumerated().map { ($0.element, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    let search = try PoolSearch(method: name, replay: self, seed: seed, places: places)
    try ReplayPlan.run(search, method: name, over: pool, configuration, isCancelled: isCancelled) {
      _, mixture in measured[places[mixture]!]
    }
    return ReplayTrace(
      method: name, seed: seed, tried: search.tried, values: search.tried.map { pool.values[$0] },
      recommended: search.recommended, moved: search.moved)
  }

  /// What each run would be seen to give: the same for every method.
  private func noisyLosses(seed: UInt64) -> [[Double]] {
    guard configuration.noise > 0 else { return pool.losses }
    // Independent in each output, so that their weighted mean is off by the noise asked for.
    let deviation =
      configuration.noise / dot(pool.objective.weights, pool.objective.weights).squareRoot()
    var generator = SeededGenerator(seed: seed, stream: "replay noise")
    return pool.losses.map { row in row.map { $0 + deviation * generator.normal() } }
  }
}

/// A method that chooses from a pool, or no method at all.
private final class PoolSearch: ReplayedSearch {
  private let replay: PoolReplay
  private let name: String
  private let seed: UInt64
  /// Nil for runs in random order.
  private var method: (any MixtureMethod)?
  private let places: [Mixture: Int]
  private let order: [Int]
  private(set) var tried: [Int] = []
  /// What was measured of each.
  private var seen: [[Double]] = []
  /// The true objective of what was handed over after each run.
  private(set) var recommended: [Double] = []
  /// How often the method wanted a mixture that is not there. One that does so once knows nothing of
  /// pools, and is asked for its predictions from then on.
  private(set) var moved = 0

  private var pool: RunPool { replay.pool }

  init(method name: String, replay: PoolReplay, seed: UInt64, places: [Mixture: Int]) throws {
    self.replay = replay
    self.name = name
    self.seed = seed
    self.places = places
    (method, order) = try replayed(
      name, over: replay.pool, replay.configuration, seed: seed, chooses: true)
  }

  func next() throws -> Mixture {
    var next = order[tried.count]
    if tried.count >= replay.configuration.initial, method != nil { next = try chosen() }
    tried.append(next)
    return pool.mixtures[next]
  }

  func observe(_ losses: [Double]) {
    seen.append(losses)
    method?.update(
      with: [
        pool.observation(of: pool.mixtures[tried[tried.count - 1]], losses: losses, seed: seed)
      ]
    )
  }

  func handOver() { recommended.append(pool.values[best ?? lowest]) }

  /// The run to look at: the one that the method asks for; of a method that asks for mixtures that are
  /// not there, the one that its model holds best, or else the nearest.
  private func chosen() throws -> Int {
    let taken = Set(tried)
    let left = pool.mixtures.indices.filter { !taken.contains($0) }
    if moved > 0, let index = bestPredicted(of: left) {
      moved += 1
      return index
    }
    guard let suggestion = method?.suggest(pending: [], ordinal: tried.count) else {
      throw ReplayError.noSearch(method: name)
    }
    if let index = places[suggestion.mixture], !taken.contains(index) { return index }
    moved += 1
    return bestPredicted(of: left) ?? nearest(to: suggestion.mixture, of: left)
  }

  /// The run that the method would hand over, tried or not; nil where it has nothing to go by.
  private var best: Int? {
    let all = Array(pool.mixtures.indices)
    if moved > 0, let index = bestPredicted(of: all) { return index }
    guard let mixture = method?.recommendations(1).first?.mixture else { return nil }
    if let index = places[mixture] { return index }
    return bestPredicted(of: all) ?? nearest(to: mixture, of: all)
  }

  private func bestPredicted(of candidates: [Int]) -> Int? {
    method?.predictions(at: candidates.map { pool.mixtures[$0] }, ofRuns: false).flatMap {
      predictions in
      predictions.indices.min { (predictions[$0].mean, $0) < (predictions[$1].mean, $1) }
    }.map { candidates[$0] }
  }

  /// Of those tried, by what was measured.
  private var lowest: Int {
    let values = seen.map { pool.objective.value(of: $0) }
    return tried.indices.min {
      values[$0] != values[$1] ? values[$0] < values[$1] : tried[$0] < tried[$1]
    }.map { tried[$0] }!
  }

  /// By Hellinger's distance.
  private func nearest(to mixture: Mixture, of candidates: [Int]) -> Int {
    func affinity(_ index: Int) -> Double {
      zip(pool.mixtures[index].weights, mixture.weights).reduce(0) {
        $0 + ($1.0 * $1.1).squareRoot()
      }
    }
    return candidates.max { (affinity($0), -$0) < (affinity($1), -$1) }!
  }
}

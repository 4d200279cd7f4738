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
    of name: String, seed: UInt64, isCancelled: () -> Bool = { false }
  ) throws -> ReplayTrace {
    var order = Array(0..<pool.count)
    var generator = SeededGenerator(seed: seed, stream: "replay order")
    generator.shuffle(&order)
    let measured = noisyLosses(seed: seed)
    var search = try name == Self.random ? nil : PoolSearch(method: name, replay: self, seed: seed)
    var tried: [Int] = []
    var recommended: [Double] = []
    while true {
      if tried.count >= configuration.initial {
        recommended.append(
          pool.values[
            search?.recommended(seen: tried, measured) ?? lowest(of: tried, measured)])
      }
      guard tried.count < configuration.budget else { break }
      if isCancelled() { throw CancellationError() }
      var next = order[tried.count]
      if tried.count >= configuration.initial, search != nil {
        next = try search!.next(after: tried)
      }
      tried.append(next)
      search?.observe(next, losses: measured[next], seed: seed)
    }
    return ReplayTrace(
      method: name, seed: seed, tried: tried, values: tried.map { pool.values[$0] },
      recommended: recommended, moved: search?.moved ?? 0)
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

  private func lowest(of tried: [Int], _ measured: [[Double]]) -> Int {
    tried.min {
      let (a, b) = (
        pool.objective.value(of: measured[$0]), pool.objective.value(of: measured[$1])
      )
      return a != b ? a < b : $0 < $1
    }!
  }
}

/// A method that chooses from a pool.
private struct PoolSearch {
  let replay: PoolReplay
  let name: String
  var method: any MixtureMethod
  /// How often the method wanted a mixture that is not there. One that does so once knows nothing of
  /// pools, and is asked for its predictions from then on.
  var moved = 0
  private let places: [Mixture: Int]

  private var pool: RunPool { replay.pool }

  init(method name: String, replay: PoolReplay, seed: UInt64) throws {
    guard MixturePreset(rawValue: name) == nil, !needsTrainer(name) else {
      throw ReplayError.noSearch(method: name)
    }
    self.replay = replay
    self.name = name
    method = try makeMethod(
      named: name,
      context: MethodContext(
        domains: replay.pool.domains, availableTokens: replay.pool.domains.map { _ in 1 },
        objective: replay.pool.objective, seed: seed,
        initialTrials: replay.configuration.initial, pool: replay.pool.mixtures,
        trials: replay.configuration.budget))
    // Looked up only: the order of a dictionary is never seen.
    places = Dictionary(
      replay.pool.mixtures.enumerated().map { ($0.element, $0.offset) },
      uniquingKeysWith: { first, _ in first })
  }

  mutating func observe(_ index: Int, losses: [Double], seed: UInt64) {
    method.update(
      with: [pool.observation(of: pool.mixtures[index], losses: losses, seed: seed)])
  }

  /// The run to look at: the one that the method asks for; of a method that asks for mixtures that are
  /// not there, the one that its model holds best, or else the nearest.
  mutating func next(after tried: [Int]) throws -> Int {
    let taken = Set(tried)
    let left = pool.mixtures.indices.filter { !taken.contains($0) }
    if moved > 0, let index = bestPredicted(of: left) {
      moved += 1
      return index
    }
    guard let suggestion = method.suggest(pending: [], ordinal: tried.count) else {
      throw ReplayError.noSearch(method: name)
    }
    if let index = places[suggestion.mixture], !taken.contains(index) { return index }
    moved += 1
    return bestPredicted(of: left) ?? nearest(to: suggestion.mixture, of: left)
  }

  /// The run that the method would hand over, tried or not; nil where it has nothing to go by.
  func recommended(seen tried: [Int], _ measured: [[Double]]) -> Int? {
    let all = Array(pool.mixtures.indices)
    if moved > 0, let index = bestPredicted(of: all) { return index }
    guard let mixture = method.recommendations(1).first?.mixture else { return nil }
    if let index = places[mixture] { return index }
    return bestPredicted(of: all) ?? nearest(to: mixture, of: all)
  }

  private func bestPredicted(of candidates: [Int]) -> Int? {
    method.predictions(at: candidates.map { pool.mixtures[$0] }, ofRuns: false).flatMap {
      predictions in
      predictions.indices.min { (predictions[$0].mean, $0) < (predictions[$1].mean, $1) }
    }.map { candidates[$0] }
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

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
    of name: String, seed: UInt64, isCancelled: () -> Bool = { false }
  ) throws -> ReplayTrace {
    guard MixturePreset(rawValue: name) == nil, !needsTrainer(name) else {
      throw ReplayError.noSearch(method: name)
    }
    var order = Array(0..<pool.count)
    var generator = SeededGenerator(seed: seed, stream: "replay order")
    generator.shuffle(&order)
    var noise = SeededGenerator(seed: seed, stream: "replay noise")
    let deviation =
      configuration.noise / dot(pool.objective.weights, pool.objective.weights).squareRoot()
    var method: (any MixtureMethod)? =
      try name == PoolReplay.random
      ? nil
      : makeMethod(
        named: name,
        context: MethodContext(
          domains: pool.domains, availableTokens: pool.domains.map { _ in 1 },
          objective: pool.objective, seed: seed, initialTrials: configuration.initial,
          trials: configuration.budget))
    var values: [Double] = []
    var recommended: [Double] = []
    var moved = 0
    // What random search would hand over: the best that it saw, noise and all.
    var seen = (lowest: Double.infinity, value: Double.infinity)
    func within(_ mixture: [Double]) -> [Double] {
      let inside = landscape.hull.projection(of: mixture)
      let gap = zip(inside, mixture).reduce(0) { $0 + abs($1.0 - $1.1) }
      return gap > 1e-4 ? inside : mixture
    }
    while true {
      if values.count >= configuration.initial {
        let mixture = method?.recommendations(1).first?.mixture.weights
        recommended.append(mixture.map { landscape.value(at: within($0)) } ?? seen.value)
      }
      guard values.count < configuration.budget else { break }
      if isCancelled() { throw CancellationError() }
      var next = pool.mixtures[order[values.count % pool.count]].weights
      if values.count >= configuration.initial, let method {
        guard let wanted = method.suggest(pending: [], ordinal: values.count) else {
          throw ReplayError.noSearch(method: name)
        }
        next = within(wanted.mixture.weights)
        if next != wanted.mixture.weights { moved += 1 }
      }
      let truth = landscape.losses(at: next)
      values.append(pool.objective.value(of: truth))
      let measured = truth.map { deviation > 0 ? $0 + deviation * noise.normal() : $0 }
      let value = pool.objective.value(of: measured)
      if value < seen.lowest { seen = (value, values[values.count - 1]) }
      method?.update(
        with: [
          pool.observation(
            of: Mixture(domains: pool.domains, proportionalTo: next), losses: measured, seed: seed)
        ])
    }
    return ReplayTrace(
      method: name, seed: seed, tried: nil, values: values, recommended: recommended, moved: moved)
  }
}

import Mixtures
import Numerics

/// Runs at the target and nowhere else, at random or on a grid: what every saving is measured against.
struct TargetSearch: FidelityMethod {
  enum Design: Sendable {
    /// Uniform on the simplex; of a pool, each mixture once.
    case random
    /// The finest lattice that the budget pays for, in random order; of a pool, the mixtures nearest to it
    /// (Euclid), and then the others.
    case grid
  }

  let context: FidelityContext
  private let design: Design
  /// In the order in which they are run; nil where there is no end to them.
  private let mixtures: [Mixture]?

  init(_ design: Design, context: FidelityContext) {
    self.context = context
    self.design = design
    // Of a pool those that can be run at the target.
    let shuffled = context.shuffledCandidates("target search")?.filter {
      context.reaches(context.grid.target, with: $0)
    }
    switch design {
    case .random: mixtures = shuffled
    case .grid:
      var points = Self.lattice(
        parts: context.domains.count, atMost: Int(min(context.budget, 1e6)))
      var generator = SeededGenerator(seed: context.seed, stream: "grid order")
      generator.shuffle(&points)
      let spread = FeasibleSpread(context.feasible)
      var chosen: [Mixture] = []
      for point in points.map({ spread.drawn($0) }) {
        let rest = shuffled?.filter { !chosen.contains($0) }
        if let rest, rest.isEmpty { break }
        let mixture =
          rest.map { Self.nearest(to: point, of: $0) }
          ?? Mixture(domains: context.domains, proportionalTo: point)
        if !chosen.contains(mixture) { chosen.append(mixture) }
      }
      mixtures = chosen + (shuffled ?? []).filter { !chosen.contains($0) }
    }
  }

  private static func nearest(to point: [Double], of mixtures: [Mixture]) -> Mixture {
    let distances = mixtures.map { mixture in
      zip(mixture.weights, point).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
    return mixtures[distances.indices.min { (distances[$0], $0) < (distances[$1], $1) }!]
  }

  /// The points of the simplex whose weights are multiples of 1/m, with the largest m that gives no more
  /// than `limit`; the vertices at least.
  static func lattice(parts: Int, atMost limit: Int) -> [[Double]] {
    // m + k - 1 choose k - 1 of them.
    func count(_ divisions: Int) -> Double {
      (1..<max(parts, 1)).reduce(1) { $0 * Double(divisions + $1) / Double($1) }
    }
    var divisions = 1
    while parts > 1, count(divisions + 1) <= Double(limit) + 0.5 { divisions += 1 }
    var points: [[Double]] = []
    func extend(_ prefix: [Int], left: Int) {
      if prefix.count == parts - 1 {
        points.append((prefix + [left]).map { Double($0) / Double(divisions) })
        return
      }
      for share in 0...left { extend(prefix + [share], left: left - share) }
    }
    extend([], left: divisions)
    return points
  }

  var measuresOnTheWay: Bool { false }

  func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    if let mixtures {
      guard runs.count < mixtures.count else { return nil }
      return .start(mixtures[runs.count], at: context.grid.target)
    }
    var generator = SeededGenerator(seed: context.seed, stream: "target run \(runs.count)")
    return .start(context.uniformMixture(using: &generator), at: context.grid.target)
  }

  func recommendation(runs: [FidelityRun]) -> FidelityRecommendation? {
    context.incumbent(runs).map { FidelityRecommendation(mixture: $0) }
  }
}

import Foundation
import Mixtures
import Numerics

/// What traces say of methods that choose size and length: regret at the target against compute, and how
/// much of it each takes until it hands over what is as good as the best.
package struct FidelitySummary: Sendable, Codable {
  /// Once so much is paid.
  package struct Point: Sendable, Codable {
    package var compute: Double
    /// Of the mixture that would be handed over, over the best: mean over seeds. Before there is one, the
    /// mean over the pool.
    package var regret: Double
    /// 95 % of the mean, by resampling seeds.
    package var low: Double
    package var high: Double
    /// The share of searches that have got there and stay.
    package var arrived: Double
  }

  /// How much compute it takes to get somewhere, in runs of the target.
  package struct Arrival: Sendable, Codable {
    /// Of each seed; nil where the budget was not enough.
    package var seeds: [Double?]
    /// Nil where half of the seeds or more never got there.
    package var median: Double?
    /// 95 % of the median, by resampling seeds; nil beyond the budget.
    package var low: Double?
    package var high: Double?

    package var count: Int { seeds.count { $0 != nil } }
  }

  /// What a model said of what it would hand over, in the course of all searches.
  package struct Beliefs: Sendable, Codable {
    package var count: Int
    /// The share of 95 % intervals that held the objective at the target.
    package var covered: Double
    /// The mean probability of being the best, and the share that was; nil where nothing was said.
    package var probabilityOfBest: Double?
    package var best: Double?

    /// - Returns: nil without any.
    init?(_ beliefs: [FidelityTrace.Belief], best: Double) {
      guard !beliefs.isEmpty else { return nil }
      count = beliefs.count
      let held = beliefs.count {
        Prediction(mean: $0.mean, deviation: $0.deviation).interval.contains($0.value)
      }
      covered = Double(held) / Double(count)
      let told = beliefs.filter { $0.probabilityOfBest != nil }
      guard !told.isEmpty else { return }
      probabilityOfBest = Statistics.mean(told.map { $0.probabilityOfBest! })
      self.best = Double(told.count { $0.value == best }) / Double(told.count)
    }
  }

  package struct Method: Sendable, Codable {
    package var method: String
    package var seeds: Int
    package var curve: [Point]
    /// Until what is handed over is within the tolerance of the best, and stays so to the end.
    package var handedOver: Arrival
    /// Until a mixture within the tolerance was run at the target.
    package var ran: Arrival
    /// Shares of what was paid, at each size, over all seeds.
    package var shares: [Double]
    /// How well what its model said came true; nil without a model.
    package var beliefs: Beliefs?
    /// Means over seeds.
    package var runs: Double
    package var resumed: Double
    package var compute: Double

    /// The last point that is not beyond so much compute.
    package func point(at compute: Double) -> Point? {
      curve.last { $0.compute <= compute * (1 + 1e-9) }
    }
  }

  /// How much more compute one method takes than another, at the median over seeds.
  package struct SpeedUp: Sendable, Codable {
    package enum Goal: String, Sendable, Codable { case handedOver, ran }

    package var method: String
    package var over: String
    package var goal: Goal
    package var ratio: Double
    /// 95 %, by resampling seeds, the same of both.
    package var low: Double
    package var high: Double
    /// The other never got there within the budget: it takes more than the ratio says.
    package var isAtLeast: Bool
  }

  package var configuration: FidelityReplayConfiguration
  package var sizes: [String]
  package var mixtures: Int
  /// Objectives at the target.
  package var best: Double
  package var median: Double
  package var mean: Double
  package var worst: Double
  /// How near the best counts as having found it, nats per token, and where that is from.
  package var tolerance: Double
  package var toleranceSource: String
  /// How many mixtures are so near.
  package var goodMixtures: Int
  /// How far above the best the mixture is that is nearest to equal shares (in the sum of absolute
  /// differences); nil in what older versions have written.
  package var equalShares: Double?
  /// By the compute until they hand over what is as good as the best, then by mean regret.
  package var methods: [Method]
  package var speedUps: [SpeedUp]

  /// Methods that the others are compared with.
  package static let references = ["random", "hyperband", "hyperband-sizes", "mfms"]

  /// - Parameters:
  ///   - tolerance: nats per token; nil for a seed's own noise where the table tells it, and else for a
  ///     twentieth of the range of the middle half of all mixtures.
  ///   - traces: of any number of methods and seeds; in whatever order they came.
  package init(
    configuration: FidelityReplayConfiguration, table: FidelityTable, tolerance: Double? = nil,
    traces: [FidelityTrace]
  ) {
    self.configuration = configuration
    sizes = table.grid.levels.map { $0[0].scale.size }
    mixtures = table.count
    let sorted = table.values.sorted()
    best = sorted[0]
    worst = sorted[sorted.count - 1]
    median = Statistics.quantile(ofSorted: sorted, 0.5)
    mean = Statistics.mean(sorted)
    let middle =
      Statistics.quantile(ofSorted: sorted, 0.75) - Statistics.quantile(ofSorted: sorted, 0.25)
    if let tolerance {
      self.tolerance = tolerance
      toleranceSource = "as asked for"
    } else if let noise = table.noise {
      self.tolerance = noise
      toleranceSource = "one seed's noise, from replicates in the table"
    } else {
      self.tolerance = middle / 20
      toleranceSource = "a twentieth of the range of the middle half of all mixtures"
    }
    let (low, reach) = (best, self.tolerance)
    goodMixtures = sorted.count { $0 - low <= reach }
    let share = 1 / Double(table.domains.count)
    let distances = table.pool.mixtures.prefix(table.count)
      .map { $0.weights.reduce(0) { $0 + abs($1 - share) } }
    equalShares = distances.indices.min { (distances[$0], $0) < (distances[$1], $1) }
      .map { table.values[$0] - low }
    var names: [String] = []
    for trace in traces where !names.contains(trace.method) { names.append(trace.method) }
    let own = names.sorted().map { name in
      traces.filter { $0.method == name }.sorted { $0.seed < $1.seed }
    }
    let context = FidelityArrivals(
      best: best, none: mean, tolerance: self.tolerance, budget: configuration.budget)
    let grid = context.checkpoints(traces)
    methods = own.map { context.method($0, at: grid) }.enumerated().sorted {
      let (a, b) = ($0.element, $1.element)
      let times = (a.handedOver.median ?? .infinity, b.handedOver.median ?? .infinity)
      if times.0 != times.1 { return times.0 < times.1 }
      let regrets = [a, b].map { $0.curve.reduce(0) { $0 + $1.regret } }
      return (regrets[0], $0.offset) < (regrets[1], $1.offset)
    }.map(\.element)
    speedUps = []
    for name in methods.map(\.method) {
      for reference in Self.references where reference != name {
        let pair = [name, reference].map { name in own.first { $0[0].method == name } }
        guard let first = pair[0], let second = pair[1] else { continue }
        for goal in [SpeedUp.Goal.handedOver, .ran] {
          if let found = context.speedUp(of: first, over: second, goal) { speedUps.append(found) }
        }
      }
    }
  }

  package func speedUp(of method: String, over other: String, _ goal: SpeedUp.Goal) -> SpeedUp? {
    speedUps.first { $0.method == method && $0.over == other && $0.goal == goal }
  }

  /// Compute that a table has room for: 1, 2, 5, 10, … below the budget, and the budget.
  package var checkpoints: [Double] {
    let round = (-2...4).flatMap { power in [1.0, 2, 5].map { $0 * pow(10, Double(power)) } }
    let least = methods.compactMap { $0.curve.first?.compute }.min() ?? 0
    return round.filter { $0 >= max(least, 0.1) && $0 < configuration.budget }
      + [configuration.budget]
  }
}

/// Computes arrivals and their intervals.
struct FidelityArrivals {
  let best: Double
  /// The objective that counts where nothing is handed over yet.
  let none: Double
  let tolerance: Double
  let budget: Double

  private static let replicates = 2000

  /// Where curves are drawn: even in the logarithm, from the cheapest first result to the budget.
  func checkpoints(_ traces: [FidelityTrace]) -> [Double] {
    let first = traces.compactMap { $0.points.first?.compute }.min() ?? budget
    let start = min(max(first, budget * 1e-4), budget)
    return (0...80).map { i in
      i == 80 ? budget : start * pow(budget / start, Double(i) / 80)
    }
  }

  /// The compute at which a search got there for good.
  func arrival(_ trace: FidelityTrace, _ goal: FidelitySummary.SpeedUp.Goal) -> Double? {
    func isThere(_ point: FidelityTrace.Point) -> Bool {
      let value = goal == .handedOver ? point.handedOver : point.ran
      return value.map { $0 - best <= tolerance + 1e-12 } ?? false
    }
    var found: Double?
    for point in trace.points {
      if !isThere(point) { found = nil } else if found == nil { found = point.compute }
    }
    return found
  }

  func method(_ traces: [FidelityTrace], at grid: [Double]) -> FidelitySummary.Method {
    let handedOver = traces.map { arrival($0, .handedOver) }
    let draws = Self.draws(traces.count, 1000)
    let stretch = traces.count > 1 ? Bootstrap.stretch(count: traces.count) : 1
    var places = traces.map { _ in 0 }
    let curve = grid.map { compute -> FidelitySummary.Point in
      let regrets = traces.indices.map { index -> Double in
        let points = traces[index].points
        while places[index] < points.count,
          points[places[index]].compute <= compute * (1 + 1e-9)
        {
          places[index] += 1
        }
        let value = places[index] > 0 ? points[places[index] - 1].handedOver : nil
        return (value ?? none) - best
      }
      let mean = Statistics.mean(regrets)
      let interval = Bootstrap.interval(
        of: draws.map { draw in
          mean + stretch * (draw.reduce(0) { $0 + regrets[$1] } / Double(draw.count) - mean)
        })!
      let arrived = handedOver.count { $0.map { $0 <= compute * (1 + 1e-9) } ?? false }
      return .init(
        compute: compute, regret: mean, low: max(interval.lowerBound, 0),
        high: interval.upperBound, arrived: Double(arrived) / Double(traces.count))
    }
    let total = traces.reduce(0) { $0 + $1.compute }
    func mean(_ count: (FidelityTrace) -> Double) -> Double { Statistics.mean(traces.map(count)) }
    return FidelitySummary.Method(
      method: traces[0].method, seeds: traces.count, curve: curve,
      handedOver: summary(handedOver), ran: summary(traces.map { arrival($0, .ran) }),
      shares: traces[0].spend.indices.map { level in
        traces.reduce(0) { $0 + ($1.spend.indices.contains(level) ? $1.spend[level] : 0) }
          / max(total, 1e-300)
      }, beliefs: .init(traces.flatMap { $0.beliefs ?? [] }, best: best),
      runs: mean { Double($0.runs) }, resumed: mean { Double($0.resumed) },
      compute: mean(\.compute))
  }

  private func summary(_ seeds: [Double?]) -> FidelitySummary.Arrival {
    let values = seeds.map { $0 ?? .infinity }
    let medians = Self.draws(seeds.count, Self.replicates).map { draw in
      Self.median(draw.map { values[$0] })
    }.sorted()
    func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
    return .init(
      seeds: seeds, median: finite(Self.median(values)),
      low: finite(Self.order(medians, 0.025)), high: finite(Self.order(medians, 0.975)))
  }

  /// - Returns: nil where the method never gets there at the median, or they share no seed.
  func speedUp(
    of traces: [FidelityTrace], over others: [FidelityTrace],
    _ goal: FidelitySummary.SpeedUp.Goal
  ) -> FidelitySummary.SpeedUp? {
    let pairs = traces.compactMap { trace in
      others.first { $0.seed == trace.seed }.map { other in
        (arrival(trace, goal) ?? .infinity, arrival(other, goal) ?? .infinity)
      }
    }
    guard !pairs.isEmpty else { return nil }
    /// A reference that never gets there takes the budget at least.
    func ratio(_ draw: [Int]) -> Double {
      let own = Self.median(draw.map { pairs[$0].0 })
      let other = Self.median(draw.map { pairs[$0].1 })
      return min(other, budget) / own
    }
    let all = Array(pairs.indices)
    let found = ratio(all)
    guard found > 0 else { return nil }
    let ratios = Self.draws(pairs.count, Self.replicates).map(ratio).sorted()
    return .init(
      method: traces[0].method, over: others[0].method, goal: goal, ratio: found,
      low: Self.order(ratios, 0.025), high: Self.order(ratios, 0.975),
      isAtLeast: Self.median(pairs.map(\.1)).isInfinite)
  }

  /// The same draws everywhere, so that differences have no noise of their own.
  private static func draws(_ count: Int, _ replicates: Int) -> [[Int]] {
    var generator = SeededGenerator(seed: 1, stream: "replay intervals")
    return (0..<replicates).map { _ in (0..<count).map { _ in generator.integer(below: count) } }
  }

  /// Infinite where one of the middle ones is.
  static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    return 0.5 * (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2])
  }

  /// An order statistic, as there may be infinite ones that nothing lies between.
  private static func order(_ sorted: [Double], _ probability: Double) -> Double {
    sorted[Int((Double(sorted.count - 1) * probability).rounded())]
  }
}

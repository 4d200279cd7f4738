import Numerics

/// What traces say of the methods: regrets with intervals over seeds, and how soon the best is found.
package struct ReplaySummary: Sendable, Codable {
  /// After so many runs.
  package struct Point: Sendable, Codable {
    package var runs: Int
    /// Of the mixture that would be handed over, over the best there is: mean over seeds.
    package var regret: Double
    /// 95 % of the mean, by resampling seeds.
    package var low: Double
    package var high: Double
    /// Of the best run seen so far, whose noise nobody could know: mean over seeds.
    package var simpleRegret: Double
  }

  package struct Method: Sendable, Codable {
    package var method: String
    package var seeds: Int
    /// After `initial` runs and each one more.
    package var curve: [Point]
    /// For each seed the run at which the best was tried; nil where it never was.
    package var runsToBest: [Int?]
    /// Nil where half of the seeds or more never found it.
    package var medianRunsToBest: Double?
    /// By which all seeds had found it; nil where one never did.
    package var allFoundBy: Int?
    /// The mean of the curve: what ranks methods that end alike.
    package var meanRegret: Double
    /// The regret after the last run, of each seed in order; nil in what older versions have written.
    package var ends: [Double]?
    /// How often a method wanted what it could not have, over all seeds.
    package var moved: Int

    package func point(after runs: Int) -> Point? { curve.first { $0.runs == runs } }
  }

  package var configuration: ReplayConfiguration
  /// Mixtures in the pool, or in the table that the landscape was fitted to.
  package var mixtures: Int
  /// The best objective that there is.
  package var best: Double
  /// Of the mixtures' objectives.
  package var worst: Double
  package var median: Double
  /// How near the best a run must come to count as having found it.
  package var tolerance: Double
  /// By the regret after the last run, the lowest first.
  package var methods: [Method]

  /// - Parameters:
  ///   - values: the objective of the table's mixtures.
  ///   - best: the lowest objective there is.
  ///   - traces: of any number of methods and seeds; in whatever order they came.
  package init(
    configuration: ReplayConfiguration, values: [Double], best: Double, tolerance: Double = 0,
    traces: [ReplayTrace]
  ) {
    self.configuration = configuration
    mixtures = values.count
    self.tolerance = tolerance
    let sorted = values.sorted()
    median = Statistics.quantile(ofSorted: sorted, 0.5)
    worst = sorted.last!
    // Nothing that a method came upon may be better than the best.
    let lowest = traces.flatMap { $0.values + $0.recommended }.reduce(best) { min($0, $1) }
    self.best = lowest
    var names: [String] = []
    for trace in traces where !names.contains(trace.method) { names.append(trace.method) }
    let unordered = names.sorted().map { name in
      Method(
        name, traces.filter { $0.method == name }.sorted { $0.seed < $1.seed },
        best: lowest, tolerance: tolerance, configuration: configuration)
    }
    // Where they end counts first: it is what the words below the table tell.
    func end(_ method: Method) -> Double { method.curve.last?.regret ?? .infinity }
    methods = unordered.enumerated().sorted { a, b in
      let (x, y) = (end(a.element), end(b.element))
      if x != y { return x < y }
      return (a.element.meanRegret, a.offset) < (b.element.meanRegret, b.offset)
    }.map(\.element)
  }

  /// Run counts that a table has room for: the first, halves and doubles of powers of two, the last.
  package var checkpoints: [Int] {
    let (first, last) = (configuration.initial, configuration.budget)
    let rungs = [8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024]
    return [first] + rungs.filter { $0 > first && $0 < last } + (last > first ? [last] : [])
  }
}

extension ReplaySummary.Method {
  fileprivate init(
    _ name: String, _ traces: [ReplayTrace], best: Double, tolerance: Double,
    configuration: ReplayConfiguration
  ) {
    method = name
    seeds = traces.count
    moved = traces.reduce(0) { $0 + $1.moved }
    runsToBest = traces.map { trace in
      trace.values.firstIndex { $0 - best <= tolerance }.map { $0 + 1 }
    }
    let runs = runsToBest.map { $0.map(Double.init) ?? .infinity }.sorted()
    let median = 0.5 * (runs[(runs.count - 1) / 2] + runs[runs.count / 2])
    medianRunsToBest = median.isFinite ? median : nil
    allFoundBy = runs.last!.isFinite ? Int(runs.last!) : nil
    // The same draws of seeds at every point, so that the band has no noise of its own.
    var generator = SeededGenerator(seed: 1, stream: "replay intervals")
    let draws = (0..<1000).map { _ in
      traces.indices.map { _ in generator.integer(below: traces.count) }
    }
    let stretch = traces.count > 1 ? Bootstrap.stretch(count: traces.count) : 1
    curve = (configuration.initial...configuration.budget).map { runs in
      let regrets = traces.map { $0.recommended[runs - configuration.initial] - best }
      let simple = traces.map { $0.values.prefix(runs).min()! - best }
      let mean = Statistics.mean(regrets)
      let interval = Bootstrap.interval(
        of: draws.map { draw in
          mean + stretch * (draw.reduce(0) { $0 + regrets[$1] } / Double(draw.count) - mean)
        })!
      return ReplaySummary.Point(
        runs: runs, regret: mean, low: max(interval.lowerBound, 0), high: interval.upperBound,
        simpleRegret: Statistics.mean(simple))
    }
    meanRegret = Statistics.mean(curve.map(\.regret))
    ends = traces.compactMap { trace in trace.recommended.last.map { $0 - best } }
  }
}

import MixtureMethods
import Mixtures
import Numerics

/// How well a method's model predicts runs that it has not seen: some runs of a table to learn from, the
/// others to be told.
package struct PredictionCheck: Sendable {
  /// One split, a line of `predictions.jsonl`.
  package struct Split: Sendable, Hashable, Codable {
    package var method: String
    package var split: UInt64
    package var trained: Int
    package var tested: Int
    /// Root mean square error over the standard deviation of what was to be told.
    package var relativeError: Double
    package var spearman: Double?
    /// How many 95 % intervals held the value; nil of a model without intervals.
    package var covered: Int?
    /// The same for runs learned from, each told from the others.
    package var leaveOneOutSpearman: Double?
    package var leaveOneOutCovered: Int?
  }

  package let pool: RunPool
  package let trainingRuns: Int

  /// - Precondition: runs to learn from, and some to tell.
  package init(pool: RunPool, trainingRuns: Int) {
    precondition(trainingRuns >= 4 && trainingRuns < pool.count)
    self.pool = pool
    self.trainingRuns = trainingRuns
  }

  /// - Returns: nil for a method without a model.
  package func split(_ number: UInt64, method name: String) throws -> Split? {
    guard name != PoolReplay.random else { return nil }
    var order = Array(0..<pool.count)
    var generator = SeededGenerator(seed: number, stream: "prediction split")
    generator.shuffle(&order)
    let (train, test) = (order.prefix(trainingRuns), order.dropFirst(trainingRuns))
    var method = try makeMethod(
      named: name,
      context: MethodContext(
        domains: pool.domains, availableTokens: pool.domains.map { _ in 1 },
        objective: pool.objective, seed: number, initialTrials: 0))
    method.update(
      with: train.map {
        pool.observation(of: pool.mixtures[$0], losses: pool.losses[$0], seed: number)
      })
    guard
      let predictions = method.predictions(at: test.map { pool.mixtures[$0] }, ofRuns: true)
    else { return nil }
    let truths = test.map { pool.values[$0] }
    let square = zip(predictions, truths).reduce(0.0) {
      $0 + ($1.0.mean - $1.1) * ($1.0.mean - $1.1)
    }
    let center = Statistics.mean(truths)
    let spread = truths.reduce(0.0) { $0 + ($1 - center) * ($1 - center) }
    let left = method.leaveOneOut()
    return Split(
      method: name, split: number, trained: train.count, tested: test.count,
      relativeError: (square / max(spread, 1e-300)).squareRoot(),
      spearman: RankCorrelation.spearman(predictions.map(\.mean), truths),
      covered: Self.covered(predictions, truths),
      leaveOneOutSpearman: left.flatMap {
        RankCorrelation.spearman($0.map(\.predicted.mean), $0.map(\.observed))
      },
      leaveOneOutCovered: left.flatMap { Self.covered($0.map(\.predicted), $0.map(\.observed)) })
  }

  private static func covered(_ predictions: [Prediction], _ truths: [Double]) -> Int? {
    // Laws give no deviations.
    guard predictions.allSatisfy({ $0.deviation.isFinite && $0.deviation > 0 }) else { return nil }
    return zip(predictions, truths).count { $0.interval.contains($1) }
  }
}

/// What the splits say of each method.
package struct PredictionQuality: Sendable, Codable {
  package var method: String
  package var splits: Int
  package var trained: Int
  package var tested: Int
  /// Means over splits.
  package var relativeError: Double
  package var spearman: Double?
  /// Shares of all intervals.
  package var coverage: Double?
  package var leaveOneOutSpearman: Double?
  package var leaveOneOutCoverage: Double?

  /// By relative error, the lowest first.
  package static func summaries(of splits: [PredictionCheck.Split]) -> [PredictionQuality] {
    var names: [String] = []
    for split in splits where !names.contains(split.method) { names.append(split.method) }
    return names.sorted().map { name in
      let own = splits.filter { $0.method == name }.sorted { $0.split < $1.split }
      func mean(_ values: [Double?]) -> Double? {
        let known = values.compactMap { $0 }
        return known.count == values.count ? Statistics.mean(known) : nil
      }
      func share(_ counts: [Int?], of totals: [Int]) -> Double? {
        let known = counts.compactMap { $0 }
        return known.count == counts.count
          ? Double(known.reduce(0, +)) / Double(totals.reduce(0, +)) : nil
      }
      return PredictionQuality(
        method: name, splits: own.count, trained: own[0].trained, tested: own[0].tested,
        relativeError: Statistics.mean(own.map(\.relativeError)),
        spearman: mean(own.map(\.spearman)),
        coverage: share(own.map(\.covered), of: own.map(\.tested)),
        leaveOneOutSpearman: mean(own.map(\.leaveOneOutSpearman)),
        leaveOneOutCoverage: share(own.map(\.leaveOneOutCovered), of: own.map(\.trained)))
    }.enumerated().sorted {
      ($0.element.relativeError, $0.offset) < ($1.element.relativeError, $1.offset)
    }.map(\.element)
  }
}

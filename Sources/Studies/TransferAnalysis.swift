import Mixtures
import Numerics
import Runs

/// The losses of a transfer check, compared at each scale and between scales.
struct TransferAnalysis {
  let scales: [Scale]
  let names: [String]
  /// By scale and candidate.
  let losses: [[[SeededLoss]]]
  let diverged: [[Int]]
  /// Trials that have ended, of how many.
  let ended: (count: Int, of: Int)
  /// By scale, then as `pairs`.
  private(set) var comparisons: [[Comparison]] = []

  /// Two candidates at one scale.
  struct Comparison {
    /// The first's loss minus the second's, paired by seed; nil without a common seed.
    var difference: Estimate?
    /// By the paired t test with Holm's correction over all pairs at the scale; one where a test is
    /// not possible.
    var pValue: Double

    var isSignificant: Bool { pValue < 0.05 }
  }

  private struct Place: Hashable {
    var mixture: Mixture
    var scale: Scale
    var seed: UInt64
  }

  init(_ record: TransferRecord) {
    let configuration = record.configuration
    scales = configuration.scalesBySize
    names = configuration.candidates.map(\.name)
    var trials: [Place: RunRecord] = [:]
    for trial in record.trials {
      trials[
        Place(
          mixture: trial.request.mixture, scale: trial.request.scale, seed: trial.request.seed)] =
        trial
    }

    var losses: [[[SeededLoss]]] = []
    var diverged: [[Int]] = []
    var ended = 0
    for scale in scales {
      var lossesHere: [[SeededLoss]] = []
      var divergedHere: [Int] = []
      for candidate in configuration.candidates {
        let found = configuration.seeds.compactMap {
          trials[Place(mixture: candidate.mixture, scale: scale, seed: $0)]
        }
        lossesHere.append(
          found.compactMap { trial in
            trial.observation.flatMap(configuration.objective.value(of:)).map {
              SeededLoss(seed: trial.request.seed, loss: $0)
            }
          })
        let outcomes = found.compactMap(\.outcome)
        divergedHere.append(outcomes.count(where: \.hasDiverged))
        ended += outcomes.count
      }
      losses.append(lossesHere)
      diverged.append(divergedHere)
    }
    self.losses = losses
    self.diverged = diverged
    self.ended = (ended, scales.count * names.count * configuration.seeds.count)
    comparisons = scales.indices.map(compare)
  }

  /// Every two candidates, the earlier first.
  var pairs: [(first: Int, second: Int)] {
    names.indices.flatMap { a in names.indices.dropFirst(a + 1).map { (a, $0) } }
  }

  private func compare(at scale: Int) -> [Comparison] {
    let differences = pairs.map {
      pairedDifferences(losses[scale][$0.first], losses[scale][$0.second])
    }
    let pValues = MultipleComparisons.holm(differences.map { TTest.paired($0)?.pValue ?? 1 })
    return zip(differences, pValues).map {
      Comparison(difference: Estimate(of: $0), pValue: $1)
    }
  }

  /// `a` against `b` at a scale, whichever comes first.
  func comparison(of a: Int, with b: Int, at scale: Int) -> Comparison {
    let place = pairs.firstIndex { $0 == (min(a, b), max(a, b)) }!
    var comparison = comparisons[scale][place]
    if a > b { comparison.difference = comparison.difference.map(\.negated) }
    return comparison
  }

  func estimate(of candidate: Int, at scale: Int) -> Estimate? {
    Estimate(of: losses[scale][candidate].map(\.loss))
  }

  // MARK: - Swaps

  var swaps: [TransferResult.Swap] {
    var swaps: [TransferResult.Swap] = []
    for (place, pair) in pairs.enumerated() {
      for from in scales.indices {
        for to in scales.indices.dropFirst(from + 1) {
          let a = comparisons[from][place]
          let b = comparisons[to][place]
          guard let before = a.difference, let after = b.difference,
            before.mean * after.mean < 0
          else { continue }
          swaps.append(
            TransferResult.Swap(
              first: names[pair.first], second: names[pair.second], from: from, to: to,
              differences: (before, after), isSignificant: a.isSignificant && b.isSignificant))
        }
      }
    }
    return swaps
  }

  // MARK: - Rank correlation

  var correlations: [TransferResult.RankCorrelation] {
    scales.indices.flatMap { from in
      scales.indices.dropFirst(from + 1).compactMap { correlation(from: from, to: $0) }
    }
  }

  /// Nil for fewer than two candidates that have finished at both scales.
  private func correlation(from: Int, to: Int) -> TransferResult.RankCorrelation? {
    let shared = names.indices.filter { !losses[from][$0].isEmpty && !losses[to][$0].isEmpty }
    guard let before = SeedTable(shared.map { losses[from][$0] }),
      let after = SeedTable(shared.map { losses[to][$0] }),
      let spearman = RankCorrelation.spearman(before.means, after.means),
      let kendall = RankCorrelation.kendall(before.means, after.means)
    else { return nil }
    var result = TransferResult.RankCorrelation(
      from: from, to: to, spearman: spearman, spearmanInterval: -1...1, kendall: kendall,
      kendallInterval: -1...1)
    guard before.seeds > 1, after.seeds > 1 else { return result }
    var generator = SeededGenerator(seed: 0, stream: "transfer \(from) \(to)")
    var spearmans: [Double] = []
    var kendalls: [Double] = []
    for _ in 0..<2000 {
      let a = before.resampledMeans(using: &generator)
      let b = after.resampledMeans(using: &generator)
      if let value = RankCorrelation.spearman(a, b) { spearmans.append(value) }
      if let value = RankCorrelation.kendall(a, b) { kendalls.append(value) }
    }
    result.spearmanInterval = Bootstrap.interval(of: spearmans) ?? -1...1
    result.kendallInterval = Bootstrap.interval(of: kendalls) ?? -1...1
    return result
  }

  /// The losses of several candidates at one scale, for the seeds that all of them have.
  private struct SeedTable {
    /// By candidate and seed.
    let rows: [[Double]]
    let means: [Double]
    private let stretch: Double

    var seeds: Int { rows[0].count }

    init?(_ losses: [[SeededLoss]]) {
      guard let first = losses.first else { return nil }
      let seeds = first.map(\.seed).filter { seed in
        losses.allSatisfy { $0.contains { $0.seed == seed } }
      }
      guard !seeds.isEmpty else { return nil }
      rows = losses.map { row in seeds.map { seed in row.first { $0.seed == seed }!.loss } }
      means = rows.map(Statistics.mean)
      stretch = seeds.count > 1 ? Bootstrap.stretch(count: seeds.count) : 1
    }

    /// Draws seeds, the same for all candidates since a seed's noise is common to them.
    func resampledMeans(using generator: inout SeededGenerator) -> [Double] {
      let drawn = (0..<seeds).map { _ in generator.integer(below: seeds) }
      return zip(rows, means).map { row, mean in
        let resampled = drawn.reduce(0) { $0 + row[$1] } / Double(seeds)
        return mean + stretch * (resampled - mean)
      }
    }
  }
}

extension Estimate {
  /// Of the opposite difference.
  var negated: Estimate {
    Estimate(
      mean: -mean, standardError: standardError, count: count,
      interval: interval.map { -$0.upperBound ... -$0.lowerBound })
  }
}

extension TransferResult {
  package init(of record: TransferRecord) {
    let analysis = TransferAnalysis(record)
    let correlations = analysis.correlations
    let swaps = analysis.swaps
    self.init(
      scales: analysis.scales,
      candidates: record.configuration.candidates.enumerated().map { index, candidate in
        Candidate(
          name: candidate.name, mixture: candidate.mixture,
          losses: analysis.scales.indices.map { analysis.estimate(of: index, at: $0) },
          diverged: analysis.scales.indices.map { analysis.diverged[$0][index] })
      },
      correlations: correlations, swaps: swaps,
      verdict: TransferVerdict(analysis, correlations: correlations, swaps: swaps).text)
  }
}

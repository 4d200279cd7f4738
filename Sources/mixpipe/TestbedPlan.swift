import Corpora
import Foundation
import Mixtures
import ProxyModels
import RunTables

/// The runs of a table over mixtures, model sizes and budgets, in an order that is balanced over the
/// sizes at any time.
struct TestbedPlan: Sendable {
  /// What is asked of one size.
  struct Level {
    var size: ModelSize
    /// The first of the mixtures.
    var mixtures: Int
    /// Of the longest run.
    var tokens: Int
  }

  struct Run: Sendable {
    var name: String
    var mixture: Mixture
    var configuration: TrainingConfiguration
    /// Steps of each rung.
    var rungs: [Int]
    /// All that its evaluations go over at each rung.
    var heldOutTokens: Int

    /// Training and evaluation, by the usual count.
    var operations: Double {
      let costs = configuration.costs(ofRungs: rungs, heldOutTokens: heldOutTokens)
      return (costs.last?.trunk ?? 0) + costs.reduce(0) { $0 + $1.branch }
    }
  }

  /// In the order of work.
  private(set) var runs: [Run] = []
  private let sizes: [String]
  private let evaluator: ProxyEvaluator

  /// - Parameters:
  ///   - seeds: of the first `replicated` mixtures of each size; the others get the first.
  ///   - rungs: shares of the longest run.
  init(
    levels: [Level], seeds: [UInt64], replicated: Int, rungs: [Double], evaluator: ProxyEvaluator
  ) {
    self.evaluator = evaluator
    sizes = levels.map(\.size.name)
    let corpus = evaluator.corpus
    let domains = corpus.trainingDomains
    let mixtures = MixtureSpread.mixtures(
      levels.map(\.mixtures).max() ?? 0, over: domains.map(\.name),
      availableTokens: domains.map { $0.training?.count ?? 0 }, seed: 1)
    // A size's n-th run of m stands at (n + ½)/m: whatever has finished, has at every size.
    var placed: [(place: Double, level: Int, run: Run)] = []
    for (index, level) in levels.enumerated() {
      for (ordinal, seed) in seeds.enumerated() {
        let count = ordinal == 0 ? level.mixtures : min(replicated, level.mixtures)
        for place in 0..<count {
          let configuration = evaluator.configuration(
            of: level.size, tokens: level.tokens, seed: seed)
          let length = level.size.contextLength
          let windows = (configuration.heldOutTokens + length - 1) / length
          placed.append(
            (
              (Double(place) + 0.5) / Double(count), index,
              Run(
                name: "\(level.size.name)-\(place + 1)-\(seed)", mixture: mixtures[place],
                configuration: configuration,
                rungs: Self.steps(of: rungs, in: configuration.steps),
                heldOutTokens: corpus.domains.count * windows * length)
            ))
        }
      }
    }
    // Of runs that stand together the longer first, so that the cores end together.
    runs = placed.enumerated().sorted {
      ($0.element.place, -$0.element.level, $0.offset)
        < ($1.element.place, -$1.element.level, $1.offset)
    }.map(\.element.run)
  }

  /// Different numbers of steps, so that a run too short for all rungs has fewer.
  private static func steps(of rungs: [Double], in steps: Int) -> [Int] {
    var result: [Int] = []
    for share in rungs {
      let rung = max(Int((share * Double(steps)).rounded()), 1)
      if rung > result.last ?? 0 { result.append(rung) }
    }
    return result
  }

  /// A run that ended, as the journal keeps it.
  func record(_ run: Run, rungs: [RungResult], seconds: Double) -> TestbedRun {
    let configuration = run.configuration
    return TestbedRun(
      run: run.name, size: configuration.size.name,
      parameters: configuration.size.parameterCount(
        vocabularySize: configuration.vocabularySize),
      seed: configuration.seed, mixture: run.mixture, corpusDigest: evaluator.corpus.digest,
      trainer: evaluator.settings(of: configuration.size).described, rungs: rungs, seconds: seconds)
  }

  /// The last of the runs kept that is the one asked for; nil where there is none.
  func answer(to run: Run, in kept: [TestbedRun]) -> TestbedRun? {
    let asked = record(run, rungs: [], seconds: 0)
    return kept.last {
      $0.run == asked.run && $0.size == asked.size && $0.parameters == asked.parameters
        && $0.seed == asked.seed && $0.mixture == asked.mixture
        && $0.corpusDigest == asked.corpusDigest && $0.trainer == asked.trainer
        && $0.rungs.map(\.steps) == run.rungs
    }
  }

  /// Those of the runs kept that are asked for, by size.
  func answers(in kept: [TestbedRun]) -> [TestbedRun] {
    let found = runs.compactMap { answer(to: $0, in: kept) }
    return sizes.flatMap { size in found.filter { $0.size == size } }
  }

  /// The table of the runs kept that are asked for.
  func table(of kept: [TestbedRun]) -> String {
    TestbedRun.table(
      of: answers(in: kept), domains: evaluator.corpus.trainingDomains.map(\.name),
      heldOut: evaluator.corpus.domains.map(\.name))
  }
}

/// A finished run of a testbed: a line of its journal.
struct TestbedRun: Codable, Sendable {
  var run: String
  var size: String
  var parameters: Int
  var seed: UInt64
  var mixture: Mixture
  var corpusDigest: String
  /// What the result depends on besides.
  var trainer: [String: String]
  var rungs: [RungResult]
  var seconds: Double

  /// The table of runs, a row for each rung, as `mixpipe replay` reads it.
  static func table(of runs: [TestbedRun], domains: [String], heldOut: [String]) -> String {
    let headings =
      ["run", "size", "parameters", "step", "tokens", "seed", "operations"]
      + domains.map { "w_\($0)" } + heldOut.map { "loss_\($0)" }
    var lines = [TableLayout.line(headings)]
    for run in runs {
      let weights = TableLayout.written(run.mixture.weights)
      for rung in run.rungs {
        let losses: [String] =
          switch rung.outcome {
          case .finished(let losses):
            heldOut.map { name in
              losses.first { $0.domain == name }.map { fixed($0.loss, 5) } ?? ""
            }
          case .diverged: heldOut.map { _ in "nan" }
          }
        lines.append(
          TableLayout.line(
            [
              run.run, run.size, "\(run.parameters)", "\(rung.steps)", "\(rung.tokens)",
              "\(run.seed)", String(format: "%.0f", rung.operations),
            ] + weights + losses))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

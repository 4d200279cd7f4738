import Mixtures
import Numerics
import Runs

/// A testbed as its journal tells it: many mixtures at several sizes, measured at rungs.
package struct TestbedRecord: Sendable {
  package struct Run: Sendable, Hashable {
    /// Size, place among the mixtures from 1, seed: `50k-3-1`.
    package var name: String
    package var key: RunKey
    /// Tokens of its rungs.
    package var rungs: [Int]
    /// What was measured, from short to long; nil while it is under way.
    package var outcomes: [RungOutcome]?

    package init(name: String, key: RunKey, rungs: [Int], outcomes: [RungOutcome]?) {
      self.name = name
      self.key = key
      self.rungs = rungs
      self.outcomes = outcomes
    }

    /// The mean over the training domains, nats per token; nil where the run diverged or did not get there.
    package func mean(at tokens: Int) -> Double? {
      outcomes?.first { $0.tokens == tokens }?.outcome.losses(of: key.mixture.domains)
        .map { Statistics.mean($0) }
    }
  }

  package var folder: String
  /// In the order in which they were asked for.
  package var runs: [Run]

  package init(folder: String, runs: [Run]) {
    self.folder = folder
    self.runs = runs
  }

  /// Reads a folder's journal; a testbed at work is read as far as it has come.
  package static func read(folder: String) throws -> TestbedRecord {
    TestbedRecord(folder: folder, of: try RunGrid.ledger(of: folder))
  }

  package init(folder: String, of ledger: RunLedger) {
    self.init(
      folder: folder,
      runs: ledger.records(of: RunGrid.testbed).map { record in
        Run(
          name: record.claim(of: RunGrid.testbed)!.name, key: record.request.key,
          rungs: record.request.measures, outcomes: record.outcomes)
      })
  }

  /// How far mixtures and seeds move the mean over the training domains at a size and a rung.
  package struct Spread: Sendable, Hashable {
    package var size: String
    package var parameters: Int
    package var tokens: Int
    package var runs: Int
    package var diverged: Int
    /// Nats per token; nil where there are too few runs to tell.
    package var lowest: Double?
    package var mixtures: Double?
    package var seeds: Double?
  }

  /// By size and rung, from small to large.
  package var spreads: [Spread] {
    var sizes: [RunConditions] = []
    for run in runs where !sizes.contains(run.key.conditions) { sizes.append(run.key.conditions) }
    return sizes.sorted { $0.parameters < $1.parameters }.flatMap { size in
      let ended = runs.filter { $0.key.conditions == size && $0.outcomes != nil }
      return Set(ended.flatMap(\.rungs)).sorted().map { tokens in spread(of: ended, size, tokens) }
    }
  }

  private func spread(of runs: [Run], _ size: RunConditions, _ tokens: Int) -> Spread {
    let asked = runs.filter { $0.rungs.contains(tokens) }
    let means = asked.compactMap { run in run.mean(at: tokens).map { (run.key, $0) } }
    // The first seed is the one that every mixture has.
    let seed = asked.first?.key.seed
    let first = means.filter { $0.0.seed == seed }
    let groups = first.map { own in
      means.filter { $0.0.mixture == own.0.mixture }.map(\.1)
    }
    return Spread(
      size: size.size, parameters: size.parameters, tokens: tokens, runs: asked.count,
      diverged: asked.count - means.count, lowest: means.map(\.1).min(),
      mixtures: Statistics.variance(first.map(\.1))?.squareRoot(),
      seeds: Statistics.pooledVariance(groups)?.variance.squareRoot())
  }
}

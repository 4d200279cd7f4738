import Foundation
import MixtureMethods
import Mixtures
import Numerics
import RunTables
import TableSearches
import Testing

@Suite("A row that diverged or was lost") struct ARowThatDivergedOrWasLost {
  private func advice(_ table: RunTable) throws -> TableAdvice {
    try TableAdvice(table: table, settings: .init(objective: .mean(of: table.targets)))
  }

  private func value(_ table: RunTable) throws -> Double {
    let best = try #require(try advice(table).recommendations(1).first)
    return Fixture.losses(best.mixture.weights).reduce(0, +) / 3
  }

  /// Whichever row of a dozen it is, the best ones too.
  @Test("moves the recommendation no more than leaving it out does", arguments: [UInt64(1), 2, 3])
  func movesTheRecommendationNoMoreThanLeavingItOutDoes(seed: UInt64) throws {
    let table = try Fixture.table(count: 12, seed: seed, noise: 0.005)
    for index in table.rows.indices {
      var without = table
      without.rows.remove(at: index)
      let expected = try value(without)
      for status in [RunTable.Status.diverged, .lost] {
        var damaged = table
        damaged.rows[index].status = status
        damaged.rows[index].losses = [nil, nil, nil]
        let found = try value(damaged)
        // Lost runs tell nothing at all; a divergence may tell a little.
        if status == .lost {
          #expect(found == expected, "row \(index)")
        } else {
          #expect(found - expected < 0.015, "row \(index): \(found) \(expected)")
        }
      }
    }
  }

  @Test("counts as a run, but not as one that is known") func countsAsARunButNotAsOneThatIsKnown()
    throws
  {
    var table = try Fixture.table(count: 12)
    table.rows[0].status = .lost
    table.rows[1].status = .cancelled
    table.rows[2].status = .diverged
    for index in 0..<3 { table.rows[index].losses = [nil, nil, nil] }
    let advice = try advice(table)
    #expect(advice.finished == 9 && advice.diverged == 1 && advice.lost == 2)
    #expect(advice.pending.isEmpty)
  }

  /// Where all of a region diverges, it is given up.
  @Test("is believed where others beside it diverged too")
  func isBelievedWhereOthersBesideItDivergedToo() throws {
    var table = try Fixture.table(count: 12, noise: 0.002)
    let bad = try advice(table).recommendations(1)[0].mixture.weights
    for offset in 0..<8 {
      let shift = 0.01 * Double(offset - 4)
      let weights = [bad[0] + shift, bad[1] - shift, bad[2]].map { max($0, 0) }
      table.rows.append(
        RunTable.Row(
          path: "t", line: 0, run: 100 + offset,
          mixture: Mixture(domains: Fixture.domains, proportionalTo: weights), status: .diverged,
          losses: [nil, nil, nil]))
    }
    let advice = try advice(table)
    #expect(totalVariation(advice.proposals(1)[0].mixture.weights, bad) > 0.05)
    #expect(totalVariation(advice.recommendations(1)[0].mixture.weights, bad) > 0.05)
  }
}

/// Accuracies of 19 sources' models, a fifth of whose runs were lost.
@Suite("Accuracies over nineteen sources") struct AccuraciesOverNineteenSources {
  private static let sources = (0..<19).map { "source\($0)" }
  private static let tasks = ["arc", "hellaswag", "piqa", "sciq"]

  /// Each task is helped by a few sources, and hurt where a source has too little.
  private static func accuracies(_ w: [Double], seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed, stream: "accuracies")
    return tasks.indices.map { _ in
      let help = w.map { _ in pow(generator.uniform(), 4) }
      let useful = zip(help, w).reduce(0) { $0 + $1.0 * $1.1.squareRoot() }
      return 0.25 + 0.6 / (1 + exp(-(2.2 * useful - 1.2)))
    }
  }

  @Test("are recommended better than the best row tried, and nowhere near the worst")
  func areRecommendedBetterThanTheBestRowTriedAndNowhereNearTheWorst() throws {
    var gains: [Double] = []
    for seed in UInt64(1)...6 {
      var generator = SeededGenerator(seed: seed, stream: "rows")
      let headings =
        ["run", "state"] + Self.sources.map { "weight_\($0)" } + Self.tasks.map { "acc_\($0)" }
      var lines = [headings.joined(separator: ",")]
      var truths: [Double] = []
      for row in 0..<40 {
        let w = Simplex.dirichlet(parts: 19, concentration: 0.7, using: &generator)
        let rounded = TableLayout.rounded(Mixture(domains: Self.sources, proportionalTo: w))
        let truth = Self.accuracies(rounded.weights, seed: seed)
        let isLost = generator.uniform() < 0.2
        let noisy = truth.map { $0 + 0.004 * generator.normal() }
        if !isLost { truths.append(Statistics.mean(truth)) }
        lines.append(
          (["\(row)", isLost ? "crashed" : "finished"] + TableLayout.written(rounded.weights)
            + noisy.map { isLost ? "" : "\($0)" }).joined(separator: ","))
      }
      let text = lines.joined(separator: "\n") + "\n"
      let table = try RunTable(
        Array(text.utf8), path: "t.csv", columns: .init(maximize: ["acc_*"]))
      #expect(table.heldOut == Self.tasks)
      let advice = try TableAdvice(
        table: table, settings: .init(objective: .mean(of: table.targets)))
      let best = try #require(advice.recommendations(1).first)
      let found = Statistics.mean(Self.accuracies(best.mixture.weights, seed: seed))
      gains.append(found - truths.max()!)
      #expect(found > Statistics.mean(truths), "\(found)")
      let prediction = try #require(best.predicted)
      #expect((0...1).contains(prediction.mean))
    }
    #expect(Statistics.mean(gains) > 0, "\(gains)")
  }
}

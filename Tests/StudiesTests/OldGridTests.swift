import Foundation
import Mixtures
import Runs
import Storage
import Studies
import Testing

private let recordings =
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Golden"

@Suite("A grid of runs of the older program") struct OldGridTests {
  private struct Forbidden: RunMeasurer {
    struct Ran: Error {}
    func measure(_ request: RunRequest, control: RunControl) throws -> [RungOutcome] { throw Ran() }
  }

  private func copy(_ name: String) throws -> TemporaryFolder {
    let folder = TemporaryFolder()
    for file in try FileManager.default.contentsOfDirectory(atPath: recordings + "/" + name)
    where file.hasSuffix("jsonl") {
      try FileManager.default.copyItem(
        atPath: recordings + "/\(name)/" + file, toPath: folder / file)
    }
    return folder
  }

  /// The grid that a journal's runs are of.
  private func plan(_ records: [RunRecord], _ name: String) -> ListPlan {
    ListPlan(
      name: name, purpose: .grid,
      steps: records.map { record in
        (
          RunRequest(
            key: record.request.key, to: record.request.to, measures: record.request.measures,
            ladder: record.request.ladder), record.claims[0]
        )
      })
  }

  @Test("a testbed is read where it lies, and taken over when it goes on")
  func testbed() throws {
    let folder = try copy("testbed")
    let before = try String(contentsOfFile: folder / "runs.jsonl", encoding: .utf8)
    let record = try TestbedRecord.read(folder: folder.path)
    // (5 + 2) and (3 + 2) runs of three rungs, with the losses of the table that was written then.
    #expect(record.runs.count == 12 && record.runs.allSatisfy { $0.outcomes?.count == 3 })
    let table = try String(contentsOfFile: recordings + "/testbed/runs.csv", encoding: .utf8)
    for run in record.runs {
      for found in run.outcomes ?? [] {
        let losses = try #require(found.outcome.result?.losses)
        let text = losses.map { String(format: "%.5f", $0.loss) }.joined(separator: ",")
        #expect(table.contains(text))
      }
    }
    #expect(try String(contentsOfFile: folder / "runs.jsonl", encoding: .utf8) == before)

    let records = try RunGrid.ledger(of: folder.path).records
    for _ in 0..<2 {
      let ledger = try RunGrid.run(
        plan(records, RunGrid.testbed), in: folder.path,
        on: LocalEvaluator(Forbidden(), workers: 1), conditions: { _ in nil })
      #expect(ledger.records.map(\.outcomes) == records.map(\.outcomes))
    }
    #expect(try String(contentsOfFile: folder / "runs.old.jsonl", encoding: .utf8) == before)
    #expect(try TestbedRecord.read(folder: folder.path).runs == record.runs)
    // Killed between the two files of that.
    try FileManager.default.removeItem(atPath: folder / "runs.jsonl")
    #expect(try TestbedRecord.read(folder: folder.path).runs == record.runs)
  }

  @Test("a sweep's runs serve where they are of the default rate, and are trained anew where not")
  func sweep() throws {
    let folder = try copy("sweep")
    let settings = TrainerSettings(
      learningRate: 0.0075, embeddingRate: 0.015, batchTokens: 1024, contextLength: 128,
      commonChannel: 1, decayShare: 0.3, weightDecay: 0.1, heldOutTokens: 65_536)
    let read = try RunGrid.ledger(of: folder.path).records
    #expect(read.count == 4 && read.allSatisfy { $0.outcome?.result != nil })
    // Where nobody says what a rate was, the factor is all that is known.
    let plain = EvaluatorIdentity.other(
      kind: "trainer of an earlier version", settings: ["rateFactor": "1.0"])
    let first = try #require(
      read.first { $0.request.key.conditions.evaluator == plain }?.request)
    let now: OldJournals.Conditions = { size in
      var conditions = first.key.conditions
      conditions.size = size
      conditions.evaluator = .trainer(settings)
      return conditions
    }
    func asked(_ rate: Double) -> ListPlan {
      var rated = settings
      rated.scaleRates(by: rate / settings.learningRate)
      var conditions = first.key.conditions
      conditions.evaluator = .trainer(rated)
      return ListPlan(
        name: RunGrid.sweep, purpose: .grid,
        steps: [
          (
            RunRequest(
              conditions: conditions, mixture: first.mixture, tokens: first.to, seed: first.seed),
            RunClaim(plan: RunGrid.sweep, purpose: .grid, name: "50k", ordinal: 100)
          )
        ])
    }
    _ = try RunGrid.run(
      asked(0.0075), in: folder.path, on: LocalEvaluator(Forbidden(), workers: 1), conditions: now)
    #expect(throws: Forbidden.Ran.self) {
      try RunGrid.run(
        asked(0.01), in: folder.path, on: LocalEvaluator(Forbidden(), workers: 1), conditions: now)
    }
  }
}

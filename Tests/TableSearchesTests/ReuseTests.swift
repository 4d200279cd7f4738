import Foundation
import Mixtures
import Numerics
import RunTables
import TableSearches
import Testing

@Suite("Runs from before the domains changed") struct RunsFromBeforeTheDomainsChanged {
  private func table(
    _ domains: [String], _ heldOut: [String], _ rows: [([Double], [Double])], path: String = "t"
  ) -> RunTable {
    RunTable(
      domains: domains, heldOut: heldOut, targets: heldOut,
      rows: rows.enumerated().map { index, row in
        RunTable.Row(
          path: path, line: index + 2, name: "\(index + 1)", run: index,
          mixture: Mixture(domains: domains, proportionalTo: row.0),
          status: row.1.isEmpty ? .pending : .finished,
          losses: row.1.isEmpty ? heldOut.map { _ in nil } : row.1)
      }, layout: TableLayout(domains: domains, heldOut: heldOut))
  }

  @Test("are runs of a part of the domains of now") func areRunsOfAPartOfTheDomainsOfNow() throws {
    let old = table(
      ["web", "forum", "code"], ["code"], [([0.5, 0, 0.5], [3]), ([0.2, 0.3, 0.5], [3.1])])
    let new = table(["hq", "lq", "code", "math"], ["code"], [([0.1, 0.2, 0.3, 0.4], [2.9])])
    let map = try DomainMap(parsing: ["web=0.25*hq+0.75*lq", "forum="])
    let found = try new.reusing(old, map: map)
    #expect(found.rows.count == 2)
    #expect(found.rows[0].mixture.weights == [0.125, 0.375, 0.5, 0])
    #expect(found.rows[0].losses == [3] && found.rows[0].name == "earlier-1")
    #expect(found.notes.contains("1 earlier runs had too much of what was dropped: left out"))
    let merged = try table(["text", "code"], ["code"], []).reusing(
      old, map: DomainMap(parsing: ["web+forum=text"]))
    #expect(merged.rows.map(\.mixture.weights) == [[0.5, 0.5], [0.5, 0.5]])
  }

  @Test(
    "are refused where it is not said what became of them",
    arguments: [
      (["web=hq+lp"], "did you mean 'lq'?"), (["wep=hq+lq"], "did you mean 'web'?"),
      ([], "the earlier runs have the domain 'web'"), (["web"], "expected one such as"),
      (["web=0.5*hq+lq"], "expected one such as"),
    ])
  func areRefusedWhereItIsNotSaidWhatBecameOfThem(map: [String], message: String) {
    let old = table(["web", "code"], ["code"], [([0.5, 0.5], [3])])
    let new = table(["hq", "lq", "code"], ["code"], [])
    do {
      _ = try new.reusing(old, map: DomainMap(parsing: map))
      Issue.record("expected an error")
    } catch { #expect("\(error)".contains(message), "\(error)") }
  }

  @Test("that lack a loss which is needed now say so in one line, and are kept without it")
  func thatLackALoss() throws {
    let old = table(
      ["a", "b"], ["a", "b"], [([0.5, 0.5], [3, 2]), ([0.2, 0.8], [3.1, 1.9])])
    let new = table(["a", "b", "c"], ["a", "b", "c"], [([0.1, 0.2, 0.7], [2.9, 2, 3])])
    let map = try DomainMap(parsing: [])
    let found = try new.reusing(old, map: map)
    #expect(found.rows.count == 1)
    #expect(
      found.notes == [
        "0 of 2 earlier runs are reused: 2 earlier runs lack the loss of 'c', which the objective needs: left "
          + "out; minimize what both have to keep them, with --objective 'mean:a,b', or measure the rest for "
          + "them"
      ])
    let kept = try new.reusing(old, map: map, needed: ["a", "b"])
    #expect(kept.rows.count == 3 && kept.rows[0].losses == [3, 2, nil])
    #expect(kept.notes == ["2 earlier runs are reused"])
  }

  @Test("that share no loss, have not finished, or were of a domain dropped say so")
  func thatCannotBeUsed() throws {
    func note(_ old: RunTable, _ map: [String] = []) throws -> String {
      let new = table(["a", "b"], ["a", "b"], [])
      let notes = try new.reusing(old, map: DomainMap(parsing: map)).notes
      #expect(notes.count == 1, "\(notes)")
      return notes[0]
    }
    let other = try note(table(["a", "b"], ["all"], [([0.5, 0.5], [3])]))
    #expect(other.contains("they have 'all'; measure that in new runs, too"), "\(other)")
    let open = try note(table(["a", "b"], ["a", "b"], [([0.5, 0.5], [])]))
    #expect(
      open == "0 of 1 earlier runs are reused: none has finished or diverged; fill in their losses")
    let dropped = try note(
      table(["a", "b", "c"], ["a", "b"], [([0.5, 0.2, 0.3], [3, 2])]), ["c="])
    #expect(dropped.contains("0 of 1 earlier runs are reused: 1 earlier runs had too much"))
  }

  private static let before = (0..<8).map { "d\($0)" }
  private static let after = ["d0_hq", "d0_lq"] + before.dropFirst()

  /// Held-out losses of eight domains; of the first, a quarter of the text is worth most.
  private static func losses(_ w: [Double]) -> [Double] {
    let first = 0.8 * (w[0] / (w[0] + 0.05)) + 0.2 * w[1]
    let own = [first] + w.dropFirst(2)
    return own.indices.map { i in
      2.5 + exp(-6 * own[i]) + 0.2 * exp(-4 * own[(i + 1) % own.count])
    }
  }

  private func value(_ weights: [Double]) -> Double { Statistics.mean(Self.losses(weights)) }

  /// What is recommended after a few new runs, with the earlier ones and without.
  @Test("save new ones") func saveNewOnes() throws {
    var (with, without) = ([Double](), [Double]())
    for seed in UInt64(1)...4 {
      var generator = SeededGenerator(seed: seed, stream: "reuse")
      func measured(_ w: [Double]) -> [Double] {
        Self.losses(w).map { $0 + 0.005 * generator.normal() }
      }
      let oldPoints = SobolSequence.simplexPoints(parts: 8, count: 40, seed: seed)
      let old = table(
        Self.before, Self.before,
        oldPoints.map { w in (w, measured([0.25 * w[0], 0.75 * w[0]] + w.dropFirst())) })
      let newPoints = SobolSequence.simplexPoints(parts: 9, count: 10, seed: seed + 100)
      let new = table(Self.after, Self.before, newPoints.map { ($0, measured($0)) })
      let map = try DomainMap(parsing: ["d0=0.25*d0_hq+0.75*d0_lq"])
      for isReused in [true, false] {
        let runs = isReused ? try new.reusing(old, map: map) : new
        let advice = try TableAdvice(
          table: runs, settings: .init(objective: .mean(of: runs.targets)))
        let best = try #require(advice.recommendations(1).first)
        if isReused {
          with.append(value(best.mixture.weights))
        } else {
          without.append(value(best.mixture.weights))
        }
      }
    }
    #expect(Statistics.mean(with) < Statistics.mean(without), "\(with) \(without)")
  }
}

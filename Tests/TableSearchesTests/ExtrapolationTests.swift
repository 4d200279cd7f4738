import GaussianProcesses
import Mixtures
import RunTables
import TableSearches
import Testing

@Suite("What smaller sizes say of a larger one") struct ExtrapolationTests {
  private func check(noise: Double = 0) throws -> ExtrapolationCheck {
    let runs = Fixture.curves(noise: noise)
    return ExtrapolationCheck(
      table: try FidelityTable(
        runs, objective: Objective.mean(of: Fixture.domains), selection: .init(target: "16M")))
  }

  @Test("is all said by the same mixture one size down where sizes differ by a constant")
  func trivialPrediction() throws {
    let exact = try check()
    let noisy = try check(noise: 0.03)
    for design in [ExtrapolationCheck.Design.e2, .e3, .e5] {
      let score = try #require(exact.score(design, .sameMixture, split: 1))
      #expect(score.objective > 1 - 1e-9 && score.outputs!.allSatisfy { $0 > 1 - 1e-9 })
      let worse = (1...8).compactMap { noisy.score(design, .sameMixture, split: $0) }
      #expect(worse.allSatisfy { $0.objective < 0.999 })
      // Of 96 intervals that should hold 95 %.
      let share =
        Double(worse.reduce(0) { $0 + $1.covered }) / Double(worse.reduce(0) { $0 + $1.tested })
      #expect(share > 0.85 && share <= 1, "\(share)")
    }
  }

  @Test("is nothing for mixtures that no size has seen, but by a model")
  func unseenMixtures() throws {
    let check = try check(noise: 0.01)
    #expect(check.designs == ExtrapolationCheck.Design.allCases)
    for (unseen, seen) in [
      (ExtrapolationCheck.Design.e2Unseen, .e2), (.e3Unseen, .e3), (.e5Unseen, .e5),
    ] as [(ExtrapolationCheck.Design, ExtrapolationCheck.Design)] {
      #expect(check.score(unseen, .sameMixture, split: 1) == nil)
      let hidden = try #require(check.score(unseen, .lastPoints, split: 1))
      let known = try #require(check.score(seen, .lastPoints, split: 1))
      #expect(hidden.tested == known.tested)
      // A run of each tested mixture at each smaller size is left out.
      let sizes = unseen == .e3Unseen ? 2 : 1
      #expect(known.trained - hidden.trained == sizes * hidden.tested)
      #expect(hidden.objective > 0.5, "\(hidden.objective)")
    }
    for design in [ExtrapolationCheck.Design.e1, .e4] {
      #expect(check.score(design, .sameMixture, split: 1) == nil)
    }
  }
}

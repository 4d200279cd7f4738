import Foundation
import Mixtures
import RunTables
import TableSearches
import Testing

@Suite struct AdviceFromATableTests {
  private func advice(
    _ table: RunTable, pending: [Mixture] = [], initial: Int = 6, method: String = "bo"
  ) throws -> TableAdvice {
    var settings = TableAdvice.Settings(objective: .mean(of: table.targets))
    settings.initialTrials = initial
    settings.method = method
    return try TableAdvice(table: table, pending: pending, settings: settings)
  }

  private func empty() -> RunTable {
    RunTable(
      domains: Fixture.domains, heldOut: Fixture.domains, targets: Fixture.domains, rows: [],
      layout: TableLayout(domains: Fixture.domains, heldOut: Fixture.domains))
  }

  @Test("begins with an even spread where there is nothing to learn from")
  func beginsWithAnEvenSpreadWhereThereIsNothingToLearnFrom() throws {
    let advice = try advice(empty())
    let proposals = advice.proposals(6)
    #expect(proposals.map(\.name) == ["1", "2", "3", "4", "5", "6"])
    #expect(Set(proposals.map(\.mixture)).count == 6)
    #expect(proposals.allSatisfy { $0.reason == .quasiRandom })
    #expect(advice.recommendations(1).isEmpty)
    #expect(advice.insight() == nil)
  }

  @Test("says what it approximates where losses and domains are many")
  func saysWhatItApproximates() throws {
    func notes(_ count: Int, losses: Int, rows: Int = 5) throws -> [String] {
      let domains = (0..<count).map { "d\($0)" }
      let heldOut = (0..<losses).map { "h\($0)" }
      let mixtures = Mixture.uniform(over: domains)
      return try advice(
        RunTable(
          domains: domains, heldOut: heldOut, targets: heldOut,
          rows: (0..<rows).map {
            RunTable.Row(
              path: "t", line: $0, name: "\($0)", run: $0, mixture: mixtures, status: .finished,
              losses: heldOut.indices.map { 3 + Double($0) })
          }, layout: TableLayout(domains: domains, heldOut: heldOut))
      ).notes
    }
    #expect(try notes(32, losses: 32).isEmpty)
    #expect(try notes(100, losses: 100, rows: 3).isEmpty)
    #expect(try notes(100, losses: 10).isEmpty)
    #expect(
      try notes(5, losses: 40) == [
        "approximated: the model's hyperparameters are fitted in full for 32 of the 40 losses, spread evenly; the "
          + "others' begin at their mean and take 8 steps"
      ])
    let both = try notes(100, losses: 100)
    #expect(both.count == 1 && both[0].hasSuffix("are sought from 512 candidates in place of 2048"))
  }

  /// Asked for eight at once, or for two four times with what came before pending: the same mixtures.
  @Test("counts what is under way") func countsWhatIsUnderWay() throws {
    let whole = try advice(empty()).proposals(6).map(\.mixture)
    var table = empty()
    var parts: [Mixture] = []
    for _ in 0..<3 {
      let next = try advice(table).proposals(2)
      parts += next.map(\.mixture)
      for proposal in next {
        table.rows.append(
          RunTable.Row(
            path: "t", line: 0, name: proposal.name, run: table.rows.count,
            mixture: proposal.mixture, status: .pending, losses: [nil, nil, nil]))
      }
    }
    #expect(parts == whole)
    #expect(table.rows.map(\.name) == ["1", "2", "3", "4", "5", "6"])
  }

  /// Ask, train, tell, ask: the recommendation comes near the best there is.
  @Test("leads to the best mixture") func leadsToTheBestMixture() throws {
    var table = empty()
    for _ in 0..<5 {
      for proposal in try advice(table).proposals(4) {
        let diverges = proposal.mixture.weights[2] > 0.85
        table.rows.append(
          RunTable.Row(
            path: "t", line: 0, name: proposal.name, run: table.rows.count,
            mixture: proposal.mixture, status: diverges ? .diverged : .finished,
            losses: diverges ? [nil, nil, nil] : Fixture.losses(proposal.mixture.weights)))
      }
    }
    let advice = try advice(table)
    let best = try #require(advice.recommendations(1).first)
    var lowest = Double.infinity
    for i in 0...50 {
      for j in 0...50 - i {
        let w = [Double(i), Double(j), Double(50 - i - j)].map { $0 / 50 }
        lowest = min(lowest, Fixture.losses(w).reduce(0, +) / 3)
      }
    }
    let value = Fixture.losses(best.mixture.weights).reduce(0, +) / 3
    #expect(value <= lowest + 0.003, "\(value) \(lowest)")
    let insight = try #require(advice.insight())
    #expect(insight.losses.map(\.heldOut) == Fixture.domains)
    #expect(insight.objectiveEffects.map(\.domain) == Fixture.domains)
    #expect(insight.candidates[0].expectedRegret >= 0)
  }

  @Test("is the same each time and knows pending runs from elsewhere")
  func isTheSameEachTimeAndKnowsPendingRunsFromElsewhere() throws {
    let table = try Fixture.table(count: 12, noise: 0.01, empty: 2)
    let one = try advice(table).proposals(3).map(\.mixture)
    #expect(try advice(table).proposals(3).map(\.mixture) == one)
    let other = try advice(table, pending: [one[0]])
    #expect(other.pending.count == 3)
    #expect(other.finished == 10)
    // What is being run already is not asked for again.
    let gap = zip(other.proposals(1)[0].mixture.weights, one[0].weights).reduce(0) {
      $0 + abs($1.0 - $1.1)
    }
    #expect(gap > 0.01)
  }

  @Test("keeps to constraints and to objectives of other forms")
  func keepsToConstraintsAndToObjectivesOfOtherForms() throws {
    let table = try Fixture.table(count: 14)
    var settings = TableAdvice.Settings(
      objective: try ObjectiveSpecification(parsing: "worst").resolved(
        over: table.heldOut, targets: table.targets,
        limits: [try Objective.Limit(parsing: "web<=3.4")]))
    settings.constraints = [try MixtureConstraint(parsing: "code<=0.2")]
    settings.initialTrials = 6
    let advice = try TableAdvice(table: table, settings: settings)
    for mixture in advice.proposals(3).map(\.mixture) + advice.recommendations(2).map(\.mixture) {
      #expect(mixture["code"]! <= 0.2002, "\(mixture)")
    }
    #expect(advice.insight()?.losses.count == 3)
    settings.constraints = [try MixtureConstraint(parsing: "prose<=0.2")]
    #expect(throws: ConstraintError.self) { try TableAdvice(table: table, settings: settings) }
  }

  /// The stronger the pull, the nearer the recommendation and what is tried.
  @Test("stays near the natural mixture as it costs to leave it", arguments: ["mean", "worst"])
  func staysNearTheNaturalMixture(objective: String) throws {
    let table = try Fixture.table(count: 14)
    let natural = [0.7, 0.2, 0.1]
    var settings = TableAdvice.Settings(
      objective: try ObjectiveSpecification(parsing: objective).resolved(
        over: table.heldOut, targets: table.targets))
    settings.initialTrials = 6
    settings.natural = natural
    var distances: [Double] = []
    for strength in ["0", "0.1", "1", "100"] {
      settings.constraints = [try MixtureConstraint(parsing: "near(natural)=\(strength)")]
      let advice = try TableAdvice(table: table, settings: settings)
      let best = try #require(advice.recommendations(1).first?.mixture)
      distances.append(zip(best.weights, natural).map { abs($0 - $1) }.max()!)
      if strength == "100" {
        let next = try #require(advice.proposals(1).first?.mixture)
        #expect(zip(next.weights, natural).allSatisfy { abs($0 - $1) < 0.1 }, "\(next)")
        // What is told is the objective, not what leaving costs.
        let predicted = try #require(advice.recommendations(1).first?.predicted?.mean)
        #expect(predicted > 2.9 && predicted < 4)
      }
    }
    #expect(distances[0] > 0.1 && distances[3] < 0.02, "\(distances)")
    #expect(distances[1] < distances[0] + 1e-3 && distances[2] < distances[1], "\(distances)")
  }

  @Test("searches one level of domains while the other is natural") func searchesOneLevel() throws {
    var table = try Fixture.table(count: 14)
    let domains = ["web/a", "web/b", "code"]
    table.domains = domains
    for index in table.rows.indices {
      table.rows[index].mixture = Mixture(
        domains: domains, proportionalTo: table.rows[index].mixture.weights)
    }
    var settings = TableAdvice.Settings(objective: .mean(of: table.targets))
    settings.initialTrials = 6
    settings.natural = [0.2, 0.6, 0.2]
    settings.constraints = [
      try MixtureConstraint(parsing: "natural(topics)"), try MixtureConstraint(parsing: "web>=0.3"),
    ]
    let advice = try TableAdvice(table: table, settings: settings)
    for mixture in advice.proposals(3).map(\.mixture) + advice.recommendations(2).map(\.mixture) {
      #expect(abs(3 * mixture.weights[0] - mixture.weights[1]) < 4e-4, "\(mixture)")
      #expect(mixture.weights[0] + mixture.weights[1] >= 0.2998)
    }
  }

  @Test("names runs as no other is") func namesRunsAsNoOtherIs() throws {
    var table = try Fixture.table(count: 8)
    #expect(try advice(table).proposals(2).map(\.name) == ["9", "10"])
    table.rows[3].name = "suggested-10"
    #expect(try advice(table).proposals(2).map(\.name) == ["suggested-9", "suggested-11"])
  }

  @Test("treats rows without a loss of the objective as under way")
  func treatsRowsWithoutALossOfTheObjectiveAsUnderWay() throws {
    var table = try Fixture.table(count: 9)
    table.rows[0].losses[1] = nil
    let advice = try advice(table)
    #expect(advice.finished == 8)
    #expect(advice.pending == [table.rows[0].mixture])
  }
}

import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Runs
import Storage
import Studies
import Testing

private func comparison(
  _ methods: [String], trials: Int = 8, replicates: Int = 2, confirmationSeeds: Int = 3,
  checkpoints: [Int] = [4], checkpointSeeds: Int = 2
) -> ComparisonConfiguration {
  ComparisonConfiguration(
    corpus: "corpora/none", corpusDigest: "0123", domains: domains,
    availableTokens: [100, 200, 300], objective: .mean(of: domains), scale: small, seed: 1,
    methods: methods, trials: trials, replicates: replicates, initialTrials: 4, lag: 2,
    confirmationSeeds: confirmationSeeds, checkpoints: checkpoints,
    checkpointSeeds: checkpointSeeds, trainer: formula())
}

@Suite("A comparison") struct ComparisonTests {
  @Test("gives every method its searches and every pick the same fresh seeds")
  func givesEveryMethodItsSearchesAndEveryPickTheSameFreshSeeds() throws {
    let folder = TemporaryFolder()
    let configuration = comparison(["a", "short", "uniform", "sobol"])
    let record = try comparisonRunner(folder.path, configuration).run()
    let seeds = configuration.seeds
    #expect(seeds.searches.count == 2 && seeds.searches[0] == 1)
    #expect(Set(seeds.searches + seeds.fresh).count == 5)
    for (name, count) in [("a", 8), ("short", 3), ("uniform", 1), ("sobol", 8)] {
      for replicate in 0..<2 {
        let own = record.trials.flatMap { trial in
          trial.claims.filter { $0.name == name && $0.replicate == replicate }.map { (trial, $0) }
        }
        let search = own.filter { $0.1.purpose == .search }
        #expect(search.map(\.1.ordinal) == Array(0..<count))
        #expect(search.allSatisfy { $0.0.request.seed == seeds.searches[replicate] })
        let final = own.filter { $0.1.purpose == .confirmation && $0.1.rank == 0 }
        #expect(final.map(\.0.request.seed) == seeds.fresh)
        #expect(Set(final.map(\.0.request.mixture)).count == 1)
        // `short` and `uniform` have ended before the checkpoint.
        let way = own.filter { $0.1.purpose == .confirmation && $0.1.rank == 1 }
        #expect(way.count == (count > 4 ? 2 : 0))
      }
    }
    #expect(record.picks.filter(\.isFinal).count == 8)
    // A fixed mixture's fresh runs serve both of its searches.
    let uniform = record.trials.filter {
      $0.purpose == .confirmation && $0.claims.contains { $0.name == "uniform" }
    }
    #expect(uniform.count == 3 && uniform.allSatisfy { $0.claims.count == 2 })
    #expect(try ComparisonRecord.read(folder: folder.path).trials == record.trials)
  }

  @Test("is the same for any number of workers", arguments: [1, 5])
  func isTheSameForAnyNumberOfWorkers(workers: Int) throws {
    let configuration = comparison(["a", "bimix", "regmix-linear", "uniform"])
    let calm = TemporaryFolder()
    let expected = try comparisonRunner(calm.path, configuration, workers: 2).run()
    let folder = TemporaryFolder()
    let jitter = FormulaEvaluator(delay: { request in
      var generator = SeededGenerator(seed: 3, stream: "\(request.id)")
      return 0.004 * generator.uniform()
    })
    let found = try comparisonRunner(folder.path, configuration, jitter, workers: workers).run()
    #expect(found.trials.map(\.timeless) == expected.trials.map(\.timeless))
    #expect(found.picks == expected.picks)
  }

  @Test("goes on from any line of its journals to the same end")
  func goesOnFromAnyLineOfItsJournalsToTheSameEnd() throws {
    let configuration = comparison(["a", "sobol", "uniform"], trials: 5, checkpoints: [3])
    let whole = TemporaryFolder()
    let expected = try comparisonRunner(whole.path, configuration, workers: 1).run()
    let journal = try lines(of: whole / "runs.jsonl")
    for cut in 0...journal.count {
      let folder = TemporaryFolder()
      try FileManager.default.copyItem(
        atPath: whole / "comparison.json", toPath: folder / "comparison.json")
      try Data(journal.prefix(cut).joined().utf8)
        .write(to: URL(fileURLWithPath: folder / "runs.jsonl"))
      let found = try comparisonRunner(folder.path, configuration, workers: 1).run()
      #expect(found.trials.map(\.timeless) == expected.trials.map(\.timeless))
      #expect(found.picks == expected.picks)
    }
  }

  @Test("goes on with more methods searches and seeds and with nothing else changed")
  func goesOnWithMoreMethodsSearchesAndSeedsAndWithNothingElseChanged() throws {
    let folder = TemporaryFolder()
    let first = try comparisonRunner(
      folder.path, comparison(["a", "uniform"], replicates: 1, confirmationSeeds: 2)
    ).run()
    let evaluator = FormulaEvaluator()
    let more = comparison(["a", "uniform", "b"], replicates: 2, confirmationSeeds: 3)
    let second = try comparisonRunner(folder.path, more, evaluator).run()
    #expect(
      Array(second.trials.prefix(first.trials.count)).map(\.request) == first.trials.map(\.request))
    #expect(evaluator.log.all.count == second.trials.count - first.trials.count)
    #expect(second.analysis.methods.allSatisfy { $0.searches.count == 2 })

    for other in [
      comparison(["a", "uniform", "b"], trials: 9), comparison(["a", "uniform"]),
      comparison(["a", "uniform", "b"], replicates: 1),
    ] {
      #expect(throws: StudyError.self) { try comparisonRunner(folder.path, other).run() }
    }
  }

  @Test("trains once what several ask for") func trainsOnceWhatSeveralAskFor() throws {
    let folder = TemporaryFolder()
    let evaluator = FormulaEvaluator()
    let configuration = comparison(
      ["sobol", "bimix", "mixlaws"], replicates: 1, checkpoints: [], checkpointSeeds: 0)
    let record = try comparisonRunner(folder.path, configuration, evaluator).run()
    let search = record.trials.filter { $0.purpose == .search }
    #expect(search.count == 8)
    #expect(search.allSatisfy { $0.claims.count == 3 })
    // Each counts them all the same.
    #expect(record.analysis.methods.allSatisfy { $0.searches[0].trials == 8 })
  }

  @Test("tells what diverged from what was measured") func tellsWhatDivergedFromWhatWasMeasured()
    throws
  {
    let folder = TemporaryFolder()
    let configuration = comparison(["a", "uniform"], replicates: 1)
    let fresh = configuration.seeds.fresh
    let record = try comparisonRunner(
      folder.path, configuration,
      FormulaEvaluator(diverges: {
        $0.seed == fresh[0] && $0.mixture == .uniform(over: domains) || $0.id == 2
      })
    ).run()
    let analysis = record.analysis
    let uniform = try #require(analysis["uniform"])
    #expect(uniform.diverged == 1 && uniform.loss?.count == 2)
    #expect(analysis["a"]?.searches[0].trialsDiverged == 1)
    // Only the seeds that both have are compared.
    let worse = analysis.methods.first { $0.difference != nil }
    #expect(worse?.difference?.estimate.count == 2)
  }

  @Test("keeps every search to constraints and runs fixed mixtures as they are")
  func keepsEverySearchToConstraintsAndRunsFixedMixturesAsTheyAre() throws {
    let folder = TemporaryFolder()
    var configuration = comparison(
      ["bo", "sobol", "mixlaws", "olmix", "regmix-linear", "climb", "uniform"], replicates: 1,
      confirmationSeeds: 1, checkpointSeeds: 1)
    configuration.objective = Objective(
      targets: ["web", "code"], proportionalTo: [1, 1], aggregate: .worst,
      limits: [Objective.Limit(domain: "books", loss: 3.5)])
    configuration.constraints = try ["books<=0.2", "code+web=0.3..0.9"].map {
      try MixtureConstraint(parsing: $0)
    }
    let feasible = try configuration.feasibleMixtures()
    let record = try comparisonRunner(folder.path, configuration).run()
    for trial in record.trials where !trial.claims.contains(where: { $0.name == "uniform" }) {
      #expect(
        feasible.contains(trial.request.mixture.weights, tolerance: 1e-9),
        "\(trial.claims): \(trial.request.mixture.weights)")
    }
    #expect(record.picks.count { $0.isFinal } == 7)
    for pick in record.picks {
      let mixture = try #require(pick.mixture)
      #expect(
        configuration.broken(by: mixture) == (pick.method == "uniform" ? ["books<=0.2"] : []))
    }
    #expect(try ComparisonConfiguration.read(folder: folder.path) == configuration)
    for (field, change) in [
      ("constraints", { $0.constraints = nil }),
      ("objective", { $0.objective = .mean(of: domains) }),
    ] as [(String, (inout ComparisonConfiguration) -> Void)] {
      var other = configuration
      change(&other)
      let refusal = message(of: { try comparisonRunner(folder.path, other).run() })
      #expect(refusal.contains("found \(field) "), "\(refusal)")
    }
  }

  @Test("without constraints is written as before there were any")
  func withoutConstraintsIsWrittenAsBeforeThereWereAny() throws {
    let document = String(decoding: try encodeDocument(comparison(["a"])), as: UTF8.self)
    #expect(!document.contains("constraints"))
  }

  @Test("is refused where it makes no sense") func isRefusedWhereItMakesNoSense() {
    func refusal(_ change: (inout ComparisonConfiguration) -> Void) -> String {
      var configuration = comparison(["a"])
      change(&configuration)
      return message(of: { try configuration.validate() })
    }
    for (text, start) in [
      (refusal { $0.trials = 0 }, "trials: found 0, expected "),
      (refusal { $0.methods = ["a", "a"] }, "methods: found 'a' twice, expected "),
      (refusal { $0.checkpoints = [4, 4] }, "checkpoints: found 4, 4, expected "),
      (refusal { $0.checkpoints = [8] }, "checkpoints: found 8, expected "),
      (refusal { $0.checkpointSeeds = 4 }, "checkpoint seeds: found 4, expected "),
      (
        refusal {
          $0.constraints = [.total(domains: ["books", "code", "web"], lower: nil, upper: 0.9)]
        }, "books+code+web<=0.9"
      ),
    ] {
      #expect(text.contains(start), "\(text)")
    }
    #expect(refusal { _ in } == "no error")
  }
}

@Suite("Losses crossed by search and seed") struct LossesCrossedBySearchAndSeedTests {
  @Test("owe their error to both") func oweTheirErrorToBoth() {
    // Rows differ by 2, columns by 1, nothing else: R = 2·c, C = .5·r, E = 0.
    let crossed = CrossedLosses([[1, 2, 3], [3, 4, 5]])
    #expect(crossed.mean == 3)
    // Rows: 3 · ((2 - 3)² + (4 - 3)²) / 1 / 6; columns: 2 · (1 + 0 + 1) / 2 / 6.
    let expected = 3.0 * 2 / 6 + 2.0 * 2 / 2 / 6
    #expect(abs(crossed.standardError! * crossed.standardError! - expected) < 1e-12)
  }

  @Test("of a fixed mixture or of one search are the seeds alone")
  func ofAFixedMixtureOrOfOneSearchAreTheSeedsAlone() throws {
    let values = [4.01, 4.03, 3.98, 4.02]
    let alone = CrossedLosses([values])
    #expect(alone.standardError == Statistics.standardError(values))
    let interval = try #require(Statistics.meanInterval(values))
    #expect(abs(alone.estimate.interval!.lowerBound - interval.lowerBound) < 1e-12)
    let same = CrossedLosses([values, values, values])
    #expect(abs(same.standardError! - alone.standardError!) < 1e-12)
    #expect(same.degreesOfFreedom == 3)
  }

  @Test("of a single value have none") func ofASingleValueHaveNone() {
    let one = CrossedLosses([[4]])
    #expect(one.standardError == nil && one.estimate.interval == nil && one.pValue == 1)
    #expect(CrossedLosses([[0, 0], [0, 0]]).pValue == 1)
    #expect(CrossedLosses([[1, 1], [1, 1]]).pValue == 0)
  }

  /// 2,000 layouts with known effects: how often the interval holds the mean that it should.
  @Test("hold the true mean as often as they say") func holdTheTrueMeanAsOftenAsTheySay() {
    var generator = SeededGenerator(seed: 5)
    var held = 0
    let layouts = 2000
    for _ in 0..<layouts {
      let rows = (0..<4).map { _ in generator.normal() }
      let columns = (0..<5).map { _ in 0.7 * generator.normal() }
      let values = rows.map { row in columns.map { row + $0 + 0.5 * generator.normal() } }
      if CrossedLosses(values).estimate.interval!.contains(0) { held += 1 }
    }
    let share = Double(held) / Double(layouts)
    #expect(share > 0.93 && share < 0.99, "\(share)")
  }
}

@Suite("Claims of the literature") struct ClaimsOfTheLiteratureTests {
  /// A record made by hand: each method's pick has a loss, its seeds a noise that all share.
  private func record(
    _ losses: [(String, [Double], Double)], noise: Double = 0.001
  ) -> ComparisonRecord {
    let configuration = comparison(
      losses.map(\.0), trials: 2, confirmationSeeds: 4, checkpoints: [], checkpointSeeds: 0)
    let seeds = configuration.seeds
    var trials: [RunRecord] = []
    var picks: [ComparisonPick] = []
    func add(_ mixture: Mixture, _ seed: UInt64, _ claim: RunClaim, _ loss: Double) {
      let measurement = RunResult(
        losses: domains.enumerated().map { index, domain in
          // The first domain pays for the others.
          DomainLoss(
            domain: domain, loss: index == 0 ? 8 - loss : 2 * loss - 4, standardError: 0,
            bitsPerByte: 1)
        })
      trials.append(
        RunRecord(
          request: RunRequest(
            id: trials.count,
            key: RunKey(conditions: configuration.conditions, mixture: mixture, seed: seed),
            to: small.tokens),
          claims: [claim],
          outcomes: [RungOutcome(tokens: small.tokens, outcome: .finished(measurement))]))
    }
    for (place, (name, weights, loss)) in losses.enumerated() {
      for replicate in 0..<2 {
        let mixture = Mixture(domains: domains, proportionalTo: weights)
        for ordinal in 0..<2 {
          add(
            mixture, seeds.searches[replicate],
            RunClaim(
              plan: ComparisonConfiguration.plan, purpose: .search, name: name, ordinal: ordinal,
              replicate: replicate), loss - 0.01)
        }
        picks.append(
          ComparisonPick(
            method: name, replicate: replicate, trials: 2, isFinal: true, mixture: mixture,
            predicted: loss - 0.05))
        for (ordinal, seed) in seeds.fresh.enumerated() {
          var generator = SeededGenerator(seed: seed, stream: "noise \(replicate) \(place)")
          add(
            mixture, seed,
            RunClaim(
              plan: ComparisonConfiguration.plan, purpose: .confirmation, name: name,
              ordinal: ordinal, rank: 0, replicate: replicate),
            loss + noise * generator.normal())
        }
      }
    }
    return ComparisonRecord(
      folder: "runs/c", configuration: configuration, trials: trials, picks: picks)
  }

  private let published: [(String, [Double], Double)] = [
    ("bo", [0.4, 0.3, 0.3], 4.37), ("sobol", [0.5, 0.3, 0.2], 4.41),
    ("bimix", [0.3, 0.5, 0.2], 4.44), ("uniform", [1, 1, 1], 4.47),
    ("mixlaws", [0.6, 0.4, 0], 4.65), ("llama", [0.1, 0.1, 0.8], 4.68),
  ]

  @Test("hold where the runs say so") func holdWhereTheRunsSaySo() throws {
    let claims = record(published).analysis.claims
    #expect(claims.map(\.letter) == ["a", "b", "c", "d"])
    #expect(claims[0].verdict == .holds)
    #expect(claims[0].evidence.contains { $0.contains("bo < sobol < bimix < uniform") })
    #expect(claims[2].verdict == .holds)
    #expect(claims[2].evidence[0].contains("leaves 1, 1 of 3 domains"), "\(claims[2])")
    #expect(claims[3].verdict == .holds)
    #expect(claims[3].evidence[0].contains("loses on books +"), "\(claims[3])")
  }

  @Test("do not where they say otherwise and stay open where they cannot tell")
  func doNotWhereTheySayOtherwiseAndStayOpenWhereTheyCannotTell() {
    var reversed = published
    (reversed[0].2, reversed[5].2) = (published[5].2, published[0].2)
    let claims = record(reversed).analysis.claims
    #expect(claims[0].verdict == .contradicted)
    #expect(claims[3].verdict == .contradicted)
    let noisy = record(published, noise: 3).analysis.claims
    #expect(noisy[0].verdict == .undecided)
    #expect(record([published[0]]).analysis.claims[0].verdict == .untested)
  }

  @Test("rest on differences from the best that are corrected for their number")
  func restOnDifferencesFromTheBestThatAreCorrectedForTheirNumber() throws {
    let analysis = record(published).analysis
    #expect(analysis.best == 0 && analysis["bo"]?.difference == nil)
    let uniform = try #require(analysis["uniform"]?.difference)
    #expect(abs(uniform.estimate.mean - 0.1) < 0.003 && uniform.isSignificant)
    #expect(uniform.estimate.count == 8)
    #expect(analysis["bo"]?.winnersCurse.map { abs($0.mean - 0.01) < 0.002 } == true)
    #expect(analysis["bo"]?.surprise.map { abs($0.mean - 0.05) < 0.002 } == true)
    #expect(analysis.ranked.map(\.name) == published.map(\.0))
    let noisy = record(published, noise: 3).analysis
    #expect(noisy.methods.allSatisfy { $0.difference.map { !$0.isSignificant } ?? true })
  }
}

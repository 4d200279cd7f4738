import Foundation
import MixtureMethods
import Mixtures
import Runs
import Storage
import Studies
import Testing

private func constrained(
  _ constraints: [String], trials: Int = 9, stopsWhenSure: Bool = false
) throws -> StudyConfiguration {
  var settings = configuration(
    methods: [
      .init(name: "bo", trials: trials), .init(name: "sobol", trials: trials),
      .init(name: "uniform", trials: 1),
    ])
  settings.constraints =
    constraints.isEmpty ? nil : try constraints.map { try MixtureConstraint(parsing: $0) }
  settings.stopsWhenSure = stopsWhenSure ? true : nil
  return settings
}

@Suite("A study under constraints") struct StudyUnderConstraintsTests {
  @Test("tries and hands over what is feasible and fixed mixtures as they are")
  func triesAndHandsOverWhatIsFeasibleAndFixedMixturesAsTheyAre() throws {
    let folder = TemporaryFolder()
    let settings = try constrained(["books<=0.2", "code+web>=0.3", "web=0.15..0.6"])
    let feasible = try settings.feasibleMixtures()
    var trials: [[RunRecord]] = []
    for workers in [1, 3] {
      let record = try studyRunner(folder / "s\(workers)", settings, workers: workers).run()
      trials.append(record.trials.map(\.timeless))
      for trial in record.trials {
        let isFixed = trial.claims.contains { $0.name == "uniform" }
        #expect(
          feasible.contains(trial.request.mixture.weights, tolerance: 1e-9) || isFixed,
          "\(trial.request.mixture.weights)")
      }
      let uniform = try #require(record.analysis.methods.first { $0.method == "uniform" }?.pick)
      #expect(feasible.broken(by: uniform.weights) == ["books<=0.2"])
      // The best feasible mixture has all the books that it may.
      let bo = try #require(record.analysis.methods.first { $0.method == "bo" }?.pick)
      #expect(bo.weights[0] > 0.19)
    }
    #expect(trials[0] == trials[1])
    #expect(try StudyConfiguration.read(folder: folder / "s1") == settings)
  }

  @Test("is refused where there is nothing feasible") func isRefusedWhereThereIsNothingFeasible()
    throws
  {
    let folder = TemporaryFolder()
    for (constraints, words) in [
      (["books>=0.7", "code>=0.5"], "'books>=0.7' and 'code>=0.5' together"),
      (["d<=0.3"], "unknown domain 'd'"),
    ] {
      let settings = try constrained(constraints)
      #expect(message(of: { try studyRunner(folder / "no", settings).run() }).contains(words))
    }
  }

  @Test("does not go on with other ones") func doesNotGoOnWithOtherOnes() throws {
    let folder = TemporaryFolder()
    _ = try studyRunner(folder / "s", try constrained(["books<=0.3"], trials: 2)).run()
    let found = message(of: {
      try studyRunner(folder / "s", try constrained([], trials: 2)).run()
    })
    #expect(found.contains("found constraints books<=0.3"))
  }

  @Test("without any is written as before there were any")
  func withoutAnyIsWrittenAsBeforeThereWereAny() throws {
    let document = String(decoding: try encodeDocument(try constrained([])), as: UTF8.self)
    #expect(!document.contains("constraints") && !document.contains("stopsWhenSure"))
  }
}

@Suite("A study that stops when it is sure") struct StudyThatStopsWhenSureTests {
  @Test("ends a search once noise hides what is left to gain")
  func endsASearchOnceNoiseHidesWhatIsLeftToGain() throws {
    let folder = TemporaryFolder()
    var trials: [[RunRecord]] = []
    for workers in [1, 3] {
      let record = try studyRunner(
        folder / "s\(workers)", try constrained([], trials: 30, stopsWhenSure: true),
        FormulaEvaluator(noise: 0.05), workers: workers
      ).run()
      trials.append(record.trials.map(\.timeless))
      let searched = record.analysis.methods.map(\.trialsFinished)
      // `sobol` has no model that could be sure.
      #expect(searched[0] > 4 && searched[0] < 30)
      #expect(searched[1] == 30 && searched[2] == 1)
    }
    #expect(trials[0] == trials[1])
  }
}

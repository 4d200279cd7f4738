import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Runs
import Storage
import Studies
import Synchronization
import Testing

@Suite("A study") struct StudyTests {
  private let four = configuration(
    methods: [
      .init(name: "a", trials: 7), .init(name: "short", trials: 9), .init(name: "b", trials: 5),
      .init(name: "uniform", trials: 1),
    ])

  /// Delays that differ from trial to trial and from run to run.
  private func jitter(_ seed: UInt64) -> @Sendable (RunRequest) -> Double {
    { request in
      var generator = SeededGenerator(seed: seed, stream: "\(request.id)")
      return 0.008 * generator.uniform()
    }
  }

  @Test("asks for every method's trials then for fresh seeds of the finalists")
  func asksForEveryMethodsTrialsThenForFreshSeedsOfTheFinalists() throws {
    let folder = TemporaryFolder()
    let record = try studyRunner(folder.path, four).run()
    let search = record.trials.filter { $0.purpose == .search }
    #expect(search.flatMap(\.claims).filter { $0.name == "a" }.map(\.ordinal) == Array(0..<7))
    #expect(search.flatMap(\.claims).filter { $0.name == "short" }.count == 3)
    #expect(search.flatMap(\.claims).filter { $0.name == "uniform" }.count == 1)
    #expect(search.allSatisfy { $0.request.seed == 1 })
    let confirmations = record.trials.filter { $0.purpose == .confirmation }
    // Two finalists of three methods and the one of `uniform`, twice.
    #expect(confirmations.count == 14)
    #expect(Set(confirmations.map(\.request.seed)) == Set(four.freshSeeds(2)))
    #expect(!four.freshSeeds(2).contains(1))
    #expect(record.trials.allSatisfy { $0.outcome != nil })
    #expect(record.trials.map(\.request.id) == Array(record.trials.indices))
  }

  @Test(
    "is the same for any number of workers and any timing", arguments: [1, 2, 8], [UInt64(1), 2, 3])
  func isTheSameForAnyNumberOfWorkersAndAnyTiming(workers: Int, timing: UInt64) throws {
    let calm = TemporaryFolder()
    let expected = try studyRunner(calm.path, four, workers: 1).run()
    let folder = TemporaryFolder()
    let found = try studyRunner(
      folder.path, four, FormulaEvaluator(delay: jitter(timing)), workers: workers
    ).run()
    #expect(found.trials.map(\.timeless) == expected.trials.map(\.timeless))
    // What is asked for is asked for in the same order, too.
    #expect(try asked(in: folder) == asked(in: calm))
  }

  @Test("goes on from any line of its journal to the same end")
  func goesOnFromAnyLineOfItsJournalToTheSameEnd() throws {
    let whole = TemporaryFolder()
    let expected = try studyRunner(
      whole.path, four, FormulaEvaluator(delay: jitter(4)), workers: 3
    ).run()
    let journal = try lines(of: whole / "runs.jsonl")
    #expect(journal.count > 40)
    for count in 0...journal.count {
      let folder = TemporaryFolder()
      try FileManager.default.copyItem(atPath: whole / "study.json", toPath: folder / "study.json")
      try Data(journal[..<count].joined().utf8)
        .write(to: URL(fileURLWithPath: folder / "runs.jsonl"))
      let evaluator = FormulaEvaluator()
      let ended = try StudyRecord.read(folder: folder.path).trials.filter { $0.outcome != nil }
      let found = try studyRunner(folder.path, four, evaluator).run()
      #expect(found.trials.map(\.timeless) == expected.trials.map(\.timeless), "line \(count)")
      // No trial is run twice.
      #expect(evaluator.log.all.count == expected.trials.count - ended.count, "line \(count)")
      #expect(try StudyRecord.read(folder: folder.path).trials == found.trials)
    }
  }

  @Test("drops a last line that was cut short wherever it was cut")
  func dropsALastLineThatWasCutShortWhereverItWasCut() throws {
    let whole = TemporaryFolder()
    let two = configuration(methods: [.init(name: "a", trials: 3)], confirmationSeeds: 1)
    let expected = try studyRunner(whole.path, two).run()
    let journal = try lines(of: whole / "runs.jsonl")
    for cut in stride(from: 1, to: journal[3].utf8.count, by: 37) {
      let folder = TemporaryFolder()
      try FileManager.default.copyItem(atPath: whole / "study.json", toPath: folder / "study.json")
      let torn = Data(journal[..<3].joined().utf8) + Data(journal[3].utf8).prefix(cut)
      try torn.write(to: URL(fileURLWithPath: folder / "runs.jsonl"))
      let found = try studyRunner(folder.path, two).run()
      #expect(found.trials.map(\.timeless) == expected.trials.map(\.timeless))
    }
  }

  @Test("runs unfinished trials again before it asks for more")
  func runsUnfinishedTrialsAgainBeforeItAsksForMore() throws {
    let folder = TemporaryFolder()
    let evaluator = FormulaEvaluator()
    let first = try studyRunner(folder.path, four, workers: 1).run()
    let journal = try lines(of: folder / "runs.jsonl")
    // Trials 0 to 4 are asked for, and only 2 has ended.
    let kept = journal.filter { line in
      guard let match = line.firstMatch(of: /"run":([0-9]+)/), let run = Int(match.1) else {
        return true
      }
      return line.contains(#""event":"asked""#) && run <= 4
        || line.contains(#""event":"ended""#) && run == 2
    }
    try Data(kept.joined().utf8).write(to: URL(fileURLWithPath: folder / "runs.jsonl"))
    try FileManager.default.createDirectory(
      atPath: folder / "checkpoints/run-3", withIntermediateDirectories: true)
    let again = try studyRunner(folder.path, four, evaluator, workers: 1).run()
    #expect(evaluator.log.all.prefix(4).map(\.id) == [0, 1, 3, 4])
    #expect(again.trials.map(\.timeless) == first.trials.map(\.timeless))
    // Checkpoints are gone with their trials.
    #expect(!FileManager.default.fileExists(atPath: folder / "checkpoints"))
  }

  @Test("does nothing more once it has ended") func doesNothingMoreOnceItHasEnded() throws {
    let folder = TemporaryFolder()
    _ = try studyRunner(folder.path, four).run()
    let before = try String(contentsOfFile: folder / "runs.jsonl", encoding: .utf8)
    let evaluator = FormulaEvaluator()
    _ = try studyRunner(folder.path, four, evaluator).run()
    #expect(evaluator.log.all.isEmpty)
    #expect(try String(contentsOfFile: folder / "runs.jsonl", encoding: .utf8) == before)
  }

  @Test("tells a method what its lag allows and no more", arguments: [1, 2, 3])
  func tellsAMethodWhatItsLagAllowsAndNoMore(lag: Int) throws {
    // Each proposal is what the method gives when told so by hand.
    let settings = configuration(
      methods: [.init(name: "a", trials: 8)], lag: lag, confirmationSeeds: 0)
    let folder = TemporaryFolder()
    let record = try studyRunner(
      folder.path, settings, FormulaEvaluator(delay: jitter(9)), workers: 4
    ).run()
    let context = MethodContext(
      domains: domains, availableTokens: settings.availableTokens, objective: settings.objective,
      seed: 1, initialTrials: 4)
    for n in 0..<8 {
      var method = EveryBitMethod(context: context, salt: UInt64(("a" as Unicode.Scalar).value))
      let known = max(0, n - lag + 1)
      for trial in record.trials[..<known] { method.update(with: [trial.observation!]) }
      let pending = record.trials[known..<n].map(\.request.mixture)
      #expect(
        record.trials[n].request.mixture == method.suggest(pending: pending, ordinal: n)?.mixture)
    }
  }

  @Test("runs once what several methods ask for") func runsOnceWhatSeveralMethodsAskFor() throws {
    let folder = TemporaryFolder()
    let evaluator = FormulaEvaluator()
    let settings = configuration(
      methods: [
        .init(name: "sobol", trials: 6), .init(name: "bo", trials: 4),
        .init(name: "uniform", trials: 1),
      ], initialTrials: 4)
    let record = try studyRunner(folder.path, settings, evaluator).run()
    let search = record.trials.filter { $0.purpose == .search }
    #expect(search.count == 7)
    #expect(evaluator.log.all.count == record.trials.count)
    for ordinal in 0..<4 {
      let trial = search.first { $0.claims.contains(claim("bo", ordinal)) }
      #expect(trial?.claims.contains(claim("sobol", ordinal)) == true)
    }
    // The best quasi-random point is a finalist of one and, where the other agrees, of both.
    let analysis = record.analysis
    #expect(analysis.methods.map(\.trialsFinished) == [6, 4, 1])
  }

  @Test("takes divergence for what it is") func takesDivergenceForWhatItIs() throws {
    let folder = TemporaryFolder()
    let evaluator = FormulaEvaluator(diverges: { $0.mixture.weights[0] > 0.5 })
    let settings = configuration(
      methods: [.init(name: "sobol", trials: 12), .init(name: "a", trials: 4)])
    let record = try studyRunner(folder.path, settings, evaluator).run()
    let diverged = record.trials.filter {
      $0.outcome == .diverged(step: 7, reason: "the loss is nan")
    }
    #expect(!diverged.isEmpty)
    #expect(diverged.allSatisfy { $0.request.mixture.weights[0] > 0.5 })
    #expect(record.analysis.methods[0].trialsDiverged > 0)
    #expect(
      record.analysis.methods[0].trialsDiverged + record.analysis.methods[0].trialsFinished == 12)
    #expect(try StudyRecord.read(folder: folder.path).trials == record.trials)
  }

  @Test("takes a loss that is no number for a divergence")
  func takesALossThatIsNoNumberForADivergence() throws {
    struct Broken: RunMeasurer {
      func measure(_ request: RunRequest, control: RunControl) -> [RungOutcome] {
        var result = FormulaEvaluator.result(of: request, noise: 0)
        if request.id == 1 { result.losses[2].loss = .nan }
        return [RungOutcome(tokens: request.to, outcome: .finished(result))]
      }
    }
    let folder = TemporaryFolder()
    let record = try studyRunner(
      folder.path, configuration(methods: [.init(name: "a", trials: 3)]), Broken()
    ).run()
    #expect(
      record.trials[1].outcome
        == .diverged(step: 0, reason: "the held-out loss of 'web' is nan"))
  }

  // MARK: - Stopping

  @Test("stops when cancelled and loses nothing") func stopsWhenCancelledAndLosesNothing() throws {
    let whole = TemporaryFolder()
    let expected = try studyRunner(whole.path, four).run()
    let folder = TemporaryFolder()
    var runs = 0
    while true {
      runs += 1
      let finished = Mutex(0)
      let run = runs
      do {
        let record = try studyRunner(
          folder.path, four, FormulaEvaluator(delay: jitter(UInt64(runs))), workers: 3
        ).run(
          isCancelled: { finished.withLock { $0 >= run % 3 + 1 } },
          observer: { event, _ in
            if case .ended = event { finished.withLock { $0 += 1 } }
          })
        #expect(record.trials.map(\.timeless) == expected.trials.map(\.timeless))
        break
      } catch is CancellationError {
        #expect(runs < 60)
      }
    }
    #expect(runs > 3)
  }

  @Test("hands an interrupted trial its checkpoints") func handsAnInterruptedTrialItsCheckpoints()
    throws
  {
    /// Stops half-way the first time, and leaves a note.
    struct Noting: RunMeasurer {
      func measure(_ trial: RunRequest, control: RunControl) throws -> [RungOutcome] {
        let note = control.checkpointFolder! + "/note"
        if !fileExists(note) {
          try replaceFile(at: note, with: Data("\(trial.id)".utf8))
          while !control.isCancelled() { usleep(1000) }
          throw CancellationError()
        }
        #expect(try readFile(at: note) == Data("\(trial.id)".utf8))
        return [
          RungOutcome(
            tokens: trial.to, outcome: .finished(FormulaEvaluator.result(of: trial, noise: 0)))
        ]
      }
    }
    let folder = TemporaryFolder()
    let settings = configuration(
      methods: [.init(name: "a", trials: 2)], lag: 2, confirmationSeeds: 0)
    let started = Mutex(0)
    #expect(throws: CancellationError.self) {
      try studyRunner(folder.path, settings, Noting()).run(
        isCancelled: { started.withLock { $0 == 2 } },
        observer: { event, _ in
          if case .started = event { started.withLock { $0 += 1 } }
        })
    }
    let record = try studyRunner(folder.path, settings, Noting()).run()
    #expect(record.trials.count == 2)
  }

  @Test("stops with the evaluator's error after the others have saved themselves")
  func stopsWithTheEvaluatorsErrorAfterTheOthersHaveSavedThemselves() throws {
    struct Fault: Error, CustomStringConvertible { var description: String { "the disk is full" } }
    final class Failing: RunMeasurer {
      let stopped = Mutex(0)
      func measure(_ trial: RunRequest, control: RunControl) throws -> [RungOutcome] {
        if trial.id == 1 { throw Fault() }
        while !control.isCancelled() { usleep(1000) }
        stopped.withLock { $0 += 1 }
        throw CancellationError()
      }
    }
    let folder = TemporaryFolder()
    let failing = Failing()
    #expect(throws: Fault.self) { try studyRunner(folder.path, four, failing).run() }
    #expect(failing.stopped.withLock { $0 } == 1)
    // The same command again ends as if nothing had been.
    let whole = TemporaryFolder()
    #expect(
      try studyRunner(folder.path, four).run().trials.map(\.timeless)
        == studyRunner(whole.path, four).run().trials.map(\.timeless))
  }

  @Test("does not take a trial that gave up by itself for a cancelled one")
  func doesNotTakeATrialThatGaveUpByItselfForACancelledOne() {
    struct GivingUp: RunMeasurer {
      func measure(_ trial: RunRequest, control: RunControl) throws -> [RungOutcome] {
        throw CancellationError()
      }
    }
    let folder = TemporaryFolder()
    #expect(throws: RunError.abandoned(run: 0)) {
      try studyRunner(folder.path, four, GivingUp(), workers: 1).run()
    }
  }

  // MARK: - Progress

  @Test("tells how far it has come") func tellsHowFarItHasCome() throws {
    let folder = TemporaryFolder()
    let seen = Mutex<[RunProgress]>([])
    let record = try studyRunner(
      folder.path, four, FormulaEvaluator(delay: { _ in 0.002 }), workers: 2
    ).run(observer: { _, progress in seen.withLock { $0.append(progress) } })
    let log = seen.withLock { $0 }
    let last = try #require(log.last)
    #expect(last.ended == record.trials.count && last.total == record.trials.count)
    #expect(last.phase == .confirmation && last.running.isEmpty && last.secondsLeft == 0)
    // As many as there can be at first, never more later.
    let totals = log.map(\.total)
    #expect(zip(totals, totals.dropFirst()).allSatisfy { $0 >= $1 })
    // 7 + 9 + 5 + 1 of the search; two seeds for two finalists each of three methods, and one.
    #expect(totals.first == 36)
    #expect(log.allSatisfy { $0.running.count <= 2 })
    // Trials say that they take two seconds each, and two run at once.
    let middle = try #require(log.first { $0.ended == 3 && !$0.running.isEmpty })
    let seconds = try #require(middle.secondsLeft)
    #expect(abs(seconds - Double(middle.total - 3)) <= 1.01)
  }

  @Test("tells the time before it begins and learns from the trials")
  func tellsTheTimeBeforeItBeginsAndLearnsFromTheTrials() throws {
    let folder = TemporaryFolder()
    let seen = Mutex<[RunProgress]>([])
    // Expects twice what trials take.
    let price = RunPrice(prior: (4, 4)) { _ in 4 }
    _ = try studyRunner(folder.path, four, workers: 2, price: price)
      .run(observer: { _, progress in seen.withLock { $0.append(progress) } })
    let log = seen.withLock { $0 }
    // 36 trials of four seconds, two at once.
    #expect(log.first?.secondsLeft == 72)
    for progress in log where progress.running.isEmpty && progress.ended < progress.total - 1 {
      let done = Double(progress.ended)
      let each = 4 * (2 * done + 4) / (4 * done + 4)
      let expected = each * Double(progress.total - progress.ended) / 2
      #expect(abs(try #require(progress.secondsLeft) - expected) <= each)
    }
    #expect(log.last?.secondsLeft == 0)
  }

  // MARK: - What is in the folder

  @Test(
    "belongs to one configuration",
    arguments: [
      ("seed", "found seed 1, but now it is 2"), ("lag", "found lag 2, but now it is 3"),
      ("scale", "found scale 50k (50000 parameters, 1000000 tokens), but now it is 100k"),
      ("methods", "found methods a (7), short (9), b (5), uniform (1), but now it is a (7)"),
      ("trainer", "found learning rate 0.01, but now it is 0.02"),
      ("digest", "found corpus digest 0123, but now it is 4567"),
    ]) func belongsToOneConfiguration(field: String, expected: String) throws
  {
    let folder = TemporaryFolder()
    _ = try studyRunner(folder.path, four).run()
    var other = four
    switch field {
    case "seed": other.seed = 2
    case "lag": other.lag = 3
    case "scale": other.scale = large
    case "methods": other.methods = [four.methods[0]]
    case "trainer": other.trainer = formula(learningRate: 0.02)
    default: other.corpusDigest = "4567"
    }
    let evaluator = FormulaEvaluator()
    let error = message(of: { try studyRunner(folder.path, other, evaluator).run() })
    #expect(error.contains(expected), "\(error)")
    #expect(error.hasPrefix(folder / "study.json: "))
    #expect(!error.contains("\n"))
    #expect(evaluator.log.all.isEmpty)
    // A corpus that has moved is still the same.
    var moved = four
    moved.corpus = "elsewhere"
    _ = try studyRunner(folder.path, moved).run()
  }

  @Test("is refused where it is not one") func isRefusedWhereItIsNotOne() throws {
    let folder = TemporaryFolder()
    #expect(
      message(of: { try StudyRecord.read(folder: folder.path) })
        == "\(folder.path): found no study.json, expected the folder of a study; check the path")
    let missing = message(of: { try StudyRecord.read(folder: folder / "missing") })
    #expect(missing.contains("no such file or folder"))
    // Trials whose configuration is lost are not taken over by another study.
    _ = try studyRunner(folder.path, four).run()
    try FileManager.default.removeItem(atPath: folder / "study.json")
    #expect(
      message(of: { try studyRunner(folder.path, four).run() })
        .contains("found no study.json beside its runs.jsonl"))
    #expect(!FileManager.default.fileExists(atPath: folder / "study.json"))
    let old = TemporaryFolder()
    try Data("{}\n".utf8).write(to: URL(fileURLWithPath: old / "trials.jsonl"))
    #expect(throws: StudyError.self) { try studyRunner(old.path, four).run() }
    #expect(!FileManager.default.fileExists(atPath: old / "study.json"))
  }

  @Test("refuses files of another version") func refusesFilesOfAnotherVersion() throws {
    let folder = TemporaryFolder()
    _ = try studyRunner(folder.path, four).run()
    let journal = try String(contentsOfFile: folder / "runs.jsonl", encoding: .utf8)
    try Data((#"{"event":"began","version":2}"# + "\nwho knows\n").utf8)
      .write(to: URL(fileURLWithPath: folder / "runs.jsonl"))
    #expect(
      message(of: { try StudyRecord.read(folder: folder.path) })
        .contains("runs.jsonl: found version 2 of its layout, expected 1"))
    try Data(journal.utf8).write(to: URL(fileURLWithPath: folder / "runs.jsonl"))
    try Data(#"{"version": 3, "something": "else"}"#.utf8)
      .write(to: URL(fileURLWithPath: folder / "study.json"))
    #expect(
      message(of: { try studyRunner(folder.path, four).run() })
        .contains("study.json: found layout version 3, expected 1"))
    try Data(#"{"version": 1}"#.utf8).write(to: URL(fileURLWithPath: folder / "study.json"))
    #expect(
      message(of: { try studyRunner(folder.path, four).run() })
        .contains("study.json"))
  }

  @Test("keeps seeds of all sixty four bits and doubles to the last")
  func keepsSeedsOfAllSixtyFourBitsAndDoublesToTheLast() throws {
    let folder = TemporaryFolder()
    let settings = configuration(
      methods: [.init(name: "a", trials: 4)], seed: .max - 12, confirmationSeeds: 1)
    let record = try studyRunner(folder.path, settings).run()
    let read = try StudyRecord.read(folder: folder.path)
    #expect(read.configuration == settings)
    #expect(read.trials == record.trials)
    #expect(read.trials[0].request.seed == UInt64.max - 12)
  }

  @Test("refuses a configuration that makes no sense") func refusesAConfigurationThatMakesNoSense()
  {
    var none = four
    none.methods = []
    #expect(throws: StudyError.self) { try none.validate() }
    var twice = four
    twice.methods.append(four.methods[0])
    #expect(
      message(of: { try twice.validate() })
        == "methods: found 'a' twice, expected each method once")
    var lagging = four
    lagging.lag = 0
    #expect(
      message(of: { try lagging.validate() })
        == "lag: found 0, expected a number from 1 to 100000")
    let folder = TemporaryFolder()
    let typo = configuration(methods: [.init(name: "sobel", trials: 1)])
    #expect(
      message(of: { try studyRunner(folder / "new", typo).run() })
        .contains("did you mean 'sobol'?"))
    #expect(!FileManager.default.fileExists(atPath: folder / "new"))
  }
}

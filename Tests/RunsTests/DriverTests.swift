import Foundation
import Mixtures
import Numerics
import Storage
import Synchronization
import Testing

@testable import Runs

@Suite("A plan that is driven") struct DriverTests {
  private func jitter(_ seed: UInt64) -> @Sendable (RunRequest) -> Double {
    { request in
      var generator = SeededGenerator(seed: seed, stream: "\(request.id)")
      return 0.004 * generator.uniform()
    }
  }

  @Test("asks for the same by any number of workers and any timing", arguments: [1, 2, 8])
  func anyWorkers(workers: Int) throws {
    let expected = try drive(TemporaryFolder(), workers: 1).essence
    #expect(expected.count == 20 && expected.allSatisfy { $0.outcomes?.count == 1 })
    for timing in UInt64(1)...2 {
      let found = try drive(
        TemporaryFolder(), EveryBitPlan(), Formula(delay: jitter(timing)), workers: workers)
      #expect(found.essence == expected)
    }
  }

  @Test("goes on from every line of its journal to the same end, and runs nothing twice")
  func everyLine() throws {
    let whole = TemporaryFolder()
    let expected = try drive(
      whole, EveryBitPlan(), Formula(delay: jitter(4)), workers: 3)
    let journal = try whole.lines()
    #expect(journal.count > 60)
    for count in 0...journal.count {
      let folder = TemporaryFolder()
      try Data(journal[..<count].joined().utf8).write(to: URL(fileURLWithPath: folder.journal))
      let ended = try RunBook.ledger(folder: folder.path).settledCount
      let formula = Formula()
      let found = try drive(folder, EveryBitPlan(), formula)
      #expect(found.essence == expected.essence, "line \(count)")
      #expect(formula.log.all.count == 20 - ended, "line \(count)")
      #expect(
        found.notes(plan: "test", topic: "state") == expected.notes(plan: "test", topic: "state"))
      #expect(try RunBook.ledger(folder: folder.path).records == found.records)
    }
  }

  @Test("does nothing more once it has ended")
  func nothingMore() throws {
    let folder = TemporaryFolder()
    try drive(folder)
    let before = try folder.lines()
    let formula = Formula()
    try drive(folder, EveryBitPlan(), formula)
    #expect(formula.log.all.isEmpty)
    #expect(try folder.lines() == before)
  }

  @Test("takes over what another plan of the folder has run, and finishes what it had begun")
  func sharesRuns() throws {
    let folder = TemporaryFolder()
    let first = try drive(folder, EveryBitPlan(name: "first", count: 6))
    let formula = Formula()
    let steps =
      first.records.map { ($0.request, claim($0.request.id, plan: "second")) }
      + [(request([5, 1, 1]), claim(6, plan: "second"))]
    let second = try drive(
      folder, ListPlan(name: "second", purpose: .grid, steps: steps), formula)
    #expect(formula.log.all.map(\.mixture) == [mixture([5, 1, 1])])
    #expect(second.records(of: "second").count == 7 && second.count == 7)
    #expect(second.records(of: "first").map(\.outcomes) == first.records.map(\.outcomes))
    // Another learning rate is other work.
    var changed = conditions
    var other = settings
    other.learningRate = 0.01
    changed.evaluator = .trainer(other)
    let anew = RunRequest(
      conditions: changed, mixture: first[0].request.mixture, tokens: 1000, seed: 1)
    let again = Formula()
    try drive(
      folder,
      ListPlan(name: "third", purpose: .grid, steps: [(anew, claim(0, plan: "third"))]), again)
    #expect(again.log.all.count == 1)
  }

  @Test("knows a rung of a longer run for a run that ends there")
  func rungs() throws {
    let folder = TemporaryFolder()
    let key = RunKey(conditions: conditions, mixture: mixture([1, 2, 3]), seed: 1)
    let whole = RunRequest(key: key, to: 1000, measures: [250, 1000], ladder: [250, 500, 1000])
    let first = Formula()
    try drive(
      folder, ListPlan(name: "long", purpose: .grid, steps: [(whole, claim(0, plan: "long"))]),
      first)
    let short = RunRequest(
      conditions: conditions, mixture: mixture([1, 2, 3]), tokens: 250, seed: 1)
    let both = RunRequest(key: key, to: 500, measures: [250, 500])
    let second = Formula()
    let ledger = try drive(
      folder,
      ListPlan(
        name: "short", purpose: .grid,
        steps: [(short, claim(0, plan: "short")), (both, claim(1, plan: "short"))]), second)
    #expect(second.log.all.map(\.to) == [500])
    #expect(ledger.count == 3)
    #expect(ledger[1].outcomes == [measurement(short, at: 250)])
    // Now each of the three is known, in parts that others asked for.
    let third = Formula()
    let all = RunRequest(key: key, to: 1000, measures: [250, 500, 1000])
    let found = try drive(
      folder, ListPlan(name: "all", purpose: .grid, steps: [(all, claim(0, plan: "all"))]), third)
    #expect(third.log.all.isEmpty)
    #expect(found[3].outcomes == all.measures.map { measurement(all, at: $0) })
  }

  @Test("stops when it is cancelled and loses nothing")
  func cancelled() throws {
    let expected = try drive(TemporaryFolder()).essence
    let folder = TemporaryFolder()
    for tries in 1... {
      let ended = Mutex(0)
      do {
        let found = try drive(
          folder, EveryBitPlan(), Formula(delay: jitter(UInt64(tries))), workers: 3,
          isCancelled: { ended.withLock { $0 > tries % 3 } },
          observer: { news, _ in if case .ended = news { ended.withLock { $0 += 1 } } })
        #expect(found.essence == expected && tries > 3)
        break
      } catch is CancellationError {
        #expect(tries < 40)
      }
    }
  }

  @Test("ends with an attempt's error after the others have saved themselves")
  func failure() throws {
    struct Fault: Error {}
    final class Failing: RunMeasurer {
      let stopped = Mutex(0)
      func measure(_ request: RunRequest, control: RunControl) throws -> [RungOutcome] {
        if request.id == 1 { throw Fault() }
        while !control.isCancelled() { usleep(500) }
        stopped.withLock { $0 += 1 }
        throw CancellationError()
      }
    }
    let folder = TemporaryFolder()
    let failing = Failing()
    #expect(throws: Fault.self) {
      try Driver(
        plan: EveryBitPlan(), book: RunBook(folder: folder.path),
        evaluator: LocalEvaluator(failing, workers: 2), folder: folder.path
      ).run()
    }
    #expect(failing.stopped.withLock { $0 } == 1)
    #expect(try drive(folder).essence == drive(TemporaryFolder()).essence)
  }

  @Test("does not take a run that gave up by itself for a cancelled one")
  func abandoned() throws {
    struct GivingUp: RunMeasurer {
      func measure(_ request: RunRequest, control: RunControl) throws -> [RungOutcome] {
        throw CancellationError()
      }
    }
    #expect(throws: RunError.abandoned(run: 0)) {
      try Driver(
        plan: EveryBitPlan(), book: RunBook(), evaluator: LocalEvaluator(GivingUp(), workers: 1)
      ).run()
    }
  }

  @Test("takes a loss that is no number for a divergence, and refuses other numbers like it")
  func notFinite() throws {
    struct Broken: RunMeasurer {
      var seconds = 1.0
      func measure(_ request: RunRequest, control: RunControl) -> [RungOutcome] {
        var found = measurement(request, at: request.to).outcome.result!
        if request.id == 1 { found.losses[2].loss = .nan }
        found.seconds = seconds
        return [RungOutcome(tokens: request.to, outcome: .finished(found))]
      }
    }
    let book = RunBook()
    try Driver(plan: EveryBitPlan(count: 3), book: book, evaluator: DirectEvaluator(Broken())).run()
    #expect(
      book.ledger[1].outcome == .diverged(step: 0, reason: "the held-out loss of 'web' is nan"))
    #expect(throws: RunError.notFinite(run: 0)) {
      try Driver(
        plan: EveryBitPlan(), book: RunBook(),
        evaluator: DirectEvaluator(Broken(seconds: .infinity))
      ).run()
    }
  }

  @Test("leaves the checkpoints of a run that pauses, and no others")
  func checkpoints() throws {
    struct Saving: RunMeasurer {
      func measure(_ request: RunRequest, control: RunControl) throws -> [RungOutcome] {
        let note = control.checkpointFolder! + "/note"
        #expect(fileExists(note) == (request.from != nil))
        try replaceFile(at: note, with: Data("\(request.to)".utf8))
        return request.measures.map { measurement(request, at: $0) }
      }
    }
    let folder = TemporaryFolder()
    let key = RunKey(conditions: conditions, mixture: mixture([1, 2, 3]), seed: 1)
    let ladder = [250, 500, 1000]
    let parts = [
      RunRequest(key: key, to: 250, ladder: ladder),
      RunRequest(key: key, from: 250, to: 1000, measures: [500, 1000], ladder: ladder),
    ]
    let book = try RunBook(folder: folder.path)
    try Driver(
      plan: ListPlan(
        name: "test", purpose: .grid, steps: parts.enumerated().map { ($1, claim($0)) }),
      book: book, evaluator: LocalEvaluator(Saving(), workers: 1), folder: folder.path
    ).run()
    #expect(book.ledger.count == 2)
    #expect(!fileExists(folder / "checkpoints"))
  }

  @Test("says how far it has come, and in the end that nothing is left")
  func progress() throws {
    let seen = Mutex<[RunProgress]>([])
    try drive(
      TemporaryFolder(), EveryBitPlan(), Formula(delay: { _ in 0.002 }),
      observer: { _, progress in seen.withLock { $0.append(progress) } })
    let log = seen.withLock { $0 }
    #expect(log.allSatisfy { $0.total == 20 && $0.running.count <= 2 })
    #expect(log.last?.ended == 20 && log.last?.secondsLeft == 0)
    // Runs say that they take two seconds each, and two go on at once.
    for progress in log where progress.running.isEmpty && progress.ended > 0 {
      let left = try #require(progress.secondsLeft)
      #expect(abs(left - Double(20 - progress.ended)) <= 1.01)
    }
  }

  @Test("costs its scheduler as much for each of 10,000 runs as for each of 100")
  func flat() throws {
    func secondsPerRun(_ count: Int) throws -> Double {
      var best = Double.infinity
      for _ in 0..<3 {
        let book = RunBook()
        let start = threadSeconds()
        try Driver(
          plan: EveryBitPlan(count: count), book: book, evaluator: DirectEvaluator(Formula())
        ).run()
        best = min(best, (threadSeconds() - start) / Double(count))
        #expect(book.ledger.settledCount == count)
      }
      return best
    }
    let few = try secondsPerRun(100)
    let many = try secondsPerRun(10_000)
    #expect(many < 3 * few && many < 0.005, "\(few) s a run of 100, \(many) s of 10,000")
  }
}

/// Processor time of this thread: other tests run beside this one.
func threadSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
}

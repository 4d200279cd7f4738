import Foundation
import Mixtures
import Numerics
import Storage
import Synchronization
import Testing

@testable import Runs

@Suite("Runs elsewhere, whose attempts get lost and end in any order") struct LostAttemptTests {
  private func driver(
    _ folder: TemporaryFolder, _ cluster: StandInCluster,
    limit: Int = 20, pause: Double = 0
  ) throws -> Driver {
    Driver(
      plan: EveryBitPlan(lag: 3), book: try RunBook(folder: folder.path),
      evaluator: StandInCluster.Link(cluster), folder: folder.path,
      retries: RetryPolicy(limit: limit, pause: pause))
  }

  private var expected: [RunRecord] {
    get throws { try drive(TemporaryFolder(), EveryBitPlan(lag: 3)).essence }
  }

  @Test(
    "are tried again until each has a result, which is that of any other evaluator",
    arguments: [UInt64(1), 2, 3])
  func retries(seed: UInt64) throws {
    let folder = TemporaryFolder()
    let cluster = StandInCluster(seed: seed)
    let driver = try driver(folder, cluster)
    try driver.run()
    #expect(driver.ledger.essence == (try expected))
    #expect(cluster.begun.count > 20 && Set(cluster.begun).count == cluster.begun.count)
    // Every attempt is in the journal before it begins.
    let attempts = driver.ledger.records.reduce(0) { $0 + $1.attempts }
    #expect(attempts == cluster.begun.count)
  }

  @Test("go on while no driver is there, and a driver of one pass each time finds the same")
  func ticks() throws {
    let folder = TemporaryFolder()
    let cluster = StandInCluster(seed: 5)
    var passes = 0
    while true {
      let tick = try driver(folder, cluster)
      try tick.begin()
      if try tick.pass() { break }
      passes += 1
      cluster.advance()
      try #require(passes < 500)
    }
    let ledger = try RunBook.ledger(folder: folder.path)
    #expect(ledger.essence == (try expected) && passes > 10)
    #expect(Set(cluster.begun).count == cluster.begun.count)
  }

  @Test("are not waited for when the driver is stopped, and not begun twice by the next")
  func survive() throws {
    let folder = TemporaryFolder()
    let cluster = StandInCluster(seed: 6, lossRate: 0)
    let book = try RunBook(folder: folder.path)
    let stop = Atomic(false)
    #expect(throws: CancellationError.self) {
      try Driver(
        plan: EveryBitPlan(lag: 3), book: book, evaluator: StandInCluster.Link(cluster),
        folder: folder.path, isCancelled: { stop.load(ordering: .relaxed) },
        observer: { news, progress in
          if case .started = news, progress.ended > 3 { stop.store(true, ordering: .relaxed) }
        }
      ).run()
    }
    #expect(cluster.cancelled.isEmpty && book.ledger.records.contains { $0.state == .pending })
    let next = try driver(folder, cluster)
    try next.run()
    #expect(next.ledger.essence == (try expected))
    #expect(cluster.begun.count == 20)
  }

  @Test("are given up after so many losses, which is no result, and tried anew by the next command")
  func givenUp() throws {
    let folder = TemporaryFolder()
    let hopeless = StandInCluster(seed: 1, lossRate: 1)
    let words = message { try driver(folder, hopeless, limit: 3).run() }
    #expect(words.contains("was lost 3 times, the last time because its node failed"), "\(words)")
    let ledger = try RunBook.ledger(folder: folder.path)
    #expect(
      ledger.records.allSatisfy { $0.state == .lost && $0.attempts == 3 && $0.outcome == nil })
    let next = try driver(folder, StandInCluster(seed: 2, lossRate: 0))
    try next.run()
    #expect(next.ledger.essence == (try expected))
  }

  @Test("wait longer before each further attempt")
  func backOff() throws {
    let time = Mutex(1000.0)
    let cluster = StandInCluster(seed: 1, lossRate: 1)
    let driver = Driver(
      plan: EveryBitPlan(count: 1), book: RunBook(), evaluator: StandInCluster.Link(cluster),
      retries: RetryPolicy(limit: 5, pause: 10), now: { time.withLock { $0 } })
    try driver.begin()
    var begun: [Double] = []
    while begun.count < 4 {
      let before = cluster.begun.count
      _ = try driver.pass()
      if cluster.begun.count > before { begun.append(time.withLock { $0 }) }
      time.withLock { $0 += 1 }
      try #require(time.withLock { $0 } < 2000)
    }
    let gaps = zip(begun, begun.dropFirst()).map { $1 - $0 }
    for (gap, pause) in zip(gaps, [10.0, 20, 40]) { #expect((pause...(pause + 6)).contains(gap)) }
  }

  @Test("count when they end after all though they were held for lost")
  func lateResult() throws {
    let reports = Mutex<[(RunAttempt, AttemptReporter)]>([])
    struct Manual: Evaluator {
      let reports: @Sendable (RunAttempt, @escaping AttemptReporter) -> Void
      let capacity = 1
      func begin(_ attempt: RunAttempt, reporting: @escaping AttemptReporter) {
        reports(attempt, reporting)
      }
      func cancel(_ attempt: RunAttempt) {}
    }
    let driver = Driver(
      plan: EveryBitPlan(count: 1), book: RunBook(),
      evaluator: Manual { attempt, report in reports.withLock { $0.append((attempt, report)) } },
      retries: RetryPolicy(limit: 5, pause: 0))
    try driver.begin()
    _ = try driver.pass()
    let (first, report) = reports.withLock { $0[0] }
    report(first, .lost(reason: "nobody hears of it"))
    _ = try driver.pass()
    #expect(reports.withLock { $0.map(\.0.number) } == [1, 2])
    report(first, .measured([measurement(first.request, at: 1000)]))
    #expect(driver.ledger[0].outcomes == [measurement(first.request, at: 1000)])
    // The second one's is the same and comes too late.
    let second = reports.withLock { $0[1].0 }
    report(second, .measured([measurement(second.request, at: 1000)]))
    #expect(try driver.pass())
  }

  @Test("that are not wanted any more are cancelled, and stay so")
  func cancelled() throws {
    let folder = TemporaryFolder()
    let cluster = StandInCluster(seed: 1, lossRate: 0)
    let driver = try driver(folder, cluster)
    try driver.begin()
    _ = try driver.pass()
    try driver.cancel(run: 1)
    #expect(cluster.cancelled == ["1-1"])
    #expect(throws: RunError.stuck) { try driver.run() }
    #expect(try RunBook.ledger(folder: folder.path)[1].state == .cancelled)
  }
}

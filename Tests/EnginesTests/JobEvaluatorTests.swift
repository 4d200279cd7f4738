import Foundation
import Runs
import Storage
import Testing

@testable import Engines

@Suite("Runs that are jobs") struct JobEvaluatorTests {
  @Test("are handed over together where they come together, and the queue is asked twice a minute")
  func batches() throws {
    let bench = try Bench()
    let evaluator = try bench.evaluator()
    _ = try evaluator.recover([], reporting: bench.reporter)
    for run in 0..<50 { try evaluator.begin(bench.attempt(run), reporting: bench.reporter) }
    try evaluator.flush()
    try evaluator.begin(bench.attempt(50), reporting: bench.reporter)
    try evaluator.flush()
    #expect(bench.scheduler[\.submitted].map(\.attempts.count) == [50, 1])
    let jobs = bench.scheduler[\.submitted]
    let list = try String(contentsOfFile: try #require(jobs[0].list), encoding: .utf8)
    #expect(list.split(separator: "\n").count == 50 && list.hasSuffix("/49-1\n"))
    #expect(jobs[1].list == nil)
    try bench.pass(300, evaluator)
    #expect((5...11).contains(bench.scheduler[\.queries]))
    for run in 0...50 { try bench.publish(run) }
    try bench.pass(2, evaluator)
    #expect(
      bench.news
        == (0...50).map { "\($0)-1 measured" }.sorted { a, b in
          // By name, as the folder lists them.
          a < b
        })
    // Nothing is left to ask for.
    let queries = bench.scheduler[\.queries]
    try bench.pass(120, evaluator)
    #expect(bench.scheduler[\.queries] == queries)
  }

  @Test("that were handed over without an answer are looked for by name, and not handed over twice")
  func lookedUp() throws {
    let bench = try Bench()
    let evaluator = try bench.evaluator()
    _ = try evaluator.recover([], reporting: bench.reporter)
    bench.scheduler[\.answers] = [SubmissionError(isPassing: true, reason: "timed out")]
    bench.scheduler[\.takesAll] = true
    try evaluator.begin(bench.attempt(0), reporting: bench.reporter)
    try evaluator.flush()
    try bench.pass(100, evaluator)
    #expect(bench.scheduler[\.submitted].count == 1 && bench.news.isEmpty)
    // One that was not taken is handed over again, once.
    bench.scheduler[\.answers] = [SubmissionError(isPassing: true, reason: "timed out")]
    bench.scheduler[\.takesAll] = false
    try evaluator.begin(bench.attempt(1), reporting: bench.reporter)
    try evaluator.flush()
    try bench.pass(100, evaluator)
    #expect(bench.scheduler[\.submitted].count == 3)
    #expect(Set(bench.scheduler[\.submitted].map(\.name)).count == 3)
    #expect(evaluator.remarks().map(\.what).contains("queue unreachable"))
  }

  @Test("that a scheduler refuses end the command, and are made anew by the next")
  func refused() throws {
    let bench = try Bench()
    let evaluator = try bench.evaluator()
    _ = try evaluator.recover([], reporting: bench.reporter)
    bench.scheduler[\.answers] = [SubmissionError(isPassing: false, reason: "invalid partition")]
    try evaluator.begin(bench.attempt(0), reporting: bench.reporter)
    #expect {
      try evaluator.flush()
    } throws: { "\($0)".contains("invalid partition") }
    evaluator.close()
    let next = try bench.evaluator()
    #expect(try next.recover([bench.attempt(0)], reporting: bench.reporter).count == 1)
    try next.flush()
    #expect(bench.scheduler[\.submitted].count == 2)
  }

  @Test(
    "are lost a while after their job is gone, kept from the node that failed, and count when they end late"
  )
  func lost() throws {
    let bench = try Bench()
    let evaluator = try bench.evaluator()
    _ = try evaluator.recover([], reporting: bench.reporter)
    try evaluator.begin(bench.attempt(0), reporting: bench.reporter)
    try evaluator.flush()
    try bench.pass(40, evaluator)
    bench.scheduler.end("mix-1", .nodeFailed)
    try bench.pass(59, evaluator)
    #expect(bench.news.isEmpty)
    try bench.pass(60, evaluator)
    #expect(bench.news == ["0-1 lost its node failed on n0"])
    try evaluator.begin(bench.attempt(0, 2), reporting: bench.reporter)
    try evaluator.flush()
    #expect(bench.scheduler[\.submitted][1].excludedNodes == ["n0"])
    // The first was cut off, and ends all the same.
    try bench.publish(0, 1)
    try bench.pass(2, evaluator)
    #expect(bench.news.last == "0-1 measured")
  }

  @Test("of which nothing can be asked are concluded nothing of")
  func unreachable() throws {
    let bench = try Bench()
    let evaluator = try bench.evaluator()
    _ = try evaluator.recover([], reporting: bench.reporter)
    try evaluator.begin(bench.attempt(0), reporting: bench.reporter)
    try evaluator.flush()
    bench.scheduler[\.isReachable] = false
    bench.scheduler[\.statuses] = []
    try bench.pass(2000, evaluator)
    #expect(bench.news.isEmpty && bench.scheduler[\.queries] < 20)
    #expect(evaluator.remarks().map(\.what) == ["queue unreachable"])
    bench.scheduler[\.isReachable] = true
    try bench.publish(0)
    try bench.pass(400, evaluator)
    #expect(bench.news == ["0-1 measured"])
  }

  @Test("go on without their driver, and what the journal has not taken in is heard again")
  func recovered() throws {
    let bench = try Bench()
    let first = try bench.evaluator()
    _ = try first.recover([], reporting: bench.reporter)
    for run in 0..<3 { try first.begin(bench.attempt(run), reporting: bench.reporter) }
    try first.flush()
    try bench.publish(1)
    try first.poll()
    #expect(bench.news == ["1-1 measured"])
    // Killed before the journal had it: nothing was acknowledged.
    let second = try bench.evaluator()
    let open = (0..<3).map { bench.attempt($0) }
    #expect(try second.recover(open, reporting: bench.reporter) == open)
    #expect(second.remarks().map(\.what) == ["driver killed"])
    try bench.pass(2, second)
    #expect(bench.news == ["1-1 measured", "1-1 measured"])
    #expect(bench.scheduler[\.submitted].count == 1)
    second.close()
    // Acknowledged, it is gone; and this one came to its end as it should.
    let third = try bench.evaluator()
    _ = try third.recover([bench.attempt(0), bench.attempt(2)], reporting: bench.reporter)
    try bench.pass(2, third)
    #expect(bench.news.count == 2 && third.remarks().isEmpty)
  }

  @Test("go on from what the attempt before kept")
  func continued() throws {
    let bench = try Bench()
    let evaluator = try bench.evaluator()
    _ = try evaluator.recover([], reporting: bench.reporter)
    try evaluator.begin(bench.attempt(4), reporting: bench.reporter)
    let first = try RequestDocument.read(in: AttemptFolder(in: bench.folder, run: 4, attempt: 1))
    #expect(first.continues == nil)
    try Data("x".utf8).write(to: URL(fileURLWithPath: try #require(first.checkpoint) + "/state"))
    // The second kept nothing.
    for number in 2...3 {
      try evaluator.begin(bench.attempt(4, number), reporting: bench.reporter)
      let place = AttemptFolder(in: bench.folder, run: 4, attempt: number)
      #expect(try RequestDocument.read(in: place).continues == first.checkpoint)
    }
  }
}

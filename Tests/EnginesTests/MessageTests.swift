import Foundation
import Mixtures
import Runs
import Storage
import Testing

@testable import Engines

private let attempt: RunAttempt = {
  let conditions = RunConditions(
    corpus: "0123", domains: ["books", "web"], size: "1B", parameters: 1_000_000_000,
    evaluator: .other(kind: "command", settings: ["trainer": "mine"]))
  var request = RunRequest(
    conditions: conditions, mixture: .uniform(over: ["books", "web"]), tokens: 1000, seed: 3)
  request.id = 4
  return RunAttempt(request: request, number: 1)
}()

private func message(
  _ code: Int32, stop: OutboxMessage.Stop? = nil, result: String? = nil, line: String = ""
) -> OutboxMessage {
  OutboxMessage(
    run: 4, attempt: 1, code: code, stop: stop, result: result, lastLine: line, host: "n1",
    seconds: 5)
}

/// In a word, what is made of it.
private func kind(_ news: AttemptNews) -> String {
  switch news {
  case .measured(let outcomes): outcomes.last!.outcome.hasDiverged ? "diverged" : "measured"
  case .lost(let reason): "lost: \(reason)"
  case .interrupted(let reason): "interrupted: \(reason)"
  case .failed: "failed"
  case .stopped: "stopped"
  case .progressed: "progressed"
  }
}

@Suite("The end of an attempt") struct MessageTests {
  private static let good = #"{"status": "finished", "losses": {"books": 1, "web": 2}}"#

  @Test(
    "is a result, a divergence, a loss, an interruption or a mistake, by the trainer's exit code",
    arguments: [
      (message(0, result: good), "measured"), (message(0), "failed"),
      (message(0, result: "{}"), "failed"), (message(86), "diverged"),
      (message(86, result: #"{"status": "diverged"}"#), "diverged"),
      (message(85), "interrupted: it stopped on n1 and saved itself"),
      (
        message(85, stop: .timeLimit),
        "interrupted: it hit its time limit of 60 s on n1 and saved itself"
      ),
      (message(1, line: "KeyError"), "lost: it ended with exit code 1 on n1: KeyError"),
      (message(137), "lost: signal 9 ended it on n1"),
      (message(137, stop: .timeLimit), "lost: it hit its time limit of 60 s on n1"),
      (message(143, stop: .signal), "interrupted: it was stopped by a signal on n1"),
      // Asked to stop, it was done all the same.
      (message(0, stop: .signal, result: good), "measured"),
      (message(64), "failed"), (message(127), "failed"),
    ])
  func reading(message: OutboxMessage, expected: String) {
    let news = MessageReading(
      message: message, attempt: attempt,
      measures: [.init(name: "books"), .init(name: "web")], folder: AttemptFolder("/a/4-1"),
      time: 60
    ).news
    #expect(kind(news) == expected)
  }

  @Test(
    "without a message is what its scheduler says of the job",
    arguments: [
      (JobStatus.State.preempted, "interrupted: it was preempted on n2"),
      (.cancelled, "interrupted: it was cancelled on n2"),
      (.timedOut, "lost: it hit its time limit of 60 s on n2"),
      (.nodeFailed, "lost: its node failed on n2"),
      (.completed, "lost: its job ended on n2 without a message"),
      (.outOfMemory, "lost: it ran out of memory on n2"),
      (.held, "lost: its launch failed on n2"),
    ])
  func conclusion(state: JobStatus.State, expected: String) {
    let status = JobStatus(name: "a", index: nil, id: "1", state: state, node: "n2", words: "")
    let found = JobConclusion(status, stopped: nil, time: 60)
    #expect(kind(found.news) == expected)
    #expect((found.blamedNode == nil) == ![.nodeFailed, .held].contains(state))
    // Nobody knows it any more.
    #expect(kind(JobConclusion(nil, stopped: nil, time: nil).news).hasPrefix("lost"))
  }

  @Test("is in the outbox whole or not at all, and a damaged message is never believed")
  func outbox() throws {
    let folder = NSTemporaryDirectory() + "mixpipe-outbox-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let outbox = Outbox(in: folder)
    #expect(outbox.messages().found.isEmpty)
    try outbox.publish(message(0, result: Self.good))
    try outbox.publish(message(85))
    let found = outbox.messages().found
    #expect(found.map(\.message.run) == [4, 4] && Set(found.map(\.file)).count == 2)
    for (file, _) in found {
      var bytes = [UInt8](try readFile(at: file))
      for place in stride(from: 0, to: bytes.count - 1, by: 7) {
        bytes[place] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        #expect(!outbox.messages().found.contains { $0.file == file }, "byte \(place)")
        bytes[place] ^= 1
      }
    }
    #expect(outbox.messages().damaged.count == 2)
  }

  @Test("waits for an outbox that cannot be written, and says so")
  func fullOutbox() throws {
    let folder = NSTemporaryDirectory() + "mixpipe-outbox-\(UUID().uuidString)"
    try makeFolder(at: folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let outbox = Outbox(in: folder)
    // A file in the folder's place.
    try Data().write(to: URL(fileURLWithPath: outbox.path))
    #expect(throws: (any Error).self) {
      try outbox.publish(message(0), patience: 0.5, isCancelled: { false })
    }
    let thread = Thread {
      usleep(700_000)
      unlink(outbox.path)
    }
    thread.start()
    try outbox.publish(message(0), patience: 30, isCancelled: { false })
    let found = outbox.messages().found
    #expect(found.count == 1 && found[0].message.refusals > 0 && found[0].message.refusal != nil)
  }
}

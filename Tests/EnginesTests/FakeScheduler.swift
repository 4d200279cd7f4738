import Foundation
import Mixtures
import Runs
import Storage
import Synchronization

@testable import Engines

/// A queue whose jobs do what a test says.
final class FakeScheduler: Scheduler {
  struct State {
    var submitted: [Job] = []
    /// What a query lists.
    var statuses: [JobStatus] = []
    var queries = 0
    var cancelled: [JobHandle] = []
    /// What the next submissions are answered with; nil for a job that is taken.
    var answers: [SubmissionError?] = []
    /// Whether a job whose answer is an error was taken all the same.
    var takesAll = false
    var isReachable = true
  }

  let outlivesDriver = true
  let takesBatches = true
  let interval = 30.0
  let patience = 60.0
  private let state = Mutex(State())

  subscript<Value: Sendable>(path: WritableKeyPath<State, Value> & Sendable) -> Value {
    get { state.withLock { $0[keyPath: path] } }
    set { state.withLock { $0[keyPath: path] = newValue } }
  }

  func submit(_ job: Job) throws -> String {
    let answer = state.withLock { state -> SubmissionError? in
      let answer = state.answers.isEmpty ? nil : state.answers.removeFirst()
      state.submitted.append(job)
      if answer == nil || state.takesAll {
        for place in job.attempts.indices {
          state.statuses.append(
            JobStatus(
              name: job.name, index: job.list == nil ? nil : place,
              id: "\(state.submitted.count)", state: .running, node: "n\(place)", words: ""))
        }
      }
      return answer
    }
    if let answer { throw answer }
    return "\(state.withLock { $0.submitted.count })"
  }

  func query(_ jobs: [JobHandle]) throws -> [JobStatus] {
    try state.withLock { state in
      state.queries += 1
      guard state.isReachable else { throw SubmissionError(isPassing: true, reason: "no answer") }
      return state.statuses
    }
  }

  func cancel(_ jobs: [JobHandle]) { state.withLock { $0.cancelled += jobs } }

  func end(_ name: String, _ ending: JobStatus.State) {
    state.withLock { state in
      for place in state.statuses.indices where state.statuses[place].name == name {
        state.statuses[place].state = ending
      }
    }
  }
}

/// A folder with an evaluator over a fake queue, on a clock that only a test moves.
final class Bench: Sendable {
  let folder = NSTemporaryDirectory() + "mixpipe-engine-\(UUID().uuidString)"
  let scheduler = FakeScheduler()
  private let time = Mutex(1000.0)
  private let heard = Mutex<[String]>([])

  init() throws { try makeFolder(at: folder) }
  deinit { try? FileManager.default.removeItem(atPath: folder) }

  /// A new driver's.
  func evaluator() throws -> JobEvaluator {
    var settings = EngineSettings()
    settings.kind = .slurm
    settings.id = "mix"
    settings.trainer = "train {folder}"
    return JobEvaluator(
      folder: folder, settings: settings,
      data: try TrainingData(name: "x", domains: [.init(name: "books"), .init(name: "web")]),
      scheduler: scheduler, capacity: 100, blend: nil, program: "/m",
      now: { [self] in time.withLock { $0 } })
  }

  func attempt(_ run: Int, _ number: Int = 1) -> RunAttempt {
    let conditions = RunConditions(
      corpus: "0123", domains: ["books", "web"], size: "1B", parameters: 1_000_000_000,
      evaluator: .other(kind: "command", settings: ["trainer": "mine"]))
    var request = RunRequest(
      conditions: conditions, mixture: .uniform(over: ["books", "web"]), tokens: 1000,
      seed: UInt64(run))
    request.id = run
    return RunAttempt(request: request, number: number, folder: "\(folder)/checkpoints/run-\(run)")
  }

  /// `0-1 measured`, `2-1 lost its node failed …`, in order.
  var news: [String] { heard.withLock { $0 } }

  var reporter: AttemptReporter {
    { [self] attempt, news in
      let words: String
      switch news {
      case .measured: words = "measured"
      case .lost(let reason): words = "lost \(reason)"
      case .interrupted(let reason): words = "interrupted \(reason)"
      case .failed(let error): words = "failed \(error)"
      case .stopped: words = "stopped"
      case .progressed: return
      }
      heard.withLock { $0.append("\(attempt.run)-\(attempt.number) \(words)") }
    }
  }

  func publish(_ run: Int, _ number: Int = 1) throws {
    try Outbox(in: folder).publish(
      OutboxMessage(
        run: run, attempt: number, code: 0,
        result: #"{"status": "finished", "losses": {"books": 1, "web": 2}}"#, lastLine: "",
        host: "n1", seconds: 3))
  }

  /// Lets seconds go by, with a look each second.
  func pass(_ seconds: Int, _ evaluator: JobEvaluator) throws {
    for _ in 0..<seconds {
      time.withLock { $0 += 1 }
      try evaluator.poll()
      evaluator.acknowledge()
      try evaluator.flush()
    }
  }
}

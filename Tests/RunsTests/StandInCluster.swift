import Foundation
import Mixtures
import Numerics
import Synchronization

@testable import Runs

/// A cluster that goes on without its driver: attempts are begun by name, end in any order, get lost on the
/// way, and are heard of when somebody asks.
final class StandInCluster: Sendable {
  struct Job {
    var attempt: RunAttempt
    /// Rounds until it ends.
    var left: Int
    var isLost: Bool
    var isReported = false
  }

  private let state: Mutex<(jobs: [String: Job], begun: [String], cancelled: [String])>
  private let seed: UInt64
  private let lossRate: Double

  init(seed: UInt64, lossRate: Double = 0.3) {
    self.seed = seed
    self.lossRate = lossRate
    state = Mutex(([:], [], []))
  }

  static func name(_ attempt: RunAttempt) -> String { "\(attempt.run)-\(attempt.number)" }

  /// The attempts begun, by name and in order.
  var begun: [String] { state.withLock { $0.begun } }
  var cancelled: [String] { state.withLock { $0.cancelled } }

  func submit(_ attempt: RunAttempt) {
    let name = Self.name(attempt)
    var generator = SeededGenerator(seed: seed, stream: name)
    let job = Job(
      attempt: attempt, left: 1 + generator.integer(below: 5),
      isLost: generator.uniform() < lossRate)
    state.withLock {
      precondition($0.jobs[name] == nil, "\(name) was submitted twice")
      $0.jobs[name] = job
      $0.begun.append(name)
    }
  }

  /// Lets time pass, whether anybody looks or not.
  func advance() {
    state.withLock { state in for name in state.jobs.keys { state.jobs[name]!.left -= 1 } }
  }

  func cancel(_ attempt: RunAttempt) {
    state.withLock { $0.cancelled.append(Self.name(attempt)) }
  }

  func knows(_ attempt: RunAttempt) -> Bool {
    state.withLock { $0.jobs[Self.name(attempt)].map { !$0.isReported } ?? false }
  }

  /// Those that have ended since the last call.
  func ended() -> [Job] {
    state.withLock { state in
      let names = state.jobs.filter { $0.value.left <= 0 && !$0.value.isReported }.keys.sorted()
      for name in names { state.jobs[name]!.isReported = true }
      return names.map { state.jobs[$0]! }
    }
  }

  /// A driver's view of it.
  final class Link: Evaluator {
    let capacity: Int
    let outlivesDriver = true
    private let cluster: StandInCluster
    private let reporter = Mutex<AttemptReporter?>(nil)

    init(_ cluster: StandInCluster, capacity: Int = 3) {
      self.cluster = cluster
      self.capacity = capacity
    }

    func begin(_ attempt: RunAttempt, reporting: @escaping AttemptReporter) {
      reporter.withLock { $0 = reporting }
      cluster.submit(attempt)
    }

    func recover(
      _ attempts: [RunAttempt], reporting: @escaping AttemptReporter
    ) -> [RunAttempt] {
      reporter.withLock { $0 = reporting }
      return attempts.filter(cluster.knows)
    }

    func poll() {
      cluster.advance()
      guard let report = reporter.withLock({ $0 }) else { return }
      for job in cluster.ended() {
        if job.isLost {
          report(job.attempt, .lost(reason: "its node failed"))
        } else {
          let request = job.attempt.request
          report(
            job.attempt, .measured(request.measures.map { measurement(request, at: $0) }))
        }
      }
    }

    func cancel(_ attempt: RunAttempt) { cluster.cancel(attempt) }
  }
}

import Runs

/// What the end of a job means for an attempt from which nobody has heard, or which a signal stopped.
struct JobConclusion {
  var news: AttemptNews
  /// The node that the next attempt should keep clear of.
  var blamedNode: String?
  /// Whether the job is still in the queue, and must not be.
  var mustBeCancelled = false

  init(_ status: JobStatus?, stopped: OutboxMessage?, time: Double?) {
    let place = (status?.node ?? stopped?.host).map { " on \($0)" } ?? ""
    let saved = stopped?.code == TrainerExit.resumable ? " and saved itself" : ""
    switch status?.state {
    case .preempted: news = .interrupted(reason: "it was preempted\(place)\(saved)")
    case .cancelled: news = .interrupted(reason: "it was cancelled\(place)\(saved)")
    case .timedOut:
      let limit = time.map { " of \(Int($0)) s" } ?? ""
      let reason = "it hit its time limit\(limit)\(place)\(saved)"
      news = saved.isEmpty ? .lost(reason: reason) : .interrupted(reason: reason)
    case .nodeFailed:
      news = .lost(reason: "its node failed\(place)")
      blamedNode = status?.node
    case .held:
      news = .lost(reason: "its launch failed\(place)")
      blamedNode = status?.node
      mustBeCancelled = true
    case .outOfMemory: news = .lost(reason: "it ran out of memory\(place)")
    case .failed:
      news = .lost(reason: "its job failed\(place) without a message")
    case .completed: news = .lost(reason: "its job ended\(place) without a message")
    case .waiting, .running, nil:
      news =
        stopped != nil
        ? .interrupted(reason: "it was stopped by a signal\(place)\(saved)")
        : .lost(reason: "its job is gone without a message")
    }
    if stopped != nil, case .lost(let reason) = news { news = .interrupted(reason: reason + saved) }
  }
}

import Mixtures
import Reports
import Studies

/// A study or transfer check on the terminal: what has ended, what is best, how long it will take.
struct StudyDisplay: Sendable {
  let line: ProgressLine

  func show(_ event: StudyEvent, _ progress: StudyProgress) {
    switch event {
    case .began(let finished, let resumed):
      if finished + resumed > 0 {
        line.note(
          "Going on: \(finished) trials had ended"
            + (resumed > 0 ? ", \(resumed) are begun again." : "."))
      }
      if let left = progress.secondsLeft, left > 0 {
        line.note("\(progress.total) trials at most; about \(Format.duration(left)).")
      }
    case .finished(let trial, nil):
      line.note("Trial \(trial.request.id) diverged: \(names(of: trial)).")
    default: break
    }
    var text = "\(phase(progress.phase))  \(progress.finished)/\(progress.total) trials"
    if let best = progress.best {
      text += "  best \(fixed(best.loss, 4)) (\(best.names.joined(separator: ", ")))"
    }
    if progress.diverged > 0 { text += "  \(progress.diverged) diverged" }
    if !progress.running.isEmpty {
      text +=
        "  running "
        + progress.running.map { "\(Int($0.fraction * 100))" }.joined(separator: " ") + " %"
    }
    if let left = progress.secondsLeft { text += "  \(Format.duration(left)) left" }
    line.update(text)
  }

  private func names(of trial: TrialRecord) -> String {
    trial.claims.map(\.name).joined(separator: ", ")
  }

  private func phase(_ purpose: TrialRequest.Purpose) -> String {
    switch purpose {
    case .search: "searching"
    case .confirmation: "fresh seeds"
    case .transfer: "transfer"
    }
  }
}

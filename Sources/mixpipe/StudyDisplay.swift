import Mixtures
import Reports
import Runs
import Studies
import Synchronization

/// What happened to an engine, in a line; nil for other notes.
func remark(_ note: RunNote) -> String? {
  guard note.plan == EvaluatorRemark.plan,
    let remark = try? note.decoded(as: EvaluatorRemark.self)
  else { return nil }
  return "\(remark.what.prefix(1).uppercased())\(remark.what.dropFirst()): \(remark.details)."
}

/// Runs on the terminal: what has ended, what is best, how long it will take.
final class StudyDisplay: Sendable {
  let line: ProgressLine
  /// What the lowest loss is of, where a search goes on.
  private let objective: Objective?
  private let best = Mutex<(run: Int, names: [String], loss: Double)?>(nil)

  init(line: ProgressLine, objective: Objective? = nil) {
    self.line = line
    self.objective = objective
  }

  func show(_ news: RunNews, _ progress: RunProgress) {
    switch news {
    case .began(let ledger, let resumed):
      for record in ledger.records { consider(record) }
      if progress.ended + resumed > 0 {
        line.note(
          "Going on: \(progress.ended) runs had ended"
            + (resumed > 0 ? ", \(resumed) are begun again." : "."))
      }
      if let left = progress.secondsLeft, left > 0 {
        line.note("\(progress.total) runs at most; about \(Format.duration(left)).")
      }
    case .ended(let record):
      consider(record)
      if record.outcome?.hasDiverged == true {
        line.note("Run \(record.request.id) diverged: \(names(of: record)).")
      }
    case .shared(let record, _):
      // Others may have asked for the best since.
      best.withLock {
        if $0?.run == record.request.id { $0?.names = record.claims.map(\.name) }
      }
    case .lost(let record, let reason):
      line.note("Run \(record.request.id) was lost, \(reason).")
    case .interrupted(let record, let reason):
      line.note("Run \(record.request.id) was cut short, \(reason); it goes on.")
    case .noted(let note):
      if let words = remark(note) { line.note(words) }
    default: break
    }
    line.update(text(progress))
  }

  private func consider(_ record: RunRecord) {
    guard let objective, record.claims.contains(where: { $0.purpose == .search }),
      let loss = record.observation.flatMap(objective.value(of:))
    else { return }
    best.withLock { best in
      if loss < best?.loss ?? .infinity {
        best = (record.request.id, record.claims.map(\.name), loss)
      }
    }
  }

  private func text(_ progress: RunProgress) -> String {
    var text = "\(phase(progress.phase))  \(progress.ended)/\(progress.total) runs"
    if let best = best.withLock({ $0 }) {
      text += "  best \(fixed(best.loss, 4)) (\(best.names.joined(separator: ", ")))"
    }
    if progress.diverged > 0 { text += "  \(progress.diverged) diverged" }
    if !progress.running.isEmpty {
      text +=
        "  running "
        + progress.running.map { "\(Int($0.fraction * 100))" }.joined(separator: " ") + " %"
    }
    if let left = progress.secondsLeft { text += "  \(Format.duration(left)) left" }
    return text
  }

  private func names(of record: RunRecord) -> String {
    record.claims.map(\.name).joined(separator: ", ")
  }

  private func phase(_ purpose: RunClaim.Purpose) -> String {
    switch purpose {
    case .search: "searching"
    case .confirmation: "fresh seeds"
    case .transfer: "transfer"
    case .grid: "training"
    }
  }
}

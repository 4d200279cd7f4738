import Foundation
import Storage

/// A line of the journal of a study of several sizes. The first line is a header of its own.
enum FidelityEvent: Sendable, Hashable {
  /// A task was proposed; it runs once this line is on disk.
  case proposed(FidelityTask, at: Double)
  case ended(task: Int, [RungOutcome], at: Double)
  case incumbent(FidelityIncumbent)
}

extension FidelityEvent: Codable {
  private enum Kind: String, Codable { case proposed, ended, incumbent }
  private enum Key: CodingKey { case event, task, request, rungs, incumbent, at }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    switch try fields.decode(Kind.self, forKey: .event) {
    case .proposed:
      self = .proposed(
        try fields.decode(FidelityTask.self, forKey: .request),
        at: try fields.decode(Double.self, forKey: .at))
    case .ended:
      self = .ended(
        task: try fields.decode(Int.self, forKey: .task),
        try fields.decode([RungOutcome].self, forKey: .rungs),
        at: try fields.decode(Double.self, forKey: .at))
    case .incumbent:
      self = .incumbent(try fields.decode(FidelityIncumbent.self, forKey: .incumbent))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    switch self {
    case .proposed(let task, let at):
      try fields.encode(Kind.proposed, forKey: .event)
      try fields.encode(task, forKey: .request)
      try fields.encode(at, forKey: .at)
    case .ended(let task, let rungs, let at):
      try fields.encode(Kind.ended, forKey: .event)
      try fields.encode(task, forKey: .task)
      try fields.encode(rungs, forKey: .rungs)
      try fields.encode(at, forKey: .at)
    case .incumbent(let incumbent):
      try fields.encode(Kind.incumbent, forKey: .event)
      try fields.encode(incumbent, forKey: .incumbent)
    }
  }
}

/// A task as the journal tells it.
package struct FidelityTaskRecord: Sendable, Hashable {
  package var task: FidelityTask
  /// Nil while it runs.
  package var rungs: [RungOutcome]?
  /// Seconds since 1970 at which it was proposed and at which it ended.
  package var proposedAt: Double
  package var endedAt: Double?
  /// What would have been handed over once it had ended on the clock of costs; nil before that, and where
  /// there was nothing.
  package var incumbent: FidelityIncumbent?
}

/// The tasks of a journal.
struct FidelityLedger: EventLedger {
  static let contents = "runs"

  /// By id.
  private(set) var tasks: [FidelityTaskRecord] = []
  private(set) var endedCount = 0

  init() {}

  /// - Returns: what contradicts the events so far, and then nothing has changed; nil where all is well.
  mutating func apply(_ event: FidelityEvent) -> String? {
    switch event {
    case .proposed(let task, let at):
      guard task.id == tasks.count else { return "task \(task.id) where \(tasks.count) comes next" }
      tasks.append(FidelityTaskRecord(task: task, proposedAt: at))
    case .ended(let id, let rungs, let at):
      guard tasks.indices.contains(id) else { return "an end of task \(id), which is not there" }
      guard tasks[id].rungs == nil else { return "task \(id) ends twice" }
      tasks[id].rungs = rungs
      tasks[id].endedAt = at
      endedCount += 1
    case .incumbent(let incumbent):
      guard tasks.indices.contains(incumbent.after) else {
        return "an incumbent after task \(incumbent.after), which is not there"
      }
      tasks[incumbent.after].incumbent = incumbent
    }
    return nil
  }
}

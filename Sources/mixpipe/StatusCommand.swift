import ArgumentParsing
import Engines
import Foundation
import Reports
import Runs
import Storage
import Studies

struct StatusCommand: Command {
  static let commandName = "status"
  static let abstract = "Show what a folder's jobs do: what runs where, what waits, and what for."
  static let discussion = """
    Reads the journal and the jobs' own folders, and asks the scheduler once. Nothing in the folder is changed, and \
    whoever drives it goes on. 'mixpipe watch' shows the losses.
    """

  @Argument("Folder of a study, comparison, transfer check or testbed.", completion: .folders)
  var folder: String
  @Flag("Print it as JSON.")
  var json = false

  func run() throws {
    let status = try EngineStatus(folder: folder)
    if json {
      try emitDocument(status, kind: "status")
    } else {
      try emit(status.text, terminator: "")
    }
  }
}

/// What is known of a folder's jobs at the moment.
struct EngineStatus: Encodable {
  struct Attempt: Encodable {
    var run: Int
    var attempt: Int
    /// What asked for it: the method and its trial.
    var name: String
    var size: String
    /// `waiting`, `running`, `ended`, or `unknown`.
    var state: String
    var job: String?
    var node: String?
    /// What it waits for, or how it ended.
    var words: String?
    var progress: Double?
    var progressLine: String?
    var seconds: Double
  }

  struct Event: Encodable {
    var at: Double
    var words: String
  }

  var folder: String
  var engine: String
  var driver: String?
  var ended: Int
  var waiting: Int
  var losses: Int
  var interruptions: Int
  var attempts: [Attempt]
  var remarks: [Event]

  init(folder: String) throws {
    self.folder = folder
    let ledger = try RunGrid.ledger(of: folder)
    guard let settings = try EngineSettings.stored(in: folder) else {
      throw UnfitFolder(
        "\(folder): found no engine.json, expected a folder whose runs are jobs; 'mixpipe watch \(folder)' shows others"
      )
    }
    engine = settings.kind?.rawValue ?? "local"
    driver = DriverDocument.stored(in: folder).map { "process \($0.process) on \($0.host)" }
    let records = ledger.records
    let open = records.filter { $0.state == .pending && $0.attempts > $0.lastConcluded }
    ended = records.count { $0.state == .ended }
    waiting = records.count { $0.state == .pending } - open.count
    losses = records.reduce(0) { $0 + $1.losses }
    interruptions = records.reduce(0) { $0 + $1.interruptions }
    let root = absolute(folder)
    var handles: [JobHandle] = []
    var jobs: [Int: JobDocument] = [:]
    for record in open {
      let place = AttemptFolder(
        in: root, run: record.request.id, attempt: record.attempts)
      guard let job = try? JobDocument.read(in: place), let name = job.name else { continue }
      jobs[record.request.id] = job
      let id = (try? readFile(at: "\(root)/jobs/\(name).id")).map {
        String(decoding: $0, as: UTF8.self)
      }
      handles.append(JobHandle(name: name, index: job.index, id: id, folder: place.path))
    }
    let session = try EngineSession(EngineOptions(), folder: folder, workers: 1)
    let scheduler = session.scheduler(
      settings.kind ?? .local, program: settings.program ?? EngineSession.ownPath)
    let statuses = handles.isEmpty ? [] : try? scheduler.query(handles)
    let now = wallClock()
    attempts = open.map { record in
      let id = record.request.id
      let place = AttemptFolder(in: root, run: id, attempt: record.attempts)
      let job = jobs[id]
      let known = statuses?.last { $0.name == job?.name && $0.index == job?.index }
      let progress = place.lastProgress
      return Attempt(
        run: id, attempt: record.attempts,
        name: record.claims.first.map { "\($0.name) \($0.ordinal + 1)" } ?? "",
        size: record.request.scale.size,
        state: known.map { $0.state.hasEnded ? "ended" : $0.state.rawValue }
          ?? (job == nil ? "waiting" : statuses == nil ? "unknown" : "ended"),
        job: known?.id ?? job?.name, node: known?.node,
        words: known?.words ?? (job == nil ? "to be handed over" : nil),
        progress: progress?.share, progressLine: progress?.line,
        seconds: max(now - (job?.handedOverAt ?? record.askedAt), 0))
    }
    remarks = ledger.notes(plan: EvaluatorRemark.plan, topic: EvaluatorRemark.topic).suffix(5)
      .compactMap { note in
        guard let found = try? note.decoded(as: EvaluatorRemark.self), let words = remark(note)
        else { return nil }
        return Event(at: found.at, words: words)
      }
  }

  var text: String {
    var lines = [
      "\(folder): engine \(engine), "
        + (driver.map { "driven by \($0)" } ?? "nobody drives it at the moment") + ".",
      "\(ended) runs have ended, \(attempts.count) are under way, \(waiting) wait; "
        + "\(losses) attempts were lost and \(interruptions) cut short.",
    ]
    if !attempts.isEmpty {
      var table = TextTable([
        .init("run"), .init("what", .left), .init("size", .left), .init("job", .left),
        .init("state", .left), .init("where, or what for", .left), .init("for"),
        .init("progress", .left),
      ])
      for attempt in attempts {
        table.append([
          "\(attempt.run)" + (attempt.attempt > 1 ? " (\(attempt.attempt))" : ""), attempt.name,
          attempt.size, attempt.job ?? "", attempt.state, attempt.node ?? attempt.words ?? "",
          Format.duration(attempt.seconds),
          attempt.progressLine ?? attempt.progress.map { "\(Int($0 * 100)) %" } ?? "",
        ])
      }
      lines += ["", table.text]
    }
    for event in remarks { lines.append("\(Format.date(event.at))  \(event.words)") }
    return lines.joined(separator: "\n") + "\n"
  }
}

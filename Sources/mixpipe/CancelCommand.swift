import ArgumentParsing
import Engines
import Foundation
import Runs
import Storage
import Studies

struct CancelCommand: Command {
  static let commandName = "cancel"
  static let abstract = "Stop a folder's jobs, all or some."
  static let discussion = """
    The runs stay asked for: the command that drives the folder makes new attempts at them, from where they saved \
    themselves. Stop the driver first where there is one, or it will do so at once. With '--for-good' runs are \
    withdrawn: nobody attempts them again, and a study whose next proposal needs one cannot go on.
    """

  @Argument("Folder of a study, comparison, transfer check or testbed.", completion: .folders)
  var folder: String
  @Argument(
    "Numbers of runs, as 'mixpipe status' shows them; all where none are given.", value: "run")
  var runs: [Int] = []
  @Flag("Withdraw the runs: they are not attempted again.")
  var forGood = false

  func run() throws {
    guard let settings = try EngineSettings.stored(in: folder) else {
      throw UnfitFolder(
        "\(folder): found no engine.json, expected a folder whose runs are jobs; stop others with Ctrl-C"
      )
    }
    let ledger = try RunGrid.ledger(of: folder)
    if let unknown = runs.first(where: { !(0..<ledger.count).contains($0) }) {
      throw ValidationError("Found run \(unknown), expected one of 0 to \(ledger.count - 1)")
    }
    // Only who has the folder may write its journal.
    let lock: FolderLock?
    do {
      lock = try FolderLock(folder: folder)
    } catch {
      guard case .locked = error, !forGood else { throw error }
      lock = nil
    }
    defer { withExtendedLifetime(lock) {} }
    let wanted = runs.isEmpty ? nil : Set(runs)
    let open = ledger.records.filter {
      $0.state == .pending && wanted?.contains($0.request.id) ?? true
    }
    let root = absolute(folder)
    var handles: [JobHandle] = []
    var attempted: [RunRecord] = []
    for record in open where record.attempts > record.lastConcluded {
      attempted.append(record)
      let place = AttemptFolder(in: root, run: record.request.id, attempt: record.attempts)
      unlink(Block.inbox(in: root) + "/" + place.name)
      guard let job = try? JobDocument.read(in: place), let name = job.name else { continue }
      let id = (try? readFile(at: "\(root)/jobs/\(name).id")).map {
        String(decoding: $0, as: UTF8.self) + (job.index.map { "_\($0)" } ?? "")
      }
      handles.append(JobHandle(name: name, index: job.index, id: id, folder: place.path))
    }
    let session = try EngineSession(EngineOptions(), folder: folder, workers: 1)
    let scheduler = session.scheduler(
      settings.kind ?? .local, program: settings.program ?? EngineSession.ownPath)
    if runs.isEmpty, settings.block != nil { handles += blocks(root) }
    try scheduler.cancel(handles)
    if lock != nil {
      var book = try RunBook(folder: folder)
      for record in forGood ? open : attempted {
        let id = record.request.id
        try book.record(
          forGood
            ? .cancelled(run: id, at: wallClock())
            : .interrupted(
              run: id, attempt: record.attempts, reason: "it was cancelled by 'mixpipe cancel'",
              at: wallClock()))
      }
    }
    try emit(
      "\(attempted.count) attempts were asked to stop"
        + (forGood ? ", \(open.count) runs are withdrawn." : ".")
        + (lock == nil
          ? " A driver is at work and will make new attempts; stop it first to end them for now."
          : ""))
  }

  private func blocks(_ root: String) -> [JobHandle] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root + "/blocks")) ?? []
    return names.compactMap { name in
      let place = Block.folder(of: name, in: root)
      guard !fileExists(place + "/ended"), let id = try? readFile(at: place + "/id") else {
        return nil
      }
      return JobHandle(name: name, id: String(decoding: id, as: UTF8.self))
    }
  }
}

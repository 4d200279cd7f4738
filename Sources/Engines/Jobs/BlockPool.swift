import Foundation
import Storage

/// The allocations in which a folder's short runs go on: more of them where attempts wait, none where there is nothing
/// to do.
final class BlockPool: @unchecked Sendable {
  /// What attempts have for the name of their job.
  static let jobName = "block"

  private let folder: String
  private let settings: EngineSettings
  private let program: String
  private var live: [String: Live] = [:]
  private var next = 1

  private struct Live {
    var id: String?
    var submittedAt: Double
    var endedAt: Double?
    var status: JobStatus?
  }

  init(folder: String, settings: EngineSettings, program: String) {
    self.folder = folder
    self.settings = settings
    self.program = program
  }

  private var slots: Int { settings.block ?? 1 }

  func recover() throws {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/blocks")) ?? []
    for name in names {
      if let number = Int32(name.split(separator: "-").last ?? "") {
        next = max(next, Int(number) + 1)
      }
      let place = Block.folder(of: name, in: folder)
      if fileExists(place + "/ended") { continue }
      let id = (try? readFile(at: place + "/id")).map { String(decoding: $0, as: UTF8.self) }
      live[name] = Live(id: id, submittedAt: 0)
    }
  }

  var handles: [JobHandle] {
    live.sorted { $0.key < $1.key }.map { JobHandle(name: $0.key, id: $0.value.id) }
  }

  func offer(_ attempt: AttemptFolder) throws {
    let inbox = Block.inbox(in: folder)
    try makeFolder(at: inbox)
    try replaceFile(at: inbox + "/" + attempt.name, with: Data((attempt.path + "\n").utf8))
  }

  /// - Returns: whether no block has taken it.
  func withdraw(_ attempt: AttemptFolder) -> Bool {
    unlink(Block.inbox(in: folder) + "/" + attempt.name) == 0
  }

  /// An attempt that has ended need not be looked for any more.
  func forget(_ attempt: AttemptFolder) {
    for name in live.keys {
      unlink("\(Block.folder(of: name, in: folder))/\(Block.taken)/\(attempt.name)")
    }
  }

  /// One more block where some is needed.
  func nextBlock(openAttempts: Int) throws -> Job? {
    let inUse = live.values.count { $0.endedAt == nil }
    guard inUse * slots < openAttempts, inUse < settings.blocks ?? 8,
      !Block.names(in: Block.inbox(in: folder)).isEmpty
    else { return nil }
    let name = "\(settings.id ?? "mix")-block-\(next)"
    next += 1
    let place = Block.folder(of: name, in: folder)
    let grace = settings.grace ?? EngineSettings.defaultGrace
    var launcher: [String] = []
    if settings.kind == .slurm {
      launcher = ["srun", "--exact", "--nodes=1", "--ntasks=1", "--quiet"]
      if let cpus = settings.cpus { launcher.append("--cpus-per-task=\(cpus)") }
    }
    try Block(
      inbox: Block.inbox(in: folder), slots: slots, idle: settings.blockIdle ?? 120,
      time: settings.time.map { $0 - JobScript.lead(time: $0, grace: grace) }, grace: grace,
      launcher: launcher, program: program
    ).store(in: place)
    try makeFolder(at: folder + "/jobs")
    return Job(
      name: name, attempts: [], list: nil, script: place + "/job.sh", log: place + "/log",
      block: place)
  }

  func add(_ name: String, id: String, at time: Double) throws {
    live[name] = Live(id: id, submittedAt: time)
    try replaceFile(at: Block.folder(of: name, in: folder) + "/id", with: Data(id.utf8))
  }

  func drop(_ name: String) { markEnded(name) }

  /// - Returns: attempts that were in blocks which have ended, with what became of these.
  func take(
    _ statuses: [JobStatus], at time: Double, patience: Double
  ) -> [(attempt: String, JobStatus?)] {
    let known = Dictionary(statuses.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    var orphans: [(String, JobStatus?)] = []
    for (name, block) in live.sorted(by: { $0.key < $1.key }) {
      let status = known[name]
      live[name]?.status = status ?? block.status
      let hasEnded = status?.state.hasEnded ?? (time - block.submittedAt >= 5)
      guard hasEnded else { continue }
      let endedAt = block.endedAt ?? time
      live[name]?.endedAt = endedAt
      guard time - endedAt >= patience else { continue }
      let place = Block.folder(of: name, in: folder)
      for attempt in Block.names(in: place + "/" + Block.taken) {
        orphans.append((attempt, status ?? block.status))
      }
      markEnded(name)
    }
    return orphans
  }

  private func markEnded(_ name: String) {
    live[name] = nil
    try? replaceFile(at: Block.folder(of: name, in: folder) + "/ended", with: Data())
  }
}

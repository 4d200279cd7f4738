import Foundation
import Mixtures
import Runs
import Storage

/// Measures runs by attempts that are processes of their own: a user's trainer or the built-in one, on this machine
/// or on a cluster.
///
/// An attempt is a folder with a request; its end is a message in the outbox. The message is the proof: whatever a
/// scheduler says of a job, an attempt with a message has ended, and one without has not until its job is gone for a
/// while. Nothing that is needed to go on is kept in memory alone.
package final class JobEvaluator: Evaluator, @unchecked Sendable {
  package let capacity: Int
  // Guards all below; never held while somebody else is called.
  let lock = NSLock()
  let folder: String
  let settings: EngineSettings
  let data: TrainingData
  let scheduler: any Scheduler
  let outbox: Outbox
  let blend: BlendFile?
  let now: @Sendable () -> Double

  struct Key: Hashable {
    var run: Int
    var number: Int
    init(_ attempt: RunAttempt) { (run, number) = (attempt.run, attempt.number) }
    init(run: Int, number: Int) { (self.run, self.number) = (run, number) }
  }

  enum Phase {
    case queued
    case handedOver(JobHandle)
    /// A scheduler that did not answer may have taken it all the same.
    case uncertain(JobHandle)
    /// In the inbox of the blocks, or taken by one of them.
    case inBlock
  }

  struct Entry {
    var attempt: RunAttempt
    var folder: AttemptFolder
    var phase: Phase
    var handedOverAt = 0.0
    var status: JobStatus?
    /// When its job was first seen to have ended.
    var endedAt: Double?
    /// It was stopped by a signal; why, its scheduler may tell.
    var stopped: OutboxMessage?
    var isCancelled = false
  }

  var entries: [Key: Entry] = [:]
  var reporter: AttemptReporter?
  var pendingRemarks: [EvaluatorRemark] = []
  /// Messages whose news the journal is about to have.
  var reported: [String] = []
  var damaged: Set<String> = []
  var lastQuery = 0.0
  var lastCollection = 0.0
  var lastProgress = 0.0
  var failedQueries = 0
  var unreachableSince: Double?
  var nextJob: Int?
  var pool: BlockPool?

  /// - Parameters:
  ///   - folder: of the journal; locked by this process.
  ///   - settings: with an id.
  ///   - blend: the file that a trainer reads its mixture from; nil for none.
  package init(
    folder: String, settings: EngineSettings, data: TrainingData, scheduler: any Scheduler,
    capacity: Int, blend: BlendFile?, program: String,
    now: @escaping @Sendable () -> Double = wallClock
  ) {
    self.folder = folder
    self.settings = settings
    self.data = data
    self.scheduler = scheduler
    self.capacity = capacity
    self.blend = blend
    self.now = now
    outbox = Outbox(in: folder)
    if settings.block != nil {
      pool = BlockPool(folder: folder, settings: settings, program: program)
    }
  }

  package var outlivesDriver: Bool { scheduler.outlivesDriver }

  // MARK: - Beginning

  package func begin(_ attempt: RunAttempt, reporting: @escaping AttemptReporter) throws {
    let place = AttemptFolder(in: folder, run: attempt.run, attempt: attempt.number)
    try prepare(attempt, in: place)
    lock.withLock {
      reporter = reporting
      entries[Key(attempt)] = Entry(attempt: attempt, folder: place, phase: .queued)
    }
  }

  func prepare(_ attempt: RunAttempt, in place: AttemptFolder) throws {
    try makeFolder(at: place.path)
    let request = attempt.request
    var file: RequestDocument.Blend?
    if let blend {
      file = .init(format: blend.format.rawValue, file: blend.name)
      try replaceFile(
        at: place.path + "/" + blend.name,
        with: Data(try blend.text(request.mixture, tokens: request.to).utf8))
    }
    let own = attempt.folder.map { $0 + "/" + place.name }
    if let own { try makeFolder(at: own) }
    let document = RequestDocument(
      attempt, data: data, blend: file, checkpoint: own,
      continues: attempt.folder.flatMap { Self.newestCheckpoint(in: $0, besides: place.name) },
      timeLimit: trainerTime)
    try replaceFile(at: place.request, with: encodeDocument(document))
  }

  /// Where an earlier attempt at the run, or at an earlier part of it, has left something.
  static func newestCheckpoint(in folder: String, besides own: String) -> String? {
    let manager = FileManager.default
    let names = (try? manager.contentsOfDirectory(atPath: folder)) ?? []
    let earlier = names.compactMap { name in AttemptFolder.numbers(of: name).map { ($0, name) } }
      .filter { $0.1 != own }.sorted { $0.0 > $1.0 }
    for (_, name) in earlier {
      let path = folder + "/" + name
      if let inside = try? manager.contentsOfDirectory(atPath: path),
        inside.contains(where: { !$0.hasPrefix(".") })
      {
        return path
      }
    }
    // The built-in trainer in a driver's own process keeps it there.
    return names.contains { $0.hasSuffix(".safetensors") } ? folder : nil
  }

  /// Seconds that a trainer gets: a job's own time ends a little later.
  var trainerTime: Double? {
    guard let time = settings.time else { return nil }
    guard settings.kind != .local, settings.block == nil else { return time }
    return time - JobScript.lead(time: time, grace: grace)
  }

  var grace: Double { settings.grace ?? EngineSettings.defaultGrace }

  func writeJob(
    _ place: AttemptFolder, name: String, index: Int?, at time: Double
  ) throws {
    let job = JobDocument(
      command: settings.trainer, workingFolder: settings.workingFolder ?? "/", outbox: outbox.path,
      timeLimit: trainerTime, grace: grace, outboxPatience: settings.outboxPatience ?? 600,
      threads: settings.cpus ?? 1, name: name, index: index, handedOverAt: time)
    try replaceFile(at: place.job, with: encodeDocument(job))
  }

  package func recover(
    _ attempts: [RunAttempt], reporting: @escaping AttemptReporter
  ) throws -> [RunAttempt] {
    if let earlier = DriverDocument.stored(in: folder) {
      remark(
        "driver killed",
        "process \(earlier.process) on \(earlier.host) did not end by itself; "
          + "\(attempts.count) attempts were under way")
    }
    try DriverDocument(process: getpid(), host: hostName(), since: now()).store(in: folder)
    var alive: [RunAttempt] = []
    for attempt in attempts {
      let place = AttemptFolder(in: folder, run: attempt.run, attempt: attempt.number)
      // One that failed for good was told of, and is made anew.
      if fileExists(place.loss) { continue }
      var entry = Entry(attempt: attempt, folder: place, phase: .queued)
      if let job = try? JobDocument.read(in: place), let name = job.name {
        entry.handedOverAt = job.handedOverAt ?? 0
        let id = (try? readFile(at: idFile(of: name))).map {
          String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let handle = JobHandle(
          name: name, index: job.index, id: id.map { $0 + (job.index.map { "_\($0)" } ?? "") },
          folder: place.path)
        if name == BlockPool.jobName {
          entry.phase = .inBlock
        } else if id == nil, scheduler.outlivesDriver {
          entry.phase = .uncertain(handle)
        } else {
          entry.phase = .handedOver(handle)
        }
        entry.endedAt = (try? decodeDocument(EndedDocument.self, at: endedFile(place)))?.at
      } else {
        try prepare(attempt, in: place)
      }
      lock.withLock { entries[Key(attempt)] = entry }
      alive.append(attempt)
    }
    lock.withLock { reporter = reporting }
    try pool?.recover()
    lastQuery = Self.modified(folder + "/jobs/asked") ?? 0
    return alive
  }

  /// The driver has come to its end as it should.
  package func close() { DriverDocument.remove(in: folder) }

  // MARK: - Stopping

  package func cancel(_ attempt: RunAttempt) {
    let key = Key(attempt)
    guard let entry = lock.withLock({ entries[key] }), let report = lock.withLock({ reporter })
    else { return }
    update(key) { $0.isCancelled = true }
    switch entry.phase {
    case .queued:
      forget(key, entry.folder)
      report(attempt, .interrupted(reason: "it was stopped with its driver"))
    case .handedOver(let handle), .uncertain(let handle):
      var handle = handle
      handle.id = handle.id ?? entry.status?.id
      try? scheduler.cancel([handle])
    case .inBlock:
      guard pool?.withdraw(entry.folder) == true else { return }
      forget(key, entry.folder)
      report(attempt, .interrupted(reason: "it was stopped with its driver"))
    }
  }

  func update(_ key: Key, _ change: (inout Entry) -> Void) {
    lock.withLock { if entries[key] != nil { change(&entries[key]!) } }
  }

  // MARK: - Files

  struct EndedDocument: Codable { var at: Double }

  func endedFile(_ place: AttemptFolder) -> String { place.path + "/ended.json" }

  func idFile(of job: String) -> String { "\(folder)/jobs/\(job).id" }

  static func modified(_ path: String) -> Double? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Double(status.st_mtim.tv_sec) + 1e-9 * Double(status.st_mtim.tv_nsec)
  }
}

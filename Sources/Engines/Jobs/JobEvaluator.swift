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
  private let lock = NSLock()
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

  private var entries: [Key: Entry] = [:]
  private var reporter: AttemptReporter?
  private var pendingRemarks: [EvaluatorRemark] = []
  /// Messages whose news the journal is about to have.
  private var reported: [String] = []
  private var damaged: Set<String> = []
  private var lastQuery = 0.0
  private var lastCollection = 0.0
  private var lastProgress = 0.0
  private var failedQueries = 0
  private var unreachableSince: Double?
  private var nextJob: Int?
  private var pool: BlockPool?

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

  private func prepare(_ attempt: RunAttempt, in place: AttemptFolder) throws {
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
  private var trainerTime: Double? {
    guard let time = settings.time else { return nil }
    guard settings.kind != .local, settings.block == nil else { return time }
    return time - JobScript.lead(time: time, grace: grace)
  }

  private var grace: Double { settings.grace ?? EngineSettings.defaultGrace }

  private func writeJob(
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

  // MARK: - Handing over

  package func flush() throws {
    let time = now()
    let ready = lock.withLock {
      entries.filter { if case .queued = $0.value.phase { !$0.value.isCancelled } else { false } }
        .sorted { ($0.key.run, $0.key.number) < ($1.key.run, $1.key.number) }
    }
    if ready.isEmpty { return try growBlocks(time) }
    if let pool {
      for (key, entry) in ready {
        try writeJob(entry.folder, name: BlockPool.jobName, index: nil, at: time)
        try pool.offer(entry.folder)
        update(key) {
          $0.phase = .inBlock
          $0.handedOverAt = time
        }
      }
      return try growBlocks(time)
    }
    guard scheduler.takesBatches else {
      for (key, _) in ready { try handOver([key], time) }
      return
    }
    let fresh = ready.filter { $0.key.number == 1 }.map(\.key)
    if fresh.count > 1 {
      for start in stride(from: 0, to: fresh.count, by: 1000) {
        try handOver(Array(fresh[start..<min(start + 1000, fresh.count)]), time)
      }
    } else {
      for key in fresh { try handOver([key], time) }
    }
    for (key, _) in ready where key.number > 1 { try handOver([key], time) }
  }

  /// The job of some attempts; its name is its alone.
  private func makeJob(_ keys: [Key]) throws -> Job {
    let places = lock.withLock { keys.compactMap { entries[$0]?.folder } }
    guard scheduler.outlivesDriver else {
      return Job(name: places[0].name, attempts: places, script: "", log: places[0].log)
    }
    let jobs = folder + "/jobs"
    try makeFolder(at: jobs)
    let name = "\(settings.id ?? "mix")-\(try takeNumber())"
    var job = Job(name: name, attempts: places, script: "\(jobs)/\(name).sh", log: places[0].log)
    if places.count > 1 {
      job.list = "\(jobs)/\(name).list"
      job.log = "\(jobs)/\(name)-%a.log"
      try replaceFile(
        at: job.list!, with: Data(places.map { $0.path + "\n" }.joined().utf8))
    }
    job.excludedNodes = excludedNodes(keys)
    return job
  }

  private func takeNumber() throws -> Int {
    if nextJob == nil {
      let names = try namesInFolder(folder + "/jobs")
      nextJob =
        1
        + (names.compactMap { Int($0.split(separator: ".")[0].split(separator: "-").last ?? "") }
          .max() ?? 0)
    }
    defer { nextJob! += 1 }
    return nextJob!
  }

  private func handOver(_ keys: [Key], _ time: Double) throws {
    var job = try makeJob(keys)
    for (index, place) in job.attempts.enumerated() {
      try writeJob(place, name: job.name, index: job.list == nil ? nil : index, at: time)
    }
    func handle(_ index: Int, id: String?) -> JobHandle {
      let place = job.list == nil ? nil : index
      return JobHandle(
        name: job.name, index: place, id: id.map { $0 + (place.map { "_\($0)" } ?? "") },
        folder: job.attempts[index].path)
    }
    do {
      let id = try submit(&job)
      if scheduler.outlivesDriver { try replaceFile(at: idFile(of: job.name), with: Data(id.utf8)) }
      for (index, key) in keys.enumerated() {
        update(key) {
          $0.phase = .handedOver(handle(index, id: id))
          $0.handedOverAt = time
        }
      }
    } catch let error as SubmissionError {
      guard error.isPassing else {
        // Handed over to nobody: the next command makes them anew.
        for place in job.attempts { unlink(place.job) }
        throw EngineError.refused(job: job.name, reason: error.reason)
      }
      outage(error.reason, time)
      for (index, key) in keys.enumerated() {
        update(key) {
          $0.phase = .uncertain(handle(index, id: nil))
          $0.handedOverAt = time
        }
      }
    }
  }

  private func submit(_ job: inout Job) throws -> String {
    do {
      return try scheduler.submit(job)
    } catch let error as SubmissionError {
      guard !error.isPassing, !job.excludedNodes.isEmpty else { throw error }
      // Where there is no other node, the one that failed is better than none.
      job.excludedNodes = []
      return try scheduler.submit(job)
    }
  }

  /// Nodes that were to blame for a retried run's last losses.
  private func excludedNodes(_ keys: [Key]) -> [String] {
    var nodes: [String] = []
    for key in keys where key.number > 1 {
      for number in (max(1, key.number - 3)..<key.number).reversed() {
        let place = AttemptFolder(in: folder, run: key.run, attempt: number)
        if let loss = try? decodeDocument(LossDocument.self, at: place.loss), let node = loss.node,
          now() - loss.at < 6 * 3600, !nodes.contains(node)
        {
          nodes.append(node)
        }
      }
    }
    return nodes
  }

  private func growBlocks(_ time: Double) throws {
    guard let pool else { return }
    let open = lock.withLock {
      entries.values.count { if case .inBlock = $0.phase { true } else { false } }
    }
    while let job = try pool.nextBlock(openAttempts: open) {
      do {
        let id = try scheduler.submit(job)
        try pool.add(job.name, id: id, at: time)
      } catch let error as SubmissionError {
        pool.drop(job.name)
        guard error.isPassing else {
          throw EngineError.refused(job: job.name, reason: error.reason)
        }
        return outage(error.reason, time)
      }
    }
  }

  // MARK: - Hearing

  package func poll() throws {
    guard let report = lock.withLock({ reporter }) else { return }
    let time = now()
    try ask(time)
    var news: [(RunAttempt, AttemptNews)] = []
    // A folder on a network file system is not read ten times a second.
    if time - lastCollection >= (scheduler.outlivesDriver ? 1 : 0) || time < lastCollection {
      lastCollection = time
      news += collect(time)
    }
    news += try conclusions(time)
    for (attempt, what) in news { report(attempt, what) }
    if time - lastProgress >= (scheduler.outlivesDriver ? 15 : 2) {
      lastProgress = time
      let running = lock.withLock {
        entries.values.filter { if case .queued = $0.phase { false } else { true } }
          .sorted { $0.attempt.run < $1.attempt.run }.prefix(64)
      }
      for entry in running {
        if let (share, _) = entry.folder.lastProgress { report(entry.attempt, .progressed(share)) }
      }
    }
  }

  package func acknowledge() {
    for file in reported { unlink(file) }
    reported = []
  }

  package func remarks() -> [EvaluatorRemark] {
    defer { pendingRemarks = [] }
    return pendingRemarks
  }

  private func collect(_ time: Double) -> [(RunAttempt, AttemptNews)] {
    let (found, broken) = outbox.messages()
    for file in broken where damaged.insert(file).inserted {
      remark("message damaged", "\(file) cannot be read; its attempt counts as lost")
    }
    var news: [(RunAttempt, AttemptNews)] = []
    for (file, message) in found where !reported.contains(file) {
      let key = Key(run: message.run, number: message.attempt)
      let entry = lock.withLock { entries[key] }
      guard let attempt = entry?.attempt ?? lateAttempt(message) else {
        unlink(file)
        continue
      }
      if message.refusals > 0 {
        remark(
          "outbox full",
          "the message of run \(message.run), attempt \(message.attempt) on \(message.host) was kept back "
            + "\(message.refusals) times: \(message.refusal ?? "")")
      }
      let place =
        entry?.folder
        ?? AttemptFolder(in: folder, run: message.run, attempt: message.attempt)
      let what = MessageReading(
        message: message, attempt: attempt, measures: data.measures, folder: place,
        time: settings.time
      ).news
      if case .interrupted = what, message.stop == .signal, scheduler.outlivesDriver,
        entry?.isCancelled == false, entry?.stopped == nil
      {
        // Why, the scheduler may say a little later.
        update(key) { $0.stopped = message }
        continue
      }
      if entry?.stopped != nil { continue }
      if case .failed = what {
        // Not to be heard again by the next command, which makes another attempt.
        noteLoss(place, node: nil, reason: "failed", time)
        unlink(file)
      } else {
        if case .lost(let reason) = what { noteLoss(place, node: nil, reason: reason, time) }
        reported.append(file)
      }
      forget(key, place)
      news.append((attempt, entry?.isCancelled == true ? stoppedWithDriver(what) : what))
    }
    return news
  }

  private func stoppedWithDriver(_ news: AttemptNews) -> AttemptNews {
    switch news {
    case .lost, .interrupted: .interrupted(reason: "it was stopped with its driver")
    default: news
    }
  }

  /// An attempt that was held for lost, or for cancelled, and ended all the same.
  private func lateAttempt(_ message: OutboxMessage) -> RunAttempt? {
    let place = AttemptFolder(in: folder, run: message.run, attempt: message.attempt)
    guard let document = try? RequestDocument.read(in: place),
      let request = try? document.request(in: place)
    else { return nil }
    return RunAttempt(request: request, number: message.attempt)
  }

  private func forget(_ key: Key, _ place: AttemptFolder) {
    lock.withLock { _ = entries.removeValue(forKey: key) }
    (scheduler as? LocalScheduler)?.forget(place)
    pool?.forget(place)
  }

  /// What is to be said of attempts whose jobs have ended and from which nobody has heard.
  private func conclusions(_ time: Double) throws -> [(RunAttempt, AttemptNews)] {
    var news: [(RunAttempt, AttemptNews)] = []
    let ended = lock.withLock { entries.filter { $0.value.endedAt != nil } }
      .sorted { $0.key.run < $1.key.run }
    for (key, entry) in ended {
      guard time - entry.endedAt! >= scheduler.patience || entry.stopped != nil else { continue }
      let conclusion = JobConclusion(entry.status, stopped: entry.stopped, time: settings.time)
      if case .lost(let reason) = conclusion.news {
        noteLoss(entry.folder, node: conclusion.blamedNode, reason: reason, time)
      }
      if entry.stopped != nil {
        reported += outbox.messages().found.filter {
          $0.message.run == key.run && $0.message.attempt == key.number
        }.map(\.file)
      }
      forget(key, entry.folder)
      if conclusion.mustBeCancelled, case .handedOver(let handle) = entry.phase {
        try? scheduler.cancel([handle])
      }
      let what = entry.isCancelled ? stoppedWithDriver(conclusion.news) : conclusion.news
      news.append((entry.attempt, what))
    }
    return news
  }

  private func noteLoss(_ place: AttemptFolder, node: String?, reason: String, _ time: Double) {
    // Only for excluding nodes: the journal has the reason.
    let loss = LossDocument(node: node, reason: reason, at: time)
    if let data = try? encodeDocument(loss) { try? replaceFile(at: place.loss, with: data) }
  }

  // MARK: - Asking the scheduler

  private func ask(_ time: Double) throws {
    let handles = lock.withLock {
      entries.values.compactMap { entry -> JobHandle? in
        switch entry.phase {
        case .handedOver(let handle), .uncertain(let handle): handle
        default: nil
        }
      }
    }
    let blocks = pool?.handles ?? []
    guard !handles.isEmpty || !blocks.isEmpty else { return }
    let interval = min(scheduler.interval * Double(1 << min(failedQueries, 4)), 300)
    guard time - lastQuery >= max(interval, scheduler.interval) || time < lastQuery else { return }
    lastQuery = time
    if scheduler.outlivesDriver {
      try makeFolder(at: folder + "/jobs")
      try? Data().write(to: URL(fileURLWithPath: folder + "/jobs/asked"))
    }
    let statuses: [JobStatus]
    do {
      statuses = try scheduler.query(handles + blocks)
    } catch {
      failedQueries += 1
      return outage("\(error)", time)
    }
    failedQueries = 0
    if let since = unreachableSince {
      unreachableSince = nil
      remark("queue answers again", "after \(Int(time - since)) s")
    }
    struct Place: Hashable {
      var name: String
      var index: Int?
    }
    let known = Dictionary(
      statuses.map { (Place(name: $0.name, index: $0.index), $0) },
      uniquingKeysWith: { $0.state.hasEnded ? $1 : $0 })
    let list = lock.withLock { Array(entries) }
    for (key, entry) in list {
      switch entry.phase {
      case .handedOver(let handle):
        take(known[Place(name: handle.name, index: handle.index)], of: key, entry, time)
      case .uncertain(let handle):
        if let status = known[Place(name: handle.name, index: handle.index)] {
          var handle = handle
          handle.id = status.id
          update(key) { $0.phase = .handedOver(handle) }
          take(status, of: key, entry, time)
        } else if time - entry.handedOverAt >= scheduler.interval {
          // It was not taken, or is long over, and then there is a message.
          if !fileExists(entry.folder.supervisor) || !scheduler.outlivesDriver {
            update(key) { $0.phase = .queued }
          } else {
            take(nil, of: key, entry, time)
          }
        }
      default: break
      }
    }
    guard let pool else { return }
    for (place, status) in pool.take(statuses, at: time, patience: scheduler.patience) {
      guard let (run, number) = AttemptFolder.numbers(of: place) else { continue }
      update(Key(run: run, number: number)) {
        $0.status = status
        $0.endedAt = $0.endedAt ?? time
      }
    }
  }

  private func take(_ status: JobStatus?, of key: Key, _ entry: Entry, _ time: Double) {
    // Not there: gone, unless it was handed over a moment ago.
    let hasEnded = status?.state.hasEnded ?? (time - entry.handedOverAt >= 5)
    if hasEnded, entry.endedAt == nil, scheduler.outlivesDriver,
      let data = try? encodeDocument(EndedDocument(at: time))
    {
      try? replaceFile(at: endedFile(entry.folder), with: data)
    }
    update(key) {
      $0.status = status ?? $0.status
      $0.endedAt = hasEnded ? $0.endedAt ?? time : nil
    }
  }

  private func outage(_ reason: String, _ time: Double) {
    guard unreachableSince == nil else { return }
    unreachableSince = time
    remark("queue unreachable", reason)
  }

  private func remark(_ what: String, _ details: String) {
    pendingRemarks.append(EvaluatorRemark(what: what, details: details, at: now()))
  }

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

  private func update(_ key: Key, _ change: (inout Entry) -> Void) {
    lock.withLock { if entries[key] != nil { change(&entries[key]!) } }
  }

  // MARK: - Files

  private struct EndedDocument: Codable { var at: Double }

  private func endedFile(_ place: AttemptFolder) -> String { place.path + "/ended.json" }

  private func idFile(of job: String) -> String { "\(folder)/jobs/\(job).id" }

  private static func modified(_ path: String) -> Double? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Double(status.st_mtim.tv_sec) + 1e-9 * Double(status.st_mtim.tv_nsec)
  }
}

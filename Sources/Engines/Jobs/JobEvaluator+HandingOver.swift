import Foundation
import Mixtures
import Runs
import Storage

// From attempts that wait to jobs in the scheduler's queue.
extension JobEvaluator {
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
  func makeJob(_ keys: [Key]) throws -> Job {
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

  func takeNumber() throws -> Int {
    if nextJob == nil {
      let names = try namesInFolder(folder + "/jobs")
      nextJob =
        1
        + (names.compactMap {
          Int32($0.split(separator: ".").first?.split(separator: "-").last ?? "").map(Int.init)
        }.max() ?? 0)
    }
    defer { nextJob! += 1 }
    return nextJob!
  }

  func handOver(_ keys: [Key], _ time: Double) throws {
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

  func submit(_ job: inout Job) throws -> String {
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
  func excludedNodes(_ keys: [Key]) -> [String] {
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

  func growBlocks(_ time: Double) throws {
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
}

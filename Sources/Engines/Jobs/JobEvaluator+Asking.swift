import Foundation
import Mixtures
import Runs
import Storage

// What the scheduler knows of the jobs.
extension JobEvaluator {
  func ask(_ time: Double) throws {
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

  func take(_ status: JobStatus?, of key: Key, _ entry: Entry, _ time: Double) {
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

  func outage(_ reason: String, _ time: Double) {
    guard unreachableSince == nil else { return }
    unreachableSince = time
    remark("queue unreachable", reason)
  }

  func remark(_ what: String, _ details: String) {
    pendingRemarks.append(EvaluatorRemark(what: what, details: details, at: now()))
  }
}

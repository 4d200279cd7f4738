import Foundation
import Mixtures
import Runs
import Storage

// What attempts and their jobs say, and what follows where they say nothing.
extension JobEvaluator {
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

  func collect(_ time: Double) -> [(RunAttempt, AttemptNews)] {
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

  func stoppedWithDriver(_ news: AttemptNews) -> AttemptNews {
    switch news {
    case .lost, .interrupted: .interrupted(reason: "it was stopped with its driver")
    default: news
    }
  }

  /// An attempt that was held for lost, or for cancelled, and ended all the same.
  func lateAttempt(_ message: OutboxMessage) -> RunAttempt? {
    let place = AttemptFolder(in: folder, run: message.run, attempt: message.attempt)
    guard let document = try? RequestDocument.read(in: place),
      let request = try? document.request(in: place)
    else { return nil }
    return RunAttempt(request: request, number: message.attempt)
  }

  func forget(_ key: Key, _ place: AttemptFolder) {
    lock.withLock { _ = entries.removeValue(forKey: key) }
    (scheduler as? LocalScheduler)?.forget(place)
    pool?.forget(place)
  }

  /// What is to be said of attempts whose jobs have ended and from which nobody has heard.
  func conclusions(_ time: Double) throws -> [(RunAttempt, AttemptNews)] {
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

  func noteLoss(_ place: AttemptFolder, node: String?, reason: String, _ time: Double) {
    // Only for excluding nodes: the journal has the reason.
    let loss = LossDocument(node: node, reason: reason, at: time)
    if let data = try? encodeDocument(loss) { try? replaceFile(at: place.loss, with: data) }
  }
}

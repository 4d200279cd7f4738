import Foundation
import Mixtures

/// The runs of a journal, found by what they are and by who asked for them.
///
/// A reference that any thread may read while the driver adds to it: what has been found stays true, and
/// a plan's step depends on outcomes that it names, so it does not matter how much of the rest a plan
/// sees.
package final class RunLedger: @unchecked Sendable {
  // Guards all below. Dictionaries are looked up only: their order is never seen.
  private let lock = NSLock()
  private var runs: [RunRecord] = []
  private var ended = 0
  private var idsByKey: [RunKey: [Int]] = [:]
  private var idsByClaim: [RunClaim: Int] = [:]
  private var notes: [RunNote] = []
  private var notesByPlace: [NotePlace: Int] = [:]

  private struct NotePlace: Hashable {
    var plan: String
    var topic: String
    var about: String
  }

  package init() {}

  /// All that events tell.
  ///
  /// - Throws: `RunContradiction` for the first that contradicts those before it.
  package convenience init(_ events: some Sequence<RunEvent>) throws(RunContradiction) {
    self.init()
    for event in events { try add(event) }
  }

  /// Takes in what happened next; a driver's ledger is for its book alone.
  package func add(_ event: RunEvent) throws(RunContradiction) {
    if let reason = apply(event) { throw RunContradiction(reason: reason) }
  }

  /// By id.
  package var records: [RunRecord] { lock.withLock { runs } }

  package var count: Int { lock.withLock { runs.count } }

  /// Runs that have an outcome or will have none: it grows when a plan that waits may go on.
  package var settledCount: Int { lock.withLock { ended } }

  package subscript(id: Int) -> RunRecord { lock.withLock { runs[id] } }

  /// The run that a claim was made on.
  package subscript(claim: RunClaim) -> RunRecord? {
    lock.withLock { idsByClaim[claim.place].map { runs[$0] } }
  }

  /// The run that is the same part of the same run, measured at the same rungs; cancelled ones do not
  /// count.
  package func record(serving request: RunRequest) -> RunRecord? {
    lock.withLock {
      for id in idsByKey[request.key] ?? [] where runs[id].state != .cancelled {
        let other = runs[id].request
        if other.from == request.from, other.measures == request.measures { return runs[id] }
      }
      return nil
    }
  }

  /// What is known of all that a request asks for, whoever asked before, up to a divergence; nil where
  /// some of it is not.
  package func outcomes(serving request: RunRequest) -> [RungOutcome]? {
    lock.withLock {
      var result: [RungOutcome] = []
      let ids = idsByKey[request.key] ?? []
      for tokens in request.measures {
        var found: RunOutcome?
        for id in ids where found == nil {
          found = runs[id].outcomes?.first { $0.tokens == tokens }?.outcome
        }
        guard let found else { return nil }
        result.append(RungOutcome(tokens: tokens, outcome: found))
        if found.hasDiverged { break }
      }
      return result
    }
  }

  /// What is known at a length, whoever measured it; nil where it is not.
  package func outcome(of key: RunKey, at tokens: Int) -> RunOutcome? {
    lock.withLock {
      for id in idsByKey[key] ?? [] {
        if let found = runs[id].outcomes?.first(where: { $0.tokens == tokens }) {
          return found.outcome
        }
      }
      return nil
    }
  }

  /// The number under which a run's checkpoints are kept: the id of its first part.
  package func firstRequest(of key: RunKey) -> Int? { lock.withLock { idsByKey[key]?.first } }

  /// The parts of a run, in the order in which they were asked for.
  package func parts(of key: RunKey) -> [RunRecord] {
    lock.withLock { (idsByKey[key] ?? []).map { runs[$0] } }
  }

  /// Those that a plan has a claim on, by id.
  package func records(of plan: String) -> [RunRecord] {
    lock.withLock { runs.filter { run in run.claims.contains { $0.plan == plan } } }
  }

  package func note(plan: String, topic: String, about: String) -> RunNote? {
    lock.withLock {
      notesByPlace[NotePlace(plan: plan, topic: topic, about: about)].map { notes[$0] }
    }
  }

  /// In the order in which they were made.
  package func notes(plan: String, topic: String) -> [RunNote] {
    lock.withLock { notes.filter { $0.plan == plan && $0.topic == topic } }
  }

  // MARK: - Events

  /// - Returns: what contradicts the events so far, and then nothing has changed; nil where all is well.
  func apply(_ event: RunEvent) -> String? {
    lock.lock()
    defer { lock.unlock() }
    switch event {
    case .asked(let request, let claim, let at):
      guard request.id == runs.count else {
        return "run \(request.id) where \(runs.count) comes next"
      }
      runs.append(RunRecord(request: request, claims: [claim], askedAt: at))
      idsByKey[request.key, default: []].append(request.id)
      index(claim, request.id)
    case .claimed(let id, let claim):
      guard runs.indices.contains(id) else { return "a claim on run \(id), which is not there" }
      runs[id].claims.append(claim)
      index(claim, id)
    case .attempted(let id, let attempt, _):
      guard runs.indices.contains(id) else { return "an attempt at run \(id), which is not there" }
      guard attempt == runs[id].attempts + 1 else {
        return "attempt \(attempt) at run \(id), where \(runs[id].attempts + 1) comes next"
      }
      runs[id].attempts = attempt
      if runs[id].state == .lost { runs[id].state = .pending }
    case .lost(let id, let attempt, let reason, let isGivenUp, let at):
      guard runs.indices.contains(id) else { return "the loss of run \(id), which is not there" }
      guard (1...max(runs[id].attempts, 1)).contains(attempt), runs[id].attempts > 0 else {
        return "the loss of attempt \(attempt) at run \(id), which had not begun"
      }
      runs[id].lastLoss = (attempt, reason, at)
      runs[id].lastConcluded = max(runs[id].lastConcluded, attempt)
      runs[id].losses = isGivenUp ? 0 : runs[id].losses + 1
      if isGivenUp, runs[id].state == .pending { runs[id].state = .lost }
    case .interrupted(let id, let attempt, _, _):
      guard runs.indices.contains(id) else {
        return "an interruption of run \(id), which is not there"
      }
      guard attempt > 0, attempt <= runs[id].attempts else {
        return "the interruption of attempt \(attempt) at run \(id), which had not begun"
      }
      runs[id].interruptions += 1
      runs[id].lastConcluded = max(runs[id].lastConcluded, attempt)
    case .ended(let id, let outcomes, let at):
      guard runs.indices.contains(id) else { return "an end of run \(id), which is not there" }
      guard runs[id].outcomes == nil else { return "run \(id) ends twice" }
      guard !outcomes.isEmpty else { return "run \(id) ends without a measurement" }
      for result in outcomes.compactMap(\.outcome.result) {
        let domains = result.losses.map(\.domain)
        guard Set(domains).count == domains.count else {
          return "run \(id) ends with two losses of a domain"
        }
      }
      runs[id].outcomes = outcomes
      runs[id].endedAt = at
      runs[id].state = .ended
      ended += 1
    case .cancelled(let id, _):
      guard runs.indices.contains(id) else { return "an end of run \(id), which is not there" }
      guard runs[id].outcomes == nil else { return "run \(id) is cancelled after its end" }
      if runs[id].state != .cancelled { ended += 1 }
      runs[id].state = .cancelled
    case .noted(let note):
      let place = NotePlace(plan: note.plan, topic: note.topic, about: note.about)
      guard notesByPlace[place] == nil else { return "the \(note.topic) of \(note.about) twice" }
      notesByPlace[place] = notes.count
      notes.append(note)
    }
    return nil
  }

  private func index(_ claim: RunClaim, _ id: Int) {
    if idsByClaim[claim.place] == nil { idsByClaim[claim.place] = id }
  }
}

/// An event that cannot have happened after those before it.
package struct RunContradiction: Error, Equatable {
  package var reason: String

  package init(reason: String) { self.reason = reason }
}

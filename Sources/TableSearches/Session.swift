import Foundation
import Mixtures
import RunTables
import Runs
import Storage

/// Asking and telling that is kept: a folder with what it is about (`session.json`) and a journal of its
/// runs (`runs.jsonl`), locked while somebody asks or tells, so that any number of clients may.
package struct Session {
  package let folder: String
  package let settings: SessionSettings
  private var book: RunBook
  private let lock: FolderLock

  /// The name of the plan that asks.
  static let plan = "session"
  static let imported = "imported"

  /// Opens a session, or begins it where there is none.
  ///
  /// - Parameters:
  ///   - beginning: nil where there must be one already.
  ///   - patience: seconds to wait for others.
  /// - Throws: ``SessionError``, `StorageError`.
  package init(
    folder: String, beginning: SessionSettings?, patience: Double
  ) throws {
    let path = folder + "/" + SessionSettings.file
    guard beginning != nil || fileExists(path) else { throw SessionError.none(path: folder) }
    try makeFolder(at: folder)
    lock = try Self.locked(folder, patience: patience)
    self.folder = folder
    if fileExists(path) {
      settings = try decodeDocument(SessionSettings.self, at: path)
      guard settings.version <= SessionSettings.currentVersion else {
        throw StorageError.unsupportedVersion(
          path: path, found: settings.version, expected: SessionSettings.currentVersion)
      }
    } else {
      settings = beginning!
      guard !fileExists(folder + "/" + RunBook.file) else {
        throw SessionError.notASession(path: folder)
      }
      try replaceFile(at: path, with: try encodeDocument(settings))
    }
    book = try RunBook(folder: folder)
  }

  /// Clients are many and each is quick: whoever finds the folder locked tries again.
  private static func locked(_ folder: String, patience: Double) throws -> FolderLock {
    let end = wallClock() + patience
    var pause = 0.01
    while true {
      do throws(StorageError) {
        return try FolderLock(folder: folder)
      } catch {
        guard case .locked = error, wallClock() < end else { throw error }
        // Not all at the same time again.
        Thread.sleep(forTimeInterval: pause * Double.random(in: 0.5...1.5))
        pause = min(2 * pause, 0.5)
      }
    }
  }

  package var records: [RunRecord] { book.ledger.records }

  /// Its runs as a table: what a CSV of them would be read as.
  package func table() throws -> RunTable {
    guard book.ledger.count > 0 else { return settings.emptyTable }
    let columns = settings.columns
    return try RunTable(
      book.ledger, path: folder, heldOut: settings.heldOut,
      columns: RunTable.Columns(
        losses: columns.losses.isEmpty ? nil : columns.losses,
        maximize: columns.maximize.isEmpty ? nil : columns.maximize, domains: settings.domains))
  }

  // MARK: Asking

  /// Notes down runs that are handed out, on disk when it returns.
  package mutating func hand(_ proposals: [TableAdvice.Proposal]) throws {
    for proposal in proposals {
      let id = book.ledger.count
      precondition(proposal.name == "\(id + 1)", "expected run \(id + 1), found \(proposal.name)")
      let now = wallClock()
      try book.record(
        .asked(request(proposal.mixture), claim(settings.method), at: now),
        .attempted(run: id, attempt: 1, at: now))
    }
  }

  /// The same for runs of several sizes.
  package mutating func hand(_ proposals: [SizesAdvice.Proposal]) throws {
    for proposal in proposals {
      let id = book.ledger.count
      precondition(proposal.name == "\(id + 1)", "expected run \(id + 1), found \(proposal.name)")
      let earlier = proposal.continues.flatMap { Int($0) }.map { records[$0 - 1].request }
      let place = Place(
        size: proposal.size, parameters: proposal.parameters, tokens: proposal.length,
        from: earlier?.to)
      let now = wallClock()
      try book.record(
        .asked(
          request(proposal.mixture, seed: earlier?.seed, at: place), claim(settings.method), at: now
        ),
        .attempted(run: id, attempt: 1, at: now))
    }
  }

  /// How large a run is and how long, where runs differ.
  private struct Place {
    var size: String
    var parameters: Double
    var tokens: Double
    /// The tokens of the run that it goes on with; nil for one that begins.
    var from: Int?
  }

  private func request(
    _ mixture: Mixture, seed: UInt64? = nil, at place: Place? = nil
  ) -> RunRequest {
    let id = book.ledger.count
    var conditions = conditions
    var tokens = max(settings.tokens ?? 1, 1)
    if let place {
      conditions = RunConditions(
        corpus: "", domains: settings.domains, size: place.size,
        parameters: Int(clamping: place.parameters.rounded()),
        evaluator: .other(kind: "client", settings: [:]))
      tokens = max(Int(clamping: place.tokens.rounded()), 1)
    }
    return RunRequest(
      id: id, key: RunKey(conditions: conditions, mixture: mixture, seed: seed ?? UInt64(id + 1)),
      from: place?.from, to: tokens)
  }

  /// The run that another goes on with, from 1; nil for one that begins.
  package func parent(of record: RunRecord) -> Int? {
    guard let from = record.request.from else { return nil }
    return records.last {
      $0.request.key == record.request.key && $0.request.to == from
    }.map { $0.request.id + 1 }
  }

  private func claim(_ name: String) -> RunClaim {
    RunClaim(plan: Self.plan, purpose: .search, name: name, ordinal: book.ledger.count)
  }

  private var conditions: RunConditions {
    RunConditions(
      corpus: "", domains: settings.domains, size: settings.size ?? "",
      parameters: settings.size.flatMap { RunTable.parameters(ofSize: $0) }.map {
        Int(clamping: $0)
      } ?? 0,
      evaluator: .other(kind: "client", settings: [:]))
  }

  /// Runs that were asked for so long ago that nobody is at work on them any more.
  ///
  /// - Returns: how many there were.
  package mutating func expire(after seconds: Double) throws -> Int {
    var count = 0
    for record in records
    where record.state == .pending && wallClock() - record.askedAt > seconds {
      try book.record(
        .lost(
          run: record.request.id, attempt: record.attempts, reason: "not told of in time",
          isGivenUp: true, at: wallClock()))
      count += 1
    }
    return count
  }

  // MARK: Telling

  package enum News: Sendable, Hashable {
    /// In the table's own units.
    case finished([String: Double])
    case diverged(reason: String)
    case lost(reason: String)
    case cancelled
  }

  /// What became of a run, on disk when it returns. To say the same again is no error.
  ///
  /// - Parameter run: as it was handed out, from 1.
  /// - Returns: whether it is news.
  package mutating func tell(_ run: Int, _ news: News) throws -> Bool {
    try requireHandedOut(run)
    let record = records[run - 1]
    let id = run - 1
    let now = wallClock()
    switch news {
    case .finished(let losses): return try end(record, try outcome(losses), at: now)
    case .diverged(let reason):
      return try end(record, .diverged(step: 0, reason: reason), at: now)
    case .lost(let reason):
      if record.state == .lost { return false }
      try refuse(record)
      try book.record(
        .lost(run: id, attempt: record.attempts, reason: reason, isGivenUp: true, at: now))
    case .cancelled:
      if record.state == .cancelled { return false }
      try refuse(record)
      try book.record(.cancelled(run: id, at: now))
    }
    return true
  }

  /// - Throws: ``SessionError/unknownRun(path:run:count:)`` where no such run was handed out.
  package func requireHandedOut(_ run: Int) throws(SessionError) {
    guard run >= 1, run <= records.count else {
      throw .unknownRun(path: folder, run: run, count: records.count)
    }
  }

  private func outcome(_ losses: [String: Double]) throws -> RunOutcome {
    for name in losses.keys.sorted() where !settings.heldOut.contains(name) {
      throw SessionError.unknownHeldOut(name: name, known: settings.heldOut)
    }
    if let bad = losses.keys.sorted().first(where: { !losses[$0]!.isFinite }) {
      return .diverged(step: 0, reason: "the loss of '\(bad)' is \(losses[bad]!)")
    }
    return .finished(
      RunResult(
        losses: settings.heldOut.compactMap { name in
          losses[name].map {
            DomainLoss(domain: name, loss: $0)
          }
        }))
  }

  private mutating func end(
    _ record: RunRecord, _ outcome: RunOutcome, at now: Double
  ) throws -> Bool {
    let outcomes = [RungOutcome(tokens: record.request.to, outcome: outcome)]
    if let known = record.outcomes {
      guard known == outcomes else {
        throw SessionError.toldOtherwise(path: folder, run: record.request.id + 1)
      }
      return false
    }
    // What was given up may come in late all the same.
    try book.record(.ended(run: record.request.id, outcomes, at: now))
    return true
  }

  private func refuse(_ record: RunRecord) throws {
    if record.outcomes != nil {
      throw SessionError.toldOtherwise(path: folder, run: record.request.id + 1)
    }
  }

  // MARK: Earlier runs

  /// Nil where all runs have one size.
  private func place(_ row: RunTable.Row) throws(RunTableError) -> Place? {
    guard let sizes = settings.sizes else { return nil }
    let parameters = try row.requiredParameters()
    var ratio = SizesTable.typicalRatio
    if let target = try? sizes.parameters, let text = sizes.targetTokens,
      let tokens = RunTable.parameters(ofSize: text)
    {
      ratio = tokens / target
    }
    return Place(
      size: row.size, parameters: parameters, tokens: row.tokens ?? row.step ?? ratio * parameters,
      from: nil)
  }

  /// Takes in the finished and diverged runs of a table, where the session has none yet.
  ///
  /// - Returns: how many.
  package mutating func take(_ table: RunTable) throws -> Int {
    guard records.isEmpty else { return 0 }
    let path = table.rows.first?.path ?? "the table"
    guard Set(table.domains) == Set(settings.domains) else {
      throw RunTableError.domainsDiffer(
        path: path, found: table.domains,
        expectedAsIn: "the session",
        expected: settings.domains)
    }
    // By its name, or by its column's heading.
    let places = settings.heldOut.map { name in
      table.heldOut.firstIndex(of: name) ?? table.measures.firstIndex { $0.heading == name }
    }
    guard places.contains(where: { $0 != nil }) else {
      throw SessionError.nothingMeasured(
        path: path, heldOut: settings.heldOut, found: table.heldOut
      )
    }
    for (name, place) in zip(settings.heldOut, places) {
      guard let place, table.measures[place].isMaximized != settings.maximize.contains(name) else {
        continue
      }
      throw SessionError.otherDirection(
        path: path, heading: table.measures[place].heading,
        name: name)
    }
    var count = 0
    for row in table.rows {
      let outcome: RunOutcome
      switch row.status {
      case .finished:
        outcome = .finished(
          RunResult(
            losses: zip(settings.heldOut, places).compactMap { name, place in
              guard let place, let loss = row.losses[place] else { return nil }
              return DomainLoss(
                domain: name, loss: table.measures[place].original(loss))
            }))
      case .diverged: outcome = .diverged(step: 0, reason: "so the table says")
      default: continue
      }
      let id = book.ledger.count
      let mixture = Mixture(
        domains: settings.domains, proportionalTo: settings.domains.map { row.mixture[$0]! })
      let request = request(mixture, seed: row.seed, at: try place(row))
      try book.record(
        .asked(request, claim(Self.imported), at: wallClock()),
        .ended(
          run: id, [RungOutcome(tokens: request.to, outcome: outcome)], at: wallClock()))
      count += 1
    }
    return count
  }
}

package enum SessionError: Error, Equatable, CustomStringConvertible {
  case none(path: String)
  case notASession(path: String)
  case differs(path: String, name: String, found: String, asked: String)
  case unknownRun(path: String, run: Int, count: Int)
  case unknownHeldOut(name: String, known: [String])
  case nothingMeasured(path: String, heldOut: [String], found: [String])
  case otherDirection(path: String, heading: String, name: String)
  case missing(names: [String])
  case toldOtherwise(path: String, run: Int)

  package var description: String {
    switch self {
    case .none(let path):
      "\(path): found no session, expected one; begin it with 'mixpipe ask \(path) --domains …'"
    case .notASession(let path):
      "\(path): found the runs of a study, expected a session or an empty folder; give another folder"
    case .differs(let path, let name, let found, let asked):
      "\(path): found a session whose \(name) is '\(found)', asked for '\(asked)'; leave the option out, or "
        + "give another folder"
    case .unknownRun(let path, let run, let count):
      "\(path): found no run \(run), expected one of the \(count) that were handed out"
    case .unknownHeldOut(let name, let known):
      "found a loss of '\(name)', expected those of \(known.joined(separator: ", "))"
    case .nothingMeasured(let path, let heldOut, let found):
      "\(path): found losses of \(found.joined(separator: ", ")), expected some of "
        + "\(heldOut.joined(separator: ", ")); name the session's with --held-out"
    case .otherDirection(let path, let heading, let name):
      "\(path): found '\(heading)', of which the other direction is better than the session has it for "
        + "'\(name)'; say with --maximize what is to rise"
    case .missing(let names):
      "found no loss of \(names.joined(separator: ", ")), which the objective needs; tell it too, or tell "
        + "'--state lost'"
    case .toldOtherwise(let path, let run):
      "\(path): run \(run) was told before, and otherwise; what was told stays"
    }
  }
}

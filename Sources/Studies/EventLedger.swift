import Foundation
import Storage

/// What a journal of events tells, event by event.
protocol EventLedger: Sendable {
  associatedtype Event: Codable, Sendable
  /// What it is a journal of, for messages.
  static var contents: String { get }

  init()
  /// - Returns: what contradicts the events so far, and then nothing has changed; nil where all is well.
  mutating func apply(_ event: Event) -> String?
}

/// The first line of a journal.
struct TrialJournalHeader: Codable {
  static let currentVersion = 1

  var event = "began"
  var version = currentVersion
}

extension EventLedger {
  /// - Throws: `StorageError.corruptLine` where an event does not parse or contradicts those before
  ///   it, ``StudyError/unsupportedVersion(path:found:expected:)``.
  init(readingJournalAt path: String) throws {
    self.init()
    let lines = try LineJournal.lines(at: path)
    guard let first = lines.first else { return }
    let header = try LineJournal.decode(TrialJournalHeader.self, from: first, number: 1, path: path)
    guard header.event == "began" else {
      throw StorageError.corruptLine(
        path: path, line: 1, reason: "not a journal of \(Self.contents)")
    }
    guard header.version == TrialJournalHeader.currentVersion else {
      throw StudyError.unsupportedVersion(
        path: path, found: header.version, expected: TrialJournalHeader.currentVersion)
    }
    for (index, line) in lines.enumerated().dropFirst() {
      let event = try LineJournal.decode(Event.self, from: line, number: index + 1, path: path)
      if let contradiction = apply(event) {
        throw StorageError.corruptLine(path: path, line: index + 1, reason: contradiction)
      }
    }
  }
}

/// A ledger and the journal that it is kept in.
struct LedgerBook<Ledger: EventLedger> {
  private(set) var ledger: Ledger
  private let journal: LineJournal

  /// Opens the journal, or begins it. Its folder must be locked.
  ///
  /// - Throws: as ``EventLedger/init(readingJournalAt:)``; `StorageError`.
  init(at path: String) throws {
    // Read before it is opened for writing: a damaged journal stays as it is.
    ledger = try Ledger(readingJournalAt: path)
    journal = try LineJournal(at: path)
    if try readFile(at: path).isEmpty { try journal.append(TrialJournalHeader()) }
  }

  /// Writes an event to the disk, and only then believes it.
  mutating func record(_ event: Ledger.Event) throws {
    try journal.append(event)
    let contradiction = ledger.apply(event)
    precondition(contradiction == nil, contradiction ?? "")
  }
}

/// Seconds since 1970.
func now() -> Double { Date().timeIntervalSince1970 }

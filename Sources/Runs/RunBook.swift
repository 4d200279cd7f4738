import Foundation
import Storage

/// A ledger of runs and the journal that it is kept in, one for each folder: what one command has run,
/// another need not run again.
///
/// The first line says what it is a journal of; each further one is an event. The folder must be locked
/// by whoever writes.
package struct RunBook {
  /// The journal's name in its folder.
  package static let file = "runs.jsonl"
  /// What a file of that name becomes that an older testbed wrote.
  package static let olderFile = "runs.old.jsonl"
  static let currentVersion = 1
  private static let header = JournalHeader(contents: "runs", version: currentVersion)

  package let ledger: RunLedger
  /// Nil where nothing is kept.
  private let journal: LineJournal?
  private var numbers: [RunConditions: Int]

  /// Nothing but the memory of this process, as for a replay.
  package init() {
    ledger = RunLedger()
    journal = nil
    numbers = [:]
  }

  /// What was written so far, to go on from in memory alone: for a look at what would come next.
  package init(remembering ledger: RunLedger) {
    self.ledger = ledger
    journal = nil
    numbers = [:]
  }

  /// Opens a folder's journal, or begins it.
  ///
  /// - Parameter earlier: what happened in the folder before it had this journal, as read from the files
  ///   of an older program; asked only where there is none.
  /// - Throws: `StorageError.corruptLine` where an event does not parse or contradicts those before it.
  package init(folder: String, earlier: () throws -> [RunEvent] = { [] }) throws {
    let path = folder + "/" + Self.file
    var lines = try LineJournal.lines(at: path)
    if !Self.isOwn(lines) {
      let events = try earlier()
      if !lines.isEmpty {
        guard rename(path, folder + "/" + Self.olderFile) == 0 else {
          throw StorageError.system(action: "rename", path: path, code: errno)
        }
        try syncFolder(of: path)
      }
      if !events.isEmpty { try Self.write(events, to: path) }
      lines = try LineJournal.lines(at: path)
    }
    // Read before it is opened for writing: a damaged journal stays as it is.
    let contents = try Self.read(lines, of: path)
    ledger = contents.ledger
    numbers = contents.numbers
    let journal = try LineJournal(at: path)
    if contents.isEmpty { try journal.append(Self.header) }
    self.journal = journal
  }

  /// What a folder's journal tells; a command at work is read as far as it has come. Empty where there is
  /// none.
  ///
  /// - Parameter earlier: as for ``init(folder:earlier:)``.
  /// - Throws: as ``init(folder:earlier:)``; nothing is written.
  package static func ledger(
    folder: String, earlier: () throws -> [RunEvent] = { [] }
  ) throws -> RunLedger {
    let path = folder + "/" + file
    let lines = try LineJournal.lines(at: path)
    if isOwn(lines) { return try read(lines, of: path).ledger }
    do {
      return try RunLedger(earlier())
    } catch let error as RunContradiction {
      throw StorageError.corruptFile(path: folder, reason: error.reason)
    }
  }

  /// Writes events to the disk, and only then believes them.
  package mutating func record(_ events: RunEvent...) throws {
    if let journal {
      var numbers = numbers
      try journal.append(contentsOf: Self.lines(of: events, &numbers))
      self.numbers = numbers
    }
    for event in events {
      let contradiction = ledger.apply(event)
      precondition(contradiction == nil, contradiction ?? "")
    }
  }

  // MARK: - Files

  /// Whether a file is a journal of runs, damaged or not: one that is empty or of an older testbed is not.
  private static func isOwn(_ lines: [Data]) -> Bool {
    struct OlderLine: Decodable {
      var run: String
      var corpusDigest: String
    }
    guard let first = lines.first else { return false }
    return (try? JSONDecoder().decode(OlderLine.self, from: first)) == nil
  }

  private static func read(
    _ lines: [Data], of path: String
  ) throws -> (ledger: RunLedger, numbers: [RunConditions: Int], isEmpty: Bool) {
    let ledger = RunLedger()
    var known: [RunConditions] = []
    if let first = lines.first {
      _ = try JournalHeader.check(
        first, contents: header.contents!, versions: 1...currentVersion, path: path)
    }
    let decoder = JSONDecoder()
    for (index, data) in lines.enumerated().dropFirst() {
      // Decoded once more, for the words, where it fails.
      let line =
        try (try? decoder.decode(RunLine.self, from: data))
        ?? LineJournal.decode(RunLine.self, from: data, number: index + 1, path: path)
      var reason: String?
      do throws(RunContradiction) {
        if let shared = line.shared {
          known.append(shared)
        } else if let event = try line.event(known) {
          reason = ledger.apply(event)
        }
      } catch {
        reason = error.reason
      }
      if let reason {
        throw StorageError.corruptLine(path: path, line: index + 1, reason: reason)
      }
    }
    let numbers = Dictionary(
      zip(known, known.indices), uniquingKeysWith: { first, _ in first })
    return (ledger, numbers, lines.isEmpty)
  }

  /// A whole journal at once: it is there or it is not.
  private static func write(_ events: [RunEvent], to path: String) throws {
    var numbers: [RunConditions: Int] = [:]
    var data = Data()
    func append(_ line: some Encodable) throws {
      data += JournalLine.seal(try encodeLine(line).dropLast())
      data.append(UInt8(ascii: "\n"))
    }
    try append(header)
    for line in lines(of: events, &numbers) { try append(line) }
    try replaceFile(at: path, with: data)
  }

  /// The lines that events take up, with those before them that say what their runs have in common.
  private static func lines(
    of events: [RunEvent], _ numbers: inout [RunConditions: Int]
  ) -> [RunLine] {
    var lines: [RunLine] = []
    for event in events {
      if case .asked(let request, _, _) = event, numbers[request.key.conditions] == nil {
        lines.append(RunLine(request.key.conditions, number: numbers.count))
        numbers[request.key.conditions] = numbers.count
      }
      lines.append(RunLine(event) { numbers[$0]! })
    }
    return lines
  }
}

/// Seconds since 1970.
package func wallClock() -> Double { Date().timeIntervalSince1970 }

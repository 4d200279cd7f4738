import Mixtures
import Runs
import Storage

/// Everything that the result of a plan's runs depends on: a file beside their journal.
package protocol StoredConfiguration: Sendable, Hashable, Codable {
  /// Of the file's layout.
  static var currentVersion: Int { get }
  /// Its file in the folder.
  static var file: String { get }
  /// The plan's name in the journal.
  static var plan: String { get }
  /// Whether it is written again where more is asked for than the folder's asks for.
  static var mayGrow: Bool { get }

  /// - Throws: ``StudyError`` for the first field that makes no sense.
  func validate() throws(StudyError)

  /// The first field in which a folder's configuration, this one, cannot become the one that is asked
  /// for now.
  func firstDifference(from asked: Self) -> (field: String, found: String, expected: String)?
}

extension StoredConfiguration {
  package static var mayGrow: Bool { true }

  /// Whether the folder holds one at all.
  package static func exists(in folder: String) -> Bool {
    fileExists(folder + "/" + file)
  }

  /// - Throws: ``StudyError`` or `StorageError`: no such folder, none in it, another version, or a
  ///   damaged file.
  package static func read(folder: String) throws -> Self {
    let path = try LayoutVersion.check(
      file, in: folder, expected: currentVersion)
    let configuration = try decodeDocument(Self.self, at: path)
    do throws(StudyError) {
      try configuration.validate()
    } catch {
      guard case .invalid(let field, let found, let expected) = error else { throw error }
      throw StudyError.invalid(field: "\(path): \(field)", found: found, expected: expected)
    }
    return configuration
  }

  /// What the folder holds; nil where it holds none.
  ///
  /// - Throws: as ``read(folder:)``.
  package static func stored(in folder: String) throws -> Self? {
    exists(in: folder) ? try read(folder: folder) : nil
  }

  /// Makes the folder or goes on with what it holds: runs all that is missing. Blocks the calling thread.
  ///
  /// What is asked for, and what comes of it, depends on the configuration and the evaluator only: not on
  /// the number of workers, on how long runs take, or on interruptions.
  ///
  /// - Parameters:
  ///   - conditions: of a size's runs as the evaluator makes them now, for runs of an older program that did
  ///     not write them down; nil where nobody knows.
  ///   - isCancelled: asked a few times a second; once true, the runs under way save themselves and stop.
  /// - Returns: what the folder's journal tells then.
  /// - Throws: `CancellationError` where it was cancelled before its end; ``StudyError`` where the folder's
  ///   runs are of a configuration that cannot become this one; `RunError`, `StorageError`, or what the
  ///   evaluator or a method threw. The folder stays valid: a later call goes on from there.
  package func run(
    _ plan: any Plan, in folder: String, on evaluator: any Evaluator,
    conditions: OldJournals.Conditions? = nil,
    isCancelled: @escaping @Sendable () -> Bool = { false },
    observer: @escaping RunObserver = { _, _ in }
  ) throws -> RunLedger {
    let (lock, book) = try open(folder, conditions: conditions)
    defer { withExtendedLifetime(lock) {} }
    try Driver(
      plan: plan, book: book, evaluator: evaluator, folder: folder, isCancelled: isCancelled,
      observer: observer
    ).run()
    return book.ledger
  }

  /// Makes the folder or goes on with what it holds, for whoever drives its runs.
  ///
  /// - Returns: the lock, to be held while runs are driven, and the journal.
  /// - Throws: as ``run(_:in:on:conditions:isCancelled:observer:)``.
  package func open(
    _ folder: String, conditions: OldJournals.Conditions? = nil
  ) throws -> (lock: FolderLock, book: RunBook) {
    try validate()
    try makeFolder(at: folder)
    let lock = try FolderLock(folder: folder)
    let path = folder + "/" + Self.file
    let stored = try Self.stored(in: folder)
    if let stored, let difference = stored.firstDifference(from: self) {
      throw StudyError.differs(
        path: path, field: difference.field, found: difference.found,
        expected: difference.expected)
    }
    if stored == nil { try OldJournals.requireNone(of: Self.plan, in: folder) }
    let book = try RunBook(
      folder: folder, earlier: { try OldJournals.events(in: folder, conditions: conditions) })
    // Runs without their configuration: what they were made with is no longer known.
    guard stored != nil || book.ledger.records(of: Self.plan).isEmpty else {
      throw StudyError.notAStudy(folder: folder, file: "\(Self.file) beside its \(RunBook.file)")
    }
    if stored == nil || Self.mayGrow && stored != self {
      try replaceFile(at: path, with: encodeDocument(self))
    }
    return (lock, book)
  }

  /// What a folder's journal tells; a command at work is read as far as it has come.
  package static func ledger(of folder: String) throws -> RunLedger {
    try RunBook.ledger(folder: folder, earlier: { try OldJournals.events(in: folder) })
  }
}

extension StudyError {
  /// - Throws: ``invalid(field:found:expected:)`` where the condition does not hold.
  static func require(
    _ condition: Bool, _ field: String, _ found: some Any, _ expected: String
  ) throws(StudyError) {
    if !condition { throw .invalid(field: field, found: "\(found)", expected: expected) }
  }

  /// Counts of a file that may come from anywhere: what memory and arithmetic bear, as on the command line.
  static func requireCounts(
    _ counts: KeyValuePairs<String, Int>, in bounds: ClosedRange<Int>
  ) throws(StudyError) {
    for (field, count) in counts {
      try require(
        bounds.contains(count), field, count,
        "a number from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
  }

  /// What a run is of, and what each domain has.
  static func requireSizes(_ scale: Scale, availableTokens: [Int]) throws(StudyError) {
    try requireCounts(["tokens": scale.tokens, "parameters": scale.parameters], in: 1...mostTokens)
    for count in availableTokens {
      try requireCounts(["available tokens": count], in: 0...mostTokens)
    }
  }

  /// What stands for a domain whose tokens nobody counted; sums of them over thousands of domains are still
  /// numbers.
  private static let mostTokens = 1 << 50

  static func requireMethods(_ methods: [String]) throws(StudyError) {
    try require(!methods.isEmpty, "methods", "none", "one at least")
    for (index, method) in methods.enumerated() {
      try require(
        !methods[..<index].contains(method), "methods", "'\(method)' twice", "each method once")
    }
  }
}

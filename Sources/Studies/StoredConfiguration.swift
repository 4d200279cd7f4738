import Storage

/// Everything that the result of a folder's trials depends on: a file beside their journal.
package protocol StoredConfiguration: Sendable, Hashable, Codable {
  /// Of the file's layout.
  static var currentVersion: Int { get }
  /// Its own file and the journal of its trials, in their folder.
  static var files: (configuration: String, trials: String) { get }
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
    fileExists(folder + "/" + files.configuration)
  }

  /// - Throws: ``StudyError`` or `StorageError`: no such folder, none in it, another version, or a
  ///   damaged file.
  package static func read(folder: String) throws -> Self {
    let path = try LayoutVersion.check(
      files.configuration, in: folder, expected: currentVersion)
    let configuration = try decodeDocument(Self.self, at: path)
    try configuration.validate()
    return configuration
  }

  /// What the folder holds; nil where it holds none.
  ///
  /// - Throws: as ``read(folder:)``.
  package static func stored(in folder: String) throws -> Self? {
    exists(in: folder) ? try read(folder: folder) : nil
  }

  /// Makes the folder or goes on with what it holds, and keeps all others out while `body` runs.
  ///
  /// - Throws: ``StudyError`` where the folder's trials are of a configuration that cannot become this
  ///   one, `StorageError`, or what `body` throws.
  func whileOpen<Result>(
    in folder: String, _ body: (StudyFolder) throws -> Result
  ) throws -> Result {
    try makeFolder(at: folder)
    let lock = try FolderLock(folder: folder)
    defer { withExtendedLifetime(lock) {} }
    let files = StudyFolder(path: folder)
    let path = files.configuration(of: Self.self)
    let stored = try Self.stored(in: folder)
    if let stored, let difference = stored.firstDifference(from: self) {
      throw StudyError.differs(
        path: path, field: difference.field, found: difference.found,
        expected: difference.expected)
    }
    // A journal without its configuration: whose trials these are can no longer be told.
    guard stored != nil || !fileExists(files.trials(of: Self.self)) else {
      throw StudyError.notAStudy(
        folder: folder, file: "\(Self.files.configuration) beside its \(Self.files.trials)")
    }
    if stored == nil || Self.mayGrow && stored != self {
      try replaceFile(at: path, with: encodeDocument(self))
    }
    return try body(files)
  }
}

extension StudyError {
  /// - Throws: ``invalid(field:found:expected:)`` where the condition does not hold.
  static func require(
    _ condition: Bool, _ field: String, _ found: some Any, _ expected: String
  ) throws(StudyError) {
    if !condition { throw .invalid(field: field, found: "\(found)", expected: expected) }
  }

  static func requireMethods(_ methods: [String]) throws(StudyError) {
    try require(!methods.isEmpty, "methods", "none", "one at least")
    for (index, method) in methods.enumerated() {
      try require(
        !methods[..<index].contains(method), "methods", "'\(method)' twice", "each method once")
    }
  }
}

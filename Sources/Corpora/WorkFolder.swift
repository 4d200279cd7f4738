import Foundation
import Storage

/// The folder beside a corpus in which its successor is built. Its name is the program's own
/// (`.NAME.mixpipe-build`), so that nothing else is ever taken for it; what a killed build left in it
/// is removed by the next.
final class WorkFolder {
  /// Where the corpus shall be: links followed, no slash at the end.
  let target: String
  /// Where it is built.
  var path: String { work + "/corpus" }

  private let work: String
  private let lock: FolderLock

  /// - Throws: `StorageError.locked` where another process builds the same corpus.
  init(for folder: String) throws {
    target = try Self.resolved(folder)
    let parent = parentFolder(of: target)
    if !parent.isEmpty { try makeFolder(at: parent) }
    let name = ".\((target as NSString).lastPathComponent).mixpipe-build"
    work = parent.isEmpty ? name : (parent as NSString).appendingPathComponent(name)
    try makeFolder(at: work)
    lock = try FolderLock(folder: work)
    try removeTree(at: path)
    try makeFolder(at: path)
  }

  deinit {
    withExtendedLifetime(lock) { try? removeTree(at: work) }
  }

  /// Without slashes at its end.
  static func trimmed(_ folder: String) -> String {
    var path = folder
    while path.count > 1, path.last == "/" { path.removeLast() }
    return path
  }

  /// The folder that a path means; one that is not there yet is named as given.
  static func resolved(_ folder: String) throws -> String {
    let path = trimmed(folder)
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK {
      throw CorpusError.occupied(path: path, found: "a link that leads nowhere")
    }
    return path
  }

  /// Puts what was built where the corpus shall be. At every moment there is a whole corpus: the old one
  /// and the new one change places in one step.
  func install() throws {
    if fileExists(target) {
      if Self.exchange(path, target) != 0 {
        // Some file systems cannot exchange; then there is a moment without either.
        guard errno == EINVAL || errno == ENOSYS else { throw Self.failure("replace", target) }
        let old = work + "/old"
        try removeTree(at: old)
        guard rename(target, old) == 0 else { throw Self.failure("replace", target) }
        guard rename(path, target) == 0 else { throw Self.failure("rename", path) }
      }
    } else {
      guard rename(path, target) == 0 else { throw Self.failure("rename", path) }
    }
    try syncFolder(of: target)
    // Last, so that a crash leaves what the next build knows to be its own.
    try removeTree(at: work)
  }

  /// `RENAME_EXCHANGE` of renameat2(2). Swift's Glibc does not declare it, and older C libraries do not
  /// have it.
  private static func exchange(_ a: String, _ b: String) -> Int {
    typealias Rename =
      @convention(c) (
        Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32
      ) -> Int32
    guard let symbol = dlsym(nil, "renameat2") else {
      errno = ENOSYS
      return -1
    }
    let rename = unsafeBitCast(symbol, to: Rename.self)
    return Int(rename(AT_FDCWD, a, AT_FDCWD, b, 2))
  }

  private static func failure(_ action: String, _ path: String) -> StorageError {
    .system(action: action, path: path, code: errno)
  }
}

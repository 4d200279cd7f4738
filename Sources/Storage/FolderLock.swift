import Foundation

/// Keeps a folder to one process at a time. The kernel lets go of it when the process ends, however
/// it ends, so a lock is never left behind.
package final class FolderLock: Sendable {
  private let descriptor: Int32

  /// - Throws: `StorageError.locked` where another process holds the folder.
  package init(folder: String) throws(StorageError) {
    let path = folder + "/lock"
    descriptor = Int32(
      try check("lock", path) { Int(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)) })
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      var digits = [UInt8](repeating: 0, count: 16)
      let count = max(read(descriptor, &digits, digits.count), 0)
      close(descriptor)
      guard code == EWOULDBLOCK else { throw .system(action: "lock", path: path, code: code) }
      throw .locked(
        path: folder,
        process: Int32(
          String(decoding: digits[..<count], as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)))
    }
    // Only for the message above; the lock itself needs no contents.
    ftruncate(descriptor, 0)
    let line = Array("\(getpid())\n".utf8)
    _ = write(descriptor, line, line.count)
  }

  deinit { close(descriptor) }
}

import Foundation

/// The file that is written beside the one that it is to replace.
///
/// Its name follows from the other's, and whoever writes it holds its lock: two that replace the same
/// file do so one after the other, and what a killed process left behind is written over the next time.
struct TemporaryFile {
  static let suffix = ".mixpipe-tmp"

  let path: String
  let descriptor: Int32

  init(replacing target: String) throws(StorageError) {
    let folder = parentFolder(of: target)
    let name = target.split(separator: "/").last.map(String.init) ?? ""
    // Within the 255 bytes that file systems allow.
    let short = String(decoding: Array(name.utf8.prefix(230)), as: UTF8.self)
    let start = folder.isEmpty || folder == "/" ? folder : folder + "/"
    let path = "\(start).\(short)\(Self.suffix)"
    self.path = path
    while true {
      let flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC
      let descriptor = Int32(try check("write", target) { Int(open(path, flags, 0o644)) })
      do throws(StorageError) {
        do throws(StorageError) {
          try check("write", target) { Int(flock(descriptor, LOCK_EX)) }
        } catch .system(_, _, let code) where [EOPNOTSUPP, ENOSYS, ENOLCK, EINVAL].contains(code) {
          // A file system without locks: one writer at a time is then up to the user.
        }
        // Whoever had the lock until now has renamed the file that was opened.
        var opened = stat()
        var named = stat()
        try check("write", target) { Int(fstat(descriptor, &opened)) }
        let isThere = lstat(path, &named) == 0
        if isThere, opened.st_ino == named.st_ino, opened.st_dev == named.st_dev {
          if opened.st_size > 0 { try check("write", target) { Int(ftruncate(descriptor, 0)) } }
          self.descriptor = descriptor
          return
        }
      } catch {
        close(descriptor)
        throw error
      }
      close(descriptor)
    }
  }
}

/// Removes what processes that were killed left half written in a folder; files that somebody writes
/// at the moment stay. What cannot be removed only takes up room.
package func removeTemporaryFiles(in folder: String) {
  guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
  for name in names where name.hasPrefix(".") && name.hasSuffix(TemporaryFile.suffix) {
    let path = folder + "/" + name
    let descriptor = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { continue }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
    close(descriptor)
  }
}

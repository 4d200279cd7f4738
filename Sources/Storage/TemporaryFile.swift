import Foundation

/// The file that is written beside the one that it is to replace.
///
/// Its name follows from the other's, and whoever writes it holds its lock: two that replace the same
/// file do so one after the other, and what a killed process left behind is written over the next time.
struct TemporaryFile {
  static let suffix = ".mixpipe-tmp"

  let path: String
  let descriptor: Int32

  /// What is written before a file of this name.
  static func name(of name: String) -> String {
    // Within the 255 bytes that file systems allow.
    ".\(String(decoding: Array(name.utf8.prefix(230)), as: UTF8.self))\(suffix)"
  }

  init(replacing target: String) throws(StorageError) {
    let folder = parentFolder(of: target)
    let name = target.split(separator: "/").last.map(String.init) ?? ""
    let start = folder.isEmpty || folder == "/" ? folder : folder + "/"
    let path = start + Self.name(of: name)
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

/// Makes a new file, whole from its first moment; never in place of one that somebody else has made meanwhile.
///
/// - Returns: false where there is one.
package func createFile(at path: String, with data: Data) throws(StorageError) -> Bool {
  let temporary = try TemporaryFile(replacing: path)
  defer {
    unlink(temporary.path)
    close(temporary.descriptor)
  }
  try writeAll(data, to: temporary.descriptor, path: path)
  try check("sync", path) { Int(fsync(temporary.descriptor)) }
  // Unlike a new name, a link does not replace.
  if link(temporary.path, path) != 0 {
    let code = errno
    if code == EEXIST { return false }
    // Some file systems have no links.
    let opened = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    if opened < 0, errno == EEXIST { return false }
    try check("write", path) { Int(opened) }
    defer { close(opened) }
    try writeAll(data, to: opened, path: path)
    try check("sync", path) { Int(fsync(opened)) }
  }
  try syncFolder(of: path)
  return true
}

/// Removes what a process that was killed left of writing a file; not while somebody writes it.
package func removeTemporaryFile(of path: String) {
  let name = path.split(separator: "/").last.map(String.init) ?? ""
  let folder = parentFolder(of: path)
  removeTemporaryFiles(in: folder.isEmpty ? "." : folder) {
    $0 == TemporaryFile.name(of: name)
  }
}

/// Removes what processes that were killed left half written in a folder; files that somebody writes
/// at the moment stay. What cannot be removed only takes up room.
package func removeTemporaryFiles(
  in folder: String, where isMeant: (String) -> Bool = { _ in true }
) {
  guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return }
  for name in names
  where name.hasPrefix(".") && name.hasSuffix(TemporaryFile.suffix) && isMeant(name) {
    let path = folder + "/" + name
    let descriptor = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { continue }
    if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
    close(descriptor)
  }
}

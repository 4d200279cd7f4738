import Foundation

/// Keeps a folder to one process at a time, by a lock on the folder itself: there is no file that could
/// be removed from under it, and nothing is left behind. The kernel lets go of it when the process
/// ends, however it ends.
///
/// Where a file system cannot lock folders (NFS wants a file that is open for writing) the lock is on a
/// file `lock` in it.
package final class FolderLock: Sendable {
  package let folder: String
  private let descriptor: Int32
  private let identity: FileIdentity
  /// What ``identity`` is of: the folder or its file.
  private let path: String

  /// Locks a folder, and removes what a killed process left half written in it
  /// (``removeTemporaryFiles(in:)``).
  ///
  /// - Throws: `StorageError.locked` where another process holds the folder.
  package init(folder: String) throws(StorageError) {
    self.folder = folder
    var descriptor = Int32(
      try check("lock", folder) { Int(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) })
    var path = folder
    do throws(StorageError) {
      do throws(StorageError) {
        try lockDescriptor(descriptor, path: folder)
      } catch .system(_, _, let code) where [EBADF, EINVAL, EOPNOTSUPP, ENOSYS].contains(code) {
        close(descriptor)
        path = folder + "/lock"
        descriptor = Int32(
          try check("lock", path) { Int(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)) })
        try lockDescriptor(descriptor, path: folder)
      }
      identity = try FileIdentity(of: descriptor, path: path)
      // It may have been replaced between the two calls.
      try identity.verify(at: path)
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.path = path
    removeTemporaryFiles(in: folder)
  }

  deinit { unlockAndClose(descriptor) }

  /// - Throws: `StorageError.vanished` where the folder is not the one that was locked any more.
  package func verify() throws(StorageError) { try identity.verify(at: path) }
}

/// Takes the lock of the file or folder behind a descriptor, for as long as that is open.
///
/// - Throws: `StorageError.locked`.
func lockDescriptor(_ descriptor: Int32, path: String) throws(StorageError) {
  do throws(StorageError) {
    try check("lock", path) { Int(flock(descriptor, LOCK_EX | LOCK_NB)) }
  } catch .system(_, _, EWOULDBLOCK) {
    throw .locked(path: path, process: lockHolder(of: descriptor))
  }
}

/// Lets go of a lock at once. Closing alone may be too late: a process that another thread is starting has the
/// descriptor too, until it is the program that it will be.
func unlockAndClose(_ descriptor: Int32) {
  _ = flock(descriptor, LOCK_UN)
  close(descriptor)
}

/// The process that holds the lock of a file, as the kernel lists it.
private func lockHolder(of descriptor: Int32) -> Int32? {
  var status = stat()
  guard fstat(descriptor, &status) == 0, let data = try? readFile(at: "/proc/locks") else {
    return nil
  }
  // 3: FLOCK  ADVISORY  WRITE 1442 08:01:266349 0 EOF
  for line in String(decoding: data, as: UTF8.self).split(separator: "\n") {
    let words = line.split(separator: " ")
    guard words.count > 5, words[1] == "FLOCK" || words[1] == "POSIX", let holder = Int32(words[4]),
      holder > 0, words[5].hasSuffix(":\(status.st_ino)")
    else { continue }
    return holder
  }
  return nil
}

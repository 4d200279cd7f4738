import Foundation

/// Which file or folder a descriptor is open on, to see whether a path still leads there.
struct FileIdentity: Equatable, Sendable {
  private let device: UInt64
  private let inode: UInt64

  private init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }

  init(of descriptor: Int32, path: String) throws(StorageError) {
    var status = stat()
    try check("open", path) { Int(fstat(descriptor, &status)) }
    self.init(status)
  }

  /// - Throws: `StorageError.vanished` where the path leads nowhere or elsewhere.
  func verify(at path: String) throws(StorageError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      let code = errno
      if code == ENOENT || code == ENOTDIR { throw .vanished(path: path) }
      throw .system(action: "open", path: path, code: code)
    }
    guard FileIdentity(status) == self else { throw .vanished(path: path) }
  }
}

/// Whether a file's bytes can be read from a position and replaced as a whole, and what it is if not.
func kind(of mode: mode_t) -> String? {
  switch mode & S_IFMT {
  case S_IFREG: nil
  case S_IFIFO: "named pipe"
  case S_IFSOCK: "socket"
  case S_IFCHR, S_IFBLK: "device"
  case S_IFDIR: "folder"
  default: "special file"
  }
}

/// - Throws: `StorageError.notRegular`; a folder is told as the system tells it.
func requireRegular(_ descriptor: Int32, path: String) throws(StorageError) {
  var status = stat()
  try check("open", path) { Int(fstat(descriptor, &status)) }
  if status.st_mode & S_IFMT == S_IFDIR { throw .system(action: "open", path: path, code: EISDIR) }
  if let kind = kind(of: status.st_mode) { throw .notRegular(path: path, kind: kind) }
}

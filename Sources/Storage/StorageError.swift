import Foundation

/// What can go wrong between the program and the disk.
package enum StorageError: Error, Equatable, CustomStringConvertible {
  /// `action` reads after "cannot": "write", "open", "lock".
  case system(action: String, path: String, code: Int32)
  case corruptLine(path: String, line: Int, reason: String)
  case corruptFile(path: String, reason: String)
  case locked(path: String, process: Int32?)
  case missing(path: String, hint: String)
  /// `kind` reads after "is a": "named pipe", "device".
  case notRegular(path: String, kind: String)
  case tooLarge(path: String, limit: Int)
  /// The file or folder at the path is not the one that was opened.
  case vanished(path: String)
  case unsupportedVersion(path: String, found: Int, expected: Int)

  package var description: String {
    switch self {
    case .system(let action, let path, let code):
      let hint =
        switch code {
        case ENOSPC, EDQUOT: "; free some space and run the same command again, nothing is lost"
        case EACCES, EPERM, EROFS: "; choose a folder that you may write to"
        case ENOENT: "; check the path"
        case EEXIST, ENOTDIR: "; a file is in the way, choose another path"
        case EFBIG: "; raise the limit on file sizes (ulimit -f) and run the same command again"
        case EISDIR: "; a folder is in the way, give the path of a file"
        case ELOOP: "; a link leads back to itself, choose another path"
        case ENAMETOOLONG: "; choose a shorter name"
        case EMFILE, ENFILE: "; raise the limit on open files (ulimit -n)"
        case ENOLCK, ENOTSUP: "; choose a folder on a file system that can do this"
        case EIO: "; the disk or its file system is at fault, look at the system's log"
        default: ""
        }
      return "\(path): cannot \(action): \(String(cString: strerror(code)))\(hint)"
    case .corruptLine(let path, let line, let reason):
      return "\(path): line \(line) is damaged (\(reason)); "
        + "move the file away or restore it from a copy"
    case .corruptFile(let path, let reason):
      return "\(path): the file is damaged (\(reason)); "
        + "move it away or restore it from a copy"
    case .locked(let path, let process):
      return "\(path): another mixpipe" + (process.map { " (process \($0))" } ?? "")
        + " is at work here; wait for it or choose another folder"
    case .missing(let path, let hint):
      return "\(path): no such file or folder; \(hint)"
    case .notRegular(let path, let kind):
      return "\(path): is a \(kind), so it is no regular file as expected; give the path of a file"
    case .tooLarge(let path, let limit):
      return "\(path): more than \(limit >> 20) MiB, expected less; "
        + "split the file or remove what is not needed"
    case .vanished(let path):
      return "\(path): was removed or replaced while it was in use, so nothing can be kept there; "
        + "put back what you moved away and run the same command again"
    case .unsupportedVersion(let path, let found, let expected):
      return "\(path): found version \(found) of its layout, expected \(expected) at most; "
        + "use the mixpipe that wrote it"
    }
  }
}

/// Runs a system call again when a signal interrupted it; throws its errno when it fails.
@discardableResult
func check(
  _ action: String, _ path: String, _ call: () -> Int
) throws(StorageError) -> Int {
  while true {
    let result = call()
    if result >= 0 { return result }
    if errno != EINTR { throw .system(action: action, path: path, code: errno) }
  }
}

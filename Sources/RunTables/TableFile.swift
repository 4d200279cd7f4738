import Foundation
import Storage

/// Writing beside what people have: nothing that holds something is ever replaced.
package enum TableFile {
  /// Writes a new file as a whole, or to a device, a pipe or what a link points to.
  ///
  /// - Parameter remedy: what to do where the file holds something already.
  /// - Throws: ``RunTableError/exists(path:lines:remedy:)`` where it does.
  package static func write(_ text: String, to path: String, remedy: String) throws {
    let data = Data(text.utf8)
    if let descriptor = descriptor(of: path) {
      try writeAll(data, to: descriptor, path: path)
      return
    }
    var status = stat()
    guard stat(path, &status) == 0 else {
      let code = errno
      guard code == ENOENT else {
        throw StorageError.system(action: "write", path: path, code: code)
      }
      // A link may point to a file that is not there yet.
      if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) {
        let folder = parentFolder(of: path)
        return try write(
          text, to: target.hasPrefix("/") || folder.isEmpty ? target : folder + "/" + target,
          remedy: remedy)
      }
      guard try createFile(at: path, with: data) else { throw exists(path, remedy) }
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      guard status.st_size == 0 else {
        removeTemporaryFile(of: path)
        throw exists(path, remedy)
      }
      try replaceFile(at: path, with: data)
    case S_IFDIR: throw StorageError.system(action: "write", path: path, code: EISDIR)
    default: try replaceFile(at: path, with: data)
    }
  }

  /// Gives a file another name, `runs.csv.old-1` or the first that is free, so that its own is free.
  ///
  /// - Returns: the new name.
  package static func setAside(_ path: String) throws -> String {
    for number in 1... {
      let other = "\(path).old-\(number)"
      if link(path, other) == 0 {
        guard unlink(path) == 0 else {
          throw StorageError.system(action: "rename", path: path, code: errno)
        }
        try syncFolder(of: path)
        return other
      }
      let code = errno
      guard code == EEXIST else {
        throw StorageError.system(action: "rename", path: path, code: code)
      }
    }
    preconditionFailure("there is no last number")
  }

  /// Adds lines at a table's end, on disk when it returns; where that fails the table is as it was.
  ///
  /// - Parameter lines: each with its end.
  package static func append(
    _ lines: [String], to path: String, lineEnd: String, encoding: TableEncoding = .utf8
  ) throws {
    let opened = try open(path, O_RDWR | O_APPEND, "append to")
    defer { close(opened) }
    var status = stat()
    guard fstat(opened, &status) == 0 else {
      throw StorageError.system(action: "append to", path: path, code: errno)
    }
    var text = lines.joined()
    let isRegular = status.st_mode & S_IFMT == S_IFREG
    let unit = encoding.unitSize
    if isRegular, status.st_size >= unit {
      var last = [UInt8](repeating: 0, count: unit)
      if pread(opened, &last, unit, status.st_size - off_t(unit)) == unit, !encoding.endsLine(last)
      {
        text = lineEnd + text
      }
    }
    guard let bytes = encoding.bytes(of: text) else {
      throw RunTableError.unreadable(
        path: path, found: "a name that its encoding has no letters for", hint: "save it as UTF-8")
    }
    do {
      try writeAll(Data(bytes), to: opened, path: path)
      guard !isRegular || fsync(opened) == 0 else {
        throw StorageError.system(action: "sync", path: path, code: errno)
      }
    } catch {
      if isRegular { ftruncate(opened, status.st_size) }
      throw error
    }
  }

  /// Standard output and its like by name, which are to be written to and never opened anew.
  private static func descriptor(of path: String) -> Int32? {
    switch path {
    case "-", "/dev/stdout", "/proc/self/fd/1": return 1
    case "/dev/stderr", "/proc/self/fd/2": return 2
    default:
      guard path.hasPrefix("/dev/fd/"), let number = Int32(path.dropFirst(8)) else { return nil }
      return number
    }
  }

  private static func exists(_ path: String, _ remedy: String) -> RunTableError {
    let data = (try? readFile(at: path)) ?? Data()
    return .exists(path: path, lines: data.count { $0 == 10 } + 1, remedy: remedy)
  }

  private static func open(_ path: String, _ flags: Int32, _ action: String) throws -> Int32 {
    let opened = Foundation.open(path, flags | O_CLOEXEC)
    guard opened >= 0 else { throw StorageError.system(action: action, path: path, code: errno) }
    return opened
  }
}

/// Keeps a table to one process at a time while rows are added: a file beside it, which the kernel lets go
/// of when the process ends.
package final class TableLock: Sendable {
  private let descriptor: Int32

  /// Waits until nobody else holds it.
  package init(table path: String) throws {
    let real = realpath(path, nil).map { pointer -> String in
      defer { free(pointer) }
      return String(cString: pointer)
    }
    let folder = parentFolder(of: real ?? path)
    let name = ((real ?? path) as NSString).lastPathComponent
    let lock = (folder.isEmpty ? "" : folder + "/") + ".\(name).lock"
    descriptor = Foundation.open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw StorageError.system(action: "lock", path: lock, code: errno)
    }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        // It is closed by deinit, which runs where all properties are there.
        throw StorageError.system(action: "lock", path: lock, code: errno)
      }
    }
  }

  deinit { close(descriptor) }
}

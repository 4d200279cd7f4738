import Foundation

/// Replaces a file as a whole: readers and crashes see the old bytes or the new ones, never a part.
///
/// The bytes go to a temporary file beside it, which is synced and renamed; then the folder is
/// synced, without which a rename does not survive a loss of power. A file keeps its permissions, and
/// a link is followed: what it leads to is replaced. What is no plain file is never replaced: pipes and
/// character devices (`/dev/null`, `/dev/stdout`) are written to, all others refused.
package func replaceFile(at path: String, with data: Data) throws(StorageError) {
  try replaceFile(at: path) { (descriptor) throws(StorageError) in
    try writeAll(data, to: descriptor, path: path)
  }
}

/// As `replaceFile(at:with:)`, for contents too large to hold: `body` writes to the descriptor.
package func replaceFile(
  at path: String, writing body: (_ descriptor: Int32) throws(StorageError) -> Void
) throws(StorageError) {
  var status = stat()
  let exists = try isThere(path, stat(path, &status), to: "write")
  if exists, kind(of: status.st_mode) != nil || isDescriptor(path) {
    return try writeInPlace(path, status.st_mode, body)
  }
  let target = try linkTarget(of: path)
  let temporary = try TemporaryFile(replacing: target)
  do throws(StorageError) {
    if exists { fchmod(temporary.descriptor, status.st_mode & 0o7777) }
    try body(temporary.descriptor)
    try check("sync", path) { Int(fsync(temporary.descriptor)) }
    try check("replace", path) { Int(rename(temporary.path, target)) }
  } catch {
    unlink(temporary.path)
    close(temporary.descriptor)
    throw error
  }
  // Linux lets go of the descriptor even where a signal interrupts it: never twice.
  if close(temporary.descriptor) != 0, errno != EINTR {
    throw .system(action: "write", path: path, code: errno)
  }
  try syncFolder(of: target)
}

/// Whether a path stands for what is open already, which may be a file that a shell made: `/dev/stdout`. Files of
/// `/dev/shm` are files as others are.
private func isDescriptor(_ path: String) -> Bool {
  ["/dev/stdin", "/dev/stdout", "/dev/stderr"].contains(path) || path.hasPrefix("/dev/fd/")
    || path.hasPrefix("/proc/")
}

/// Writes to what cannot be replaced.
private func writeInPlace(
  _ path: String, _ mode: mode_t, _ body: (_ descriptor: Int32) throws(StorageError) -> Void
) throws(StorageError) {
  if mode & S_IFMT == S_IFDIR { throw .system(action: "write", path: path, code: EISDIR) }
  guard [S_IFIFO, S_IFCHR, S_IFREG].contains(mode & S_IFMT) else {
    throw .notRegular(path: path, kind: kind(of: mode) ?? "special file")
  }
  // A pipe that nobody reads would make it wait for ever; a reader that was started beside it gets two seconds.
  // A file that a shell opened with '>>' keeps what it holds.
  let append = mode & S_IFMT == S_IFREG ? O_APPEND : 0
  var opened = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | append)
  for _ in 0..<200 where opened < 0 && errno == ENXIO {
    usleep(10_000)
    opened = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | append)
  }
  if opened < 0, errno == ENXIO {
    throw .notRegular(path: path, kind: "named pipe that nobody reads")
  }
  let descriptor = Int32(try check("write", path) { Int(opened) })
  _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) & ~O_NONBLOCK)
  defer { close(descriptor) }
  try body(descriptor)
}

/// Where a path leads once links are followed, also to a file that is not there yet.
private func linkTarget(of path: String) throws(StorageError) -> String {
  var path = path
  for _ in 0..<40 {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { bytes in
      readlink(path, bytes.baseAddress!.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    guard count > 0 else { return path }
    let target = String(decoding: buffer[..<count], as: UTF8.self)
    let folder = parentFolder(of: path)
    let isRelative = !target.hasPrefix("/") && !folder.isEmpty
    path = isRelative ? (folder == "/" ? "/" : folder + "/") + target : target
  }
  throw .system(action: "write", path: path, code: ELOOP)
}

/// Writes every byte, however many calls it takes.
package func writeAll(
  _ data: Data, to descriptor: Int32, path: String
) throws(StorageError) {
  let failure: StorageError? = data.withUnsafeBytes { bytes in
    do throws(StorageError) {
      try writeAll(bytes, to: descriptor, path: path)
      return nil
    } catch {
      return error
    }
  }
  if let failure { throw failure }
}

package func writeAll(
  _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String
) throws(StorageError) {
  var rest = bytes
  while !rest.isEmpty {
    let written = try check("write", path) {
      let count = write(descriptor, rest.baseAddress, rest.count)
      // Of a pipe that someone else made non-blocking.
      if count < 0, errno == EAGAIN {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&waiting, 1, -1) < 0 ? -1 : 0
      }
      // No file system should, and to go on would be for ever.
      if count == 0 {
        errno = EIO
        return -1
      }
      return count
    }
    rest = UnsafeRawBufferPointer(rebasing: rest[written...])
  }
}

/// Syncs the folder that holds `path`, so that a new name survives a loss of power.
package func syncFolder(of path: String) throws(StorageError) {
  let folder = parentFolder(of: path)
  let name = folder.isEmpty ? "." : folder
  let descriptor = Int32(
    try check("open", name) { Int(open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) })
  defer { close(descriptor) }
  // Some network file systems have no syncing of folders, and say so.
  try check("sync", name) { fsync(descriptor) == 0 || errno == EINVAL ? 0 : -1 }
}

/// The folder that holds `path`: empty where the path is a name alone, `/` at the root.
///
/// Foundation's `deletingLastPathComponent` stops the process at a name of one letter (Swift 6.3).
package func parentFolder(of path: String) -> String {
  var kept = Substring(path)
  while kept.count > 1, kept.last == "/" { kept.removeLast() }
  guard let slash = kept.lastIndex(of: "/") else { return "" }
  kept = kept[..<slash]
  while kept.last == "/" { kept.removeLast() }
  return kept.isEmpty ? "/" : String(kept)
}

/// Makes a folder and those above it, durably.
package func makeFolder(at path: String) throws(StorageError) {
  if isFolder(path) { return }
  if mkdir(path, 0o755) == 0 { return try syncFolder(of: path) }
  let code = errno
  // Another process or thread may have been faster.
  if code == EEXIST, isFolder(path) { return }
  let parent = parentFolder(of: path)
  guard code == ENOENT, !parent.isEmpty, parent != path else {
    throw .system(action: "make the folder", path: path, code: code)
  }
  try makeFolder(at: parent)
  guard mkdir(path, 0o755) == 0 else {
    let code = errno
    if code == EEXIST, isFolder(path) { return }
    throw .system(action: "make the folder", path: path, code: code)
  }
  try syncFolder(of: path)
}

/// Whether something stands at a path, by what stat(2) or lstat(2) has just returned.
///
/// - Parameter action: what it is asked for, for the message.
/// - Throws: `StorageError` where it could not be told.
func isThere(_ path: String, _ result: Int32, to action: String) throws(StorageError) -> Bool {
  if result == 0 { return true }
  guard errno == ENOENT || errno == ENOTDIR else {
    throw .system(action: action, path: path, code: errno)
  }
  return false
}

package func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

package func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// The largest file that is read as a whole; real corpora are streamed or mapped.
package let readingLimit = 4 << 30

/// The whole of a file.
///
/// A pipe is read where somebody writes to it, as with a shell's `<(…)`; one that nobody writes to,
/// devices and sockets are refused at once.
///
/// - Parameter limit: bytes, at most.
/// - Throws: `StorageError.notRegular`, `.tooLarge`.
package func readFile(
  at path: String, limit: Int = readingLimit
) throws(StorageError) -> Data {
  let descriptor = Int32(
    try check("read", path) { Int(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) })
  defer { close(descriptor) }
  var status = stat()
  try check("read", path) { Int(fstat(descriptor, &status)) }
  let isPipe = status.st_mode & S_IFMT == S_IFIFO
  if status.st_mode & S_IFMT == S_IFDIR {
    throw .system(action: "read", path: path, code: EISDIR)
  }
  if !isPipe, let kind = kind(of: status.st_mode) { throw .notRegular(path: path, kind: kind) }
  guard status.st_size <= limit else { throw .tooLarge(path: path, limit: limit) }
  // One more than there is, to see the end without growing.
  var data = Data(count: max(Int(status.st_size), 0) + 1)
  var filled = 0
  while true {
    if filled == data.count { data.count += max(64 << 10, data.count / 2) }
    let capacity = data.count
    let count = data.withUnsafeMutableBytes { bytes in
      read(descriptor, bytes.baseAddress! + filled, capacity - filled)
    }
    if count < 0 {
      if errno == EINTR { continue }
      guard errno == EAGAIN else { throw .system(action: "read", path: path, code: errno) }
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      poll(&waiting, 1, -1)
      continue
    }
    if count == 0 { break }
    filled += count
    guard filled <= limit else { throw .tooLarge(path: path, limit: limit) }
  }
  if isPipe, filled == 0 {
    throw .notRegular(path: path, kind: "named pipe that nobody writes to")
  }
  data.count = filled
  return data
}

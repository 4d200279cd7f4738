import Foundation

/// Replaces a file as a whole: readers and crashes see the old bytes or the new ones, never a part.
///
/// The bytes go to a temporary file beside it, which is synced and renamed; then the folder is
/// synced, without which a rename does not survive a loss of power.
package func replaceFile(at path: String, with data: Data) throws(StorageError) {
  try replaceFile(at: path) { (descriptor) throws(StorageError) in
    try writeAll(data, to: descriptor, path: path)
  }
}

/// As `replaceFile(at:with:)`, for contents too large to hold: `body` writes to the descriptor.
package func replaceFile(
  at path: String, writing body: (_ descriptor: Int32) throws(StorageError) -> Void
) throws(StorageError) {
  let temporary = "\(path).\(getpid()).tmp"
  let descriptor = Int32(
    try check("write", path) {
      Int(open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644))
    })
  do throws(StorageError) {
    do throws(StorageError) {
      try body(descriptor)
      try check("sync", path) { Int(fsync(descriptor)) }
    } catch {
      close(descriptor)
      throw error
    }
    // Linux lets go of the descriptor even where a signal interrupts it: never twice.
    if close(descriptor) != 0, errno != EINTR {
      throw .system(action: "write", path: path, code: errno)
    }
    try check("replace", path) { Int(rename(temporary, path)) }
  } catch {
    unlink(temporary)
    throw error
  }
  try syncFolder(of: path)
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
    let written = try check("write", path) { write(descriptor, rest.baseAddress, rest.count) }
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

package func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

package func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// The whole of a file.
package func readFile(at path: String) throws(StorageError) -> Data {
  let descriptor = Int32(try check("read", path) { Int(open(path, O_RDONLY | O_CLOEXEC)) })
  defer { close(descriptor) }
  var status = stat()
  try check("read", path) { Int(fstat(descriptor, &status)) }
  if status.st_mode & S_IFMT == S_IFDIR {
    throw .system(action: "read", path: path, code: EISDIR)
  }
  var data = Data(count: max(Int(status.st_size), 0))
  var filled = 0
  while true {
    if filled == data.count { data.count += 64 << 10 }
    let capacity = data.count
    let count = data.withUnsafeMutableBytes { bytes in
      read(descriptor, bytes.baseAddress! + filled, capacity - filled)
    }
    if count < 0 {
      if errno == EINTR { continue }
      throw .system(action: "read", path: path, code: errno)
    }
    if count == 0 { break }
    filled += count
  }
  data.count = filled
  return data
}

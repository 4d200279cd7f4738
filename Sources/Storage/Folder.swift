import Foundation

// Foundation does all of this too, but says of what went wrong no more than "The operation could not be completed".

/// The names in a folder, in no order, without those that the system has in every one.
package func namesInFolder(_ path: String) throws(StorageError) -> [String] {
  guard let stream = opendir(path) else {
    throw .system(action: "read the folder", path: path, code: errno)
  }
  defer { closedir(stream) }
  var names: [String] = []
  while true {
    errno = 0
    guard let entry = readdir(stream) else {
      if errno == EINTR { continue }
      if errno != 0 { throw .system(action: "read the folder", path: path, code: errno) }
      return names
    }
    let name = withUnsafePointer(to: &entry.pointee.d_name) { bytes in
      bytes.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
}

/// Removes a file, or a folder with all that is in it; nothing where nothing is there. Links are removed, not
/// followed.
package func removeTree(at path: String) throws(StorageError) {
  var status = stat()
  // What cannot be looked at is not gone.
  guard try isThere(path, lstat(path, &status), to: "remove") else { return }
  guard status.st_mode & S_IFMT == S_IFDIR else {
    // Another may have been faster.
    try check("remove", path) { unlink(path) == 0 || errno == ENOENT ? 0 : -1 }
    return
  }
  for name in try namesInFolder(path) { try removeTree(at: path + "/" + name) }
  try check("remove the folder", path) { rmdir(path) == 0 || errno == ENOENT ? 0 : -1 }
}

/// Copies the contents of a plain file, of any size, to a new one.
package func copyFile(at path: String, to copy: String) throws(StorageError) {
  let source = Int32(try check("read", path) { Int(open(path, O_RDONLY | O_CLOEXEC)) })
  defer { close(source) }
  try replaceFile(at: copy) { (descriptor) throws(StorageError) in
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = try check("read", path) { read(source, &bytes, bytes.count) }
      if count == 0 { return }
      try writeAll(Data(bytes[..<count]), to: descriptor, path: copy)
    }
  }
}

/// All that comes in until its end.
///
/// - Parameter limit: bytes, at most.
package func readStandardInput(limit: Int = readingLimit) throws(StorageError) -> Data {
  let path = "standard input"
  var data = Data()
  var bytes = [UInt8](repeating: 0, count: 1 << 18)
  while true {
    let count = try check("read", path) {
      let count = read(STDIN_FILENO, &bytes, bytes.count)
      guard count < 0, errno == EAGAIN else { return count }
      // A pipe that someone else made non-blocking; an empty answer would be the end.
      var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      poll(&waiting, 1, -1)
      errno = EINTR
      return -1
    }
    if count == 0 { return data }
    data.append(contentsOf: bytes[..<count])
    guard data.count <= limit else { throw .tooLarge(path: path, limit: limit) }
  }
}

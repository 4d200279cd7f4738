import Foundation

/// A file mapped into memory for reading: pages are read as they are touched and shared by all
/// processes.
package final class MappedFile: @unchecked Sendable {
  package let path: String
  /// Valid as long as this object lives, which Swift may end after its last use: `withBytes` is the
  /// way to read a file that nothing else keeps.
  package let bytes: UnsafeRawBufferPointer

  package init(at path: String) throws(StorageError) {
    self.path = path
    let descriptor = Int32(
      try check("open", path) { Int(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) })
    defer { close(descriptor) }
    try requireRegular(descriptor, path: path)
    var status = stat()
    try check("open", path) { Int(fstat(descriptor, &status)) }
    let count = Int(status.st_size)
    guard count > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, count, PROT_READ, MAP_SHARED, descriptor, 0), start != MAP_FAILED
    else { throw .system(action: "map", path: path, code: errno) }
    bytes = UnsafeRawBufferPointer(start: start, count: count)
    MappedRanges.insert(bytes, path: path)
  }

  /// Keeps the file mapped until `body` returns.
  package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try withExtendedLifetime(self) { try body(bytes) }
  }

  deinit {
    if let start = bytes.baseAddress {
      MappedRanges.remove(bytes)
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}

import Foundation
import Storage

/// All documents of a domain while a corpus is built, end to end in a file without a name: gone with the
/// process however it ends, and in memory only as far as there is room.
final class TextSpool: @unchecked Sendable {
  private let folder: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  /// Where each document ends; it begins where the one before ends.
  private(set) var ends: [Int] = []
  private var mapped: UnsafeRawBufferPointer?

  private static let bufferSize = 4 << 20

  /// - Parameter folder: has room for the text.
  init(in folder: String) throws(StorageError) {
    self.folder = folder
    let path = folder + "/spool"
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw .system(action: "write", path: path, code: errno)
    }
    // A name that stayed would be a file of the corpus.
    try removeTree(at: path)
  }

  deinit {
    if let start = mapped?.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), mapped!.count)
    }
    close(descriptor)
  }

  var count: Int { ends.count }
  var byteCount: Int { ends.last ?? 0 }

  func append(_ text: [UInt8]) throws(StorageError) {
    precondition(mapped == nil, "expected a spool that is being written, found one that is read")
    buffer.append(contentsOf: text)
    ends.append(byteCount + text.count)
    if buffer.count >= Self.bufferSize { try flush() }
  }

  private func flush() throws(StorageError) {
    if buffer.isEmpty { return }
    try writeAll(Data(buffer), to: descriptor, path: folder)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Ends the writing.
  func finish() throws(StorageError) {
    try flush()
    buffer = []
    guard byteCount > 0 else {
      mapped = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0),
      start != MAP_FAILED
    else { throw .system(action: "map", path: folder, code: errno) }
    mapped = UnsafeRawBufferPointer(start: start, count: byteCount)
  }

  /// Valid as long as the spool lives.
  subscript(_ index: Int) -> UnsafeBufferPointer<UInt8> {
    bytes((index == 0 ? 0 : ends[index - 1])..<ends[index])
  }

  func bytes(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    UnsafeRawBufferPointer(rebasing: mapped![range]).assumingMemoryBound(to: UInt8.self)
  }
}

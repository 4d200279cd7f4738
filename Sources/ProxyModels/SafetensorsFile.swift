import Foundation
import Storage

/// Reads and writes the safetensors format: eight bytes of header length, a JSON header, then the
/// numbers, little-endian. Only 32-bit floats.
///
/// The format: https://github.com/huggingface/safetensors#format
package struct SafetensorsFile: Sendable {
  /// Tensors to write: shape and the memory with the numbers in it.
  package struct Tensor {
    package var name: String
    package var shape: [Int]
    package var values: UnsafeBufferPointer<Float>

    package init(name: String, shape: [Int], values: UnsafeBufferPointer<Float>) {
      precondition(
        shape.reduce(1, *) == values.count,
        "expected \(shape.reduce(1, *)) numbers in \(name), found \(values.count)")
      self.name = name
      self.shape = shape
      self.values = values
    }
  }

  /// One tensor, by the format's own keys.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  private struct Entry: Codable {
    var dtype: String
    var shape: [Int]
    var data_offsets: [Int]
  }

  /// The header is one object of tensors and one member of another type.
  private struct Header: Codable {
    var entries: [String: Entry] = [:]
    var metadata: [String: String] = [:]

    struct Key: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
      static let metadata = Key(stringValue: "__metadata__")
    }

    init() {}

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      for key in container.allKeys {
        if key.stringValue == Key.metadata.stringValue {
          metadata = try container.decode([String: String].self, forKey: key)
        } else {
          entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
        }
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(metadata, forKey: .metadata)
      for (name, entry) in entries {
        try container.encode(entry, forKey: Key(stringValue: name))
      }
    }
  }

  package let path: String
  package let metadata: [String: String]
  private let entries: [String: Entry]
  private let file: MappedFile
  private let dataStart: Int

  /// Opens a file and checks its header against its size.
  package init(at path: String) throws {
    let file = try MappedFile(at: path)
    let bytes = file.bytes
    guard bytes.count >= 8 else {
      throw CheckpointError.unreadable(path: path, reason: "\(bytes.count) bytes")
    }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(bytes.count - 8), length <= 100 << 20 else {
      throw CheckpointError.unreadable(path: path, reason: "no safetensors header")
    }
    let dataStart = 8 + Int(length)
    guard
      let header = try? JSONDecoder().decode(Header.self, from: Data(bytes[8..<dataStart]))
    else { throw CheckpointError.unreadable(path: path, reason: "no safetensors header") }
    var end = 0
    for (name, entry) in header.entries {
      guard entry.dtype == "F32", entry.data_offsets.count == 2,
        let count = Self.count(entry.shape), entry.data_offsets[0] >= 0,
        entry.data_offsets[0] <= Int.max - count * 4,
        entry.data_offsets[0] + count * 4 == entry.data_offsets[1]
      else {
        throw CheckpointError.unreadable(path: path, reason: "tensor '\(name)' makes no sense")
      }
      end = max(end, entry.data_offsets[1])
    }
    guard bytes.count - dataStart == end else {
      throw CheckpointError.truncated(
        path: path, expectedBytes: dataStart + end, foundBytes: bytes.count)
    }
    self.path = path
    self.file = file
    self.dataStart = dataStart
    entries = header.entries
    metadata = header.metadata
  }

  /// The product of a shape read from a file, nil where it is negative or absurd.
  private static func count(_ shape: [Int]) -> Int? {
    var count = 1
    for side in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: side)
      guard side >= 0, !overflow, product <= 1 << 40 else { return nil }
      count = product
    }
    return count
  }

  package var names: [String] { entries.keys.sorted() }

  package func shape(of name: String) -> [Int]? { entries[name]?.shape }

  /// Copies a tensor's numbers.
  package func read(
    _ name: String, shape: [Int], into values: UnsafeMutableBufferPointer<Float>
  ) throws(CheckpointError) {
    guard let entry = entries[name] else {
      throw .missing(path: path, what: "tensor '\(name)'")
    }
    guard entry.shape == shape else {
      throw .mismatch(
        path: path, what: "shape of '\(name)'", expected: "\(shape)", found: "\(entry.shape)")
    }
    precondition(values.count * 4 == entry.data_offsets[1] - entry.data_offsets[0])
    let start = dataStart + entry.data_offsets[0]
    UnsafeMutableRawBufferPointer(values).copyMemory(
      from: UnsafeRawBufferPointer(rebasing: file.bytes[start..<start + values.count * 4]))
    forget(start..<start + values.count * 4)
  }

  /// Lets the system take whole pages of a part of the file out of this process's memory, where copies of
  /// a large model need it; who reads the part again has it from the file.
  private func forget(_ part: Range<Int>) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let (first, last) = ((part.lowerBound + page - 1) / page, part.upperBound / page)
    guard last > first, let base = file.bytes.baseAddress else { return }
    // 4 is Linux's MADV_DONTNEED.
    madvise(UnsafeMutableRawPointer(mutating: base + first * page), (last - first) * page, 4)
  }

  package func read(_ name: String, shape: [Int]) throws(CheckpointError) -> [Float] {
    var values = [Float](repeating: 0, count: shape.reduce(1, *))
    var failure: CheckpointError?
    values.withUnsafeMutableBufferPointer { buffer in
      do throws(CheckpointError) { try read(name, shape: shape, into: buffer) } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return values
  }

  /// Writes a file as a whole, or not at all.
  package static func write(
    _ tensors: [Tensor], metadata: [String: String], to path: String
  ) throws {
    var header = Header()
    header.metadata = metadata
    var end = 0
    for tensor in tensors {
      header.entries[tensor.name] = Entry(
        dtype: "F32", shape: tensor.shape, data_offsets: [end, end + tensor.values.count * 4])
      end += tensor.values.count * 4
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var text = try encoder.encode(header)
    // Spaces, so that the numbers begin at a multiple of eight.
    text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
    try replaceFile(at: path) { (descriptor) throws(StorageError) in
      try writeAll(length + text, to: descriptor, path: path)
      for tensor in tensors {
        try writeAll(UnsafeRawBufferPointer(tensor.values), to: descriptor, path: path)
      }
    }
  }
}

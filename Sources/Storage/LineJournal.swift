import Foundation

/// Events kept as JSON, one a line, each synced before `append` returns: what was reported cannot be
/// lost. A last line that a crash cut short is removed when the journal is opened again.
package final class LineJournal: @unchecked Sendable {
  package let path: String
  private let descriptor: Int32
  private let lock = NSLock()

  /// Opens a journal for appending, and makes it where there is none.
  package init(at path: String) throws(StorageError) {
    self.path = path
    let existed = fileExists(path)
    descriptor = Int32(
      try check("open", path) { Int(open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)) })
    do throws(StorageError) {
      if existed { try removeTornLine() } else { try syncFolder(of: path) }
    } catch {
      close(descriptor)
      throw error
    }
  }

  deinit { close(descriptor) }

  package func append(_ event: some Encodable) throws {
    let line = try encodeLine(event)
    lock.lock()
    defer { lock.unlock() }
    let end = try check("append", path) { Int(lseek(descriptor, 0, SEEK_END)) }
    do throws(StorageError) {
      try writeAll(line, to: descriptor, path: path)
      try check("sync", path) { Int(fsync(descriptor)) }
    } catch {
      // A line that was written in part must not be continued by the next.
      ftruncate(descriptor, off_t(end))
      throw error
    }
  }

  /// The events of a journal, in order; none where there is no file. A last line without its newline
  /// was never reported, and is left out.
  package static func read<Event: Decodable>(
    _ type: Event.Type, at path: String
  ) throws -> [Event] {
    try lines(at: path).enumerated().map {
      try decode(type, from: $0.element, number: $0.offset + 1, path: path)
    }
  }

  /// The lines of a journal as they are, for events that are not all of one type.
  package static func lines(at path: String) throws(StorageError) -> [Data] {
    guard fileExists(path) else { return [] }
    let data = try readFile(at: path)
    var lines: [Data] = []
    var start = data.startIndex
    while let end = data[start...].firstIndex(of: UInt8(ascii: "\n")) {
      lines.append(data[start..<end])
      start = end + 1
    }
    return lines
  }

  /// - Throws: `StorageError.corruptLine`, with what is wrong with the line.
  package static func decode<Event: Decodable>(
    _ type: Event.Type, from line: Data, number: Int, path: String
  ) throws(StorageError) -> Event {
    do {
      return try JSONDecoder().decode(type, from: line)
    } catch {
      throw .corruptLine(path: path, line: number, reason: brief(error))
    }
  }

  private func removeTornLine() throws(StorageError) {
    let data = try readFile(at: path)
    guard let last = data.last, last != UInt8(ascii: "\n") else { return }
    let kept = data.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 - data.startIndex } ?? 0
    try check("repair", path) { Int(ftruncate(descriptor, off_t(kept))) }
    try check("sync", path) { Int(fsync(descriptor)) }
  }
}

/// One line of JSON with its keys in order, newline included.
package func encodeLine(_ value: some Encodable) throws -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  return try encoder.encode(value) + Data("\n".utf8)
}

/// JSON for people: indented, keys in order, newline at the end.
package func encodeDocument(_ value: some Encodable) throws -> Data {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  return try encoder.encode(value) + Data("\n".utf8)
}

/// Reads a JSON file; damage is told by path and field.
package func decodeDocument<Value: Decodable>(
  _ type: Value.Type, at path: String
) throws -> Value {
  let data = try readFile(at: path)
  do {
    return try JSONDecoder().decode(type, from: data)
  } catch {
    throw StorageError.corruptFile(path: path, reason: data.isEmpty ? "empty" : brief(error))
  }
}

/// A decoding error in a few words.
private func brief(_ error: any Error) -> String {
  guard let error = error as? DecodingError else { return "\(error)" }
  func place(_ path: [any CodingKey]) -> String {
    path.isEmpty ? "" : " at '\(path.map(\.stringValue).joined(separator: "."))'"
  }
  switch error {
  case .keyNotFound(let key, let context):
    return "no '\(key.stringValue)'" + place(context.codingPath)
  case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
    return "expected \(type)" + place(context.codingPath)
  case .dataCorrupted(let context):
    return (context.codingPath.isEmpty ? "not JSON" : "unreadable value")
      + place(context.codingPath)
  @unknown default:
    return "unreadable"
  }
}

import Foundation

/// Events kept as JSON, one a line, each synced before `append` returns: what was reported cannot be
/// lost. Each line carries a checksum (``JournalLine``), so that a flipped bit is named and never
/// believed. A last line that a crash cut short is removed when the journal is opened again.
package final class LineJournal: @unchecked Sendable {
  package let path: String
  private let descriptor: Int32
  private let identity: FileIdentity
  private let lock = NSLock()

  /// Opens a journal for appending, and makes it where there is none.
  ///
  /// - Parameter exclusive: whether to keep all other processes from the journal while this object
  ///   lives: a lock on the file itself, which the kernel ends with the process and which cannot be
  ///   removed from outside.
  /// - Throws: `StorageError.locked` where another holds it, `.notRegular`, `.corruptLine` where a line
  ///   does not match its checksum, and then the file stays as it is.
  package init(at path: String, exclusive: Bool = false) throws(StorageError) {
    self.path = path
    let existed = fileExists(path)
    descriptor = Int32(
      try check("open", path) {
        Int(open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0o644))
      })
    do throws(StorageError) {
      try requireRegular(descriptor, path: path)
      if exclusive { try lockDescriptor(descriptor, path: path) }
      identity = try FileIdentity(of: descriptor, path: path)
    } catch {
      close(descriptor)
      throw error
    }
    // All is there from here on: where this throws, the descriptor is closed by deinit, and must not be closed twice,
    // as another thread may have its number by then.
    // Whoever had it until now may have put another file in its place.
    try identity.verify(at: path)
    if existed { try removeTornLine() } else { try syncFolder(of: path) }
  }

  deinit { unlockAndClose(descriptor) }

  /// Writes one event and syncs it.
  ///
  /// - Throws: `StorageError.vanished` where the journal is no longer the file at `path`: what would be
  ///   reported as kept were nowhere. Nothing stays written where this throws.
  package func append(_ event: some Encodable) throws { try append(contentsOf: [event]) }

  /// Writes several events and syncs once. A crash may keep the first of them only.
  package func append(contentsOf events: [some Encodable]) throws {
    var lines = Data()
    for event in events {
      lines += JournalLine.seal(try encodeLine(event).dropLast())
      lines.append(UInt8(ascii: "\n"))
    }
    lock.lock()
    defer { lock.unlock() }
    try identity.verify(at: path)
    let end = try check("append to", path) { Int(lseek(descriptor, 0, SEEK_END)) }
    do throws(StorageError) {
      try writeAll(lines, to: descriptor, path: path)
      try check("sync", path) { Int(fsync(descriptor)) }
    } catch {
      // A line that was written in part must not be continued by the next.
      while ftruncate(descriptor, off_t(end)) != 0, errno == EINTR {}
      throw error
    }
    // Removed while it was written to: the bytes went with it.
    try identity.verify(at: path)
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

  /// The lines of a journal, checked and without their checksums, for events that are not all of one
  /// type.
  package static func lines(at path: String) throws(StorageError) -> [Data] {
    guard fileExists(path) else { return [] }
    return try JournalLine.split(readFile(at: path), path: path).lines
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
    let kept = try JournalLine.split(data, path: path).byteCount
    guard kept < data.count else { return }
    try check("repair", path) { Int(ftruncate(descriptor, off_t(kept))) }
    try check("sync", path) { Int(fsync(descriptor)) }
  }
}

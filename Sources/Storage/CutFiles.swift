import Foundation

/// Where the files are mapped that the process reads, for the handler below: plain memory, since a
/// signal handler may not take locks, call into Swift's runtime or allocate.
enum MappedRanges {
  struct Slot {
    var start: UInt
    var end: UInt
    var path: UnsafeMutablePointer<CChar>?
  }

  static let capacity = 4096
  nonisolated(unsafe) static let slots: UnsafeMutablePointer<Slot> = {
    let slots = UnsafeMutablePointer<Slot>.allocate(capacity: capacity)
    slots.initialize(repeating: Slot(start: 0, end: 0, path: nil), count: capacity)
    return slots
  }()
  private static let lock = NSLock()

  /// A mapping beyond the capacity is told of without its name.
  static func insert(_ bytes: UnsafeRawBufferPointer, path: String) {
    lock.withLock {
      for index in 0..<capacity where slots[index].end == 0 {
        let start = UInt(bitPattern: bytes.baseAddress)
        slots[index] = Slot(start: start, end: start + UInt(bytes.count), path: strdup(path))
        return
      }
    }
  }

  static func remove(_ bytes: UnsafeRawBufferPointer) {
    lock.withLock {
      let start = UInt(bitPattern: bytes.baseAddress)
      for index in 0..<capacity where slots[index].start == start && slots[index].end != 0 {
        free(slots[index].path)
        slots[index] = Slot(start: 0, end: 0, path: nil)
        return
      }
    }
  }
}

/// From now on a mapped file that was cut short while it is read, or that the disk cannot give any
/// more, ends the process with a line that names it (SIGBUS, of which there is no coming back: what the
/// file held is gone). Journals and files lose nothing by it, as by any other end.
package func reportCutFiles() {
  _ = MappedRanges.slots
  var action = sigaction()
  action.sa_flags = SA_SIGINFO
  action.__sigaction_handler.sa_sigaction = { _, info, _ in
    let address = UInt(bitPattern: info?.pointee._sifields._sigfault.si_addr)
    for index in 0..<MappedRanges.capacity {
      let slot = MappedRanges.slots[index]
      guard slot.start <= address, address < slot.end, let path = slot.path else { continue }
      say("Error: ")
      _ = write(STDERR_FILENO, path, strlen(path))
      say(": was cut short or could not be read while it was in use; ")
      say("restore it from a copy and run the same command again\n")
      _exit(1)
    }
    // None of ours: the default, once the instruction is tried again.
    signal(SIGBUS, SIG_DFL)
  }
  sigaction(SIGBUS, &action, nil)
}

private func say(_ text: StaticString) {
  _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
}

import Foundation

/// Memory of its own for floats: aligned, zeroed, in huge pages where the system gives them.
package final class FloatBuffer: @unchecked Sendable {
  package let count: Int
  package let base: UnsafeMutablePointer<Float>

  package init(count: Int) {
    self.count = count
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let hugePage = 2 << 20
    let alignment = bytes >= hugePage ? hugePage : 4096
    var memory: UnsafeMutableRawPointer?
    let status = posix_memalign(&memory, alignment, bytes)
    guard status == 0, let memory else {
      stopWithoutMemory(bytes)
    }
    // 14 is Linux's MADV_HUGEPAGE, which Glibc's module leaves out.
    if bytes >= hugePage { madvise(memory, bytes, 14) }
    memset(memory, 0, bytes)
    base = memory.bindMemory(to: Float.self, capacity: count)
  }

  deinit { free(base) }

  /// Gives whole pages of memory, all of whose numbers are zero, back to the system until they are written.
  func releaseZeros() {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let bytes = count * MemoryLayout<Float>.stride / page * page
    // 4 is Linux's MADV_DONTNEED: memory of a process's own reads as zero afterwards.
    if bytes > 0 { madvise(base, bytes, 4) }
  }

  var elements: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: base, count: count)
  }
}

/// Ends the process with a line: there is no going on, and nothing that was reported is lost.
private func stopWithoutMemory(_ bytes: Int) -> Never {
  let line =
    "Error: no memory: expected \(bytes >> 20) MiB more for a model; "
    + "take a smaller size, fewer workers, or raise the limit (ulimit -v)\n"
  _ = write(STDERR_FILENO, line, line.utf8.count)
  _exit(1)
}

/// Hands out parts of one block of memory. First run with no memory, to learn how much is needed.
struct Carver {
  private(set) var used = 0
  private let base: UnsafeMutablePointer<Float>?

  init(_ base: UnsafeMutablePointer<Float>? = nil) { self.base = base }

  /// `count` floats that begin at a cache line.
  mutating func take(_ count: Int) -> UnsafeMutablePointer<Float> {
    // The measuring run's addresses are never touched.
    let start = base ?? UnsafeMutablePointer(bitPattern: 64)!
    defer { used += (count + 15) & ~15 }
    return start + used
  }
}

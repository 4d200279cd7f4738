import Runs
import Testing

@Suite("Threads") struct ThreadTests {
  private final class Witness: Sendable {}

  @Test("one that the system refuses is an error, and what it was to do is let go")
  func refused() throws {
    weak var seen: Witness?
    do {
      let witness = Witness()
      seen = witness
      // More stack than a process has addresses.
      #expect(throws: RunError.self) {
        try startThread(stackSize: 1 << 48) { withExtendedLifetime(witness) {} }
      }
    }
    #expect(seen == nil)
  }

  @Test("has the stack that it was asked for") func stack() async throws {
    @Sendable func depth(_ left: Int) -> Int {
      withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 16) { bytes in
        bytes[0] = UInt8(truncatingIfNeeded: left)
        return left == 0 ? Int(bytes[0]) : 1 + depth(left - 1)
      }
    }
    // 48 MiB, of which the threads of the pool have half a one.
    let found = try await withCheckedThrowingContinuation { continuation in
      do {
        try startThread(stackSize: 64 << 20) { continuation.resume(returning: depth(768)) }
      } catch {
        continuation.resume(throwing: error)
      }
    }
    #expect(found == 768)
  }
}

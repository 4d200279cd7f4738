import Foundation
import Synchronization

/// Calls `body` for 0 ..< `count`, each call on one of `workers` threads of its own: calls block for
/// minutes, which the cooperative pool must not.
///
/// - Throws: the first error; once there is one, no further call begins.
func forEachOnThreads(
  count: Int, workers: Int, _ body: @escaping @Sendable (Int) throws -> Void
) throws {
  let state = Mutex<(next: Int, failure: (any Error)?)>((0, nil))
  let group = DispatchGroup()
  for _ in 0..<min(workers, count) {
    group.enter()
    let thread = Thread {
      while true {
        let index: Int? = state.withLock { state in
          guard state.failure == nil, state.next < count else { return nil }
          state.next += 1
          return state.next - 1
        }
        guard let index else { break }
        do {
          try body(index)
        } catch {
          // An interruption is what follows from a failure, not its cause.
          state.withLock { if $0.failure == nil { $0.failure = error } }
        }
      }
      group.leave()
    }
    thread.stackSize = 16 << 20
    thread.start()
  }
  group.wait()
  if let failure = state.withLock({ $0.failure }) { throw failure }
}

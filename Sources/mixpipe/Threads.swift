import Foundation
import Runs
import Synchronization

/// Calls `body` for 0 ..< `count`, each call on one of `workers` threads of its own: calls block for
/// minutes, which the cooperative pool must not.
///
/// - Throws: the first error; once there is one, no further call begins. `RunError` where the system has no
///   thread for it at all: fewer than asked for do the same work.
func forEachOnThreads(
  count: Int, workers: Int, _ body: @escaping @Sendable (Int) throws -> Void
) throws {
  let state = Mutex<(next: Int, failure: (any Error)?)>((0, nil))
  let group = DispatchGroup()
  let work: @Sendable () -> Void = {
    defer { group.leave() }
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
  }
  for started in 0..<min(workers, count) {
    group.enter()
    do {
      try startThread(stackSize: 16 << 20, work)
    } catch {
      group.leave()
      guard started > 0 else { throw error }
      break
    }
  }
  group.wait()
  if let failure = state.withLock({ $0.failure }) { throw failure }
}

import COpenBLAS
import Dispatch
import Foundation

/// Runs `body(worker, item)` for every item, item i on worker i mod `workers`, each worker on one
/// thread. Subnormal numbers count as zero meanwhile.
func concurrently(
  workers: Int, items: Int, _ body: @Sendable (_ worker: Int, _ item: Int) -> Void
) {
  run(workers: min(workers, items)) { worker in
    for item in stride(from: worker, to: items, by: workers) { body(worker, item) }
  }
}

/// The same, but each worker takes the next item that none has taken, so that an item may wait for those
/// before it: they are done or under way, however few threads the system gives.
func concurrentlyInOrder(
  workers: Int, items: Int, _ body: @Sendable (_ worker: Int, _ item: Int) -> Void
) {
  let counter = Counter()
  run(workers: min(workers, items)) { worker in
    var item = counter.next()
    while item < items {
      body(worker, item)
      item = counter.next()
    }
  }
}

private func run(workers: Int, _ work: @Sendable (_ worker: Int) -> Void) {
  @Sendable func flushing(_ worker: Int) {
    // Dispatch's threads serve others afterwards, so their arithmetic is left as it was.
    let state = mixpipe_flush_subnormals()
    defer { mixpipe_restore_subnormals(state) }
    work(worker)
  }
  if workers <= 1 {
    flushing(0)
  } else {
    DispatchQueue.concurrentPerform(iterations: workers) { flushing($0) }
  }
}

private final class Counter: @unchecked Sendable {
  private let lock = NSLock()
  private var count = 0

  /// 0, 1, 2, … over all callers.
  func next() -> Int {
    lock.lock()
    defer { lock.unlock() }
    count += 1
    return count - 1
  }
}

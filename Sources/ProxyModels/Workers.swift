import COpenBLAS
import Dispatch

/// Runs `body(worker, item)` for every item, item i on worker i mod `workers`, each worker on one
/// thread. Subnormal numbers count as zero meanwhile.
func concurrently(
  workers: Int, items: Int, _ body: @Sendable (_ worker: Int, _ item: Int) -> Void
) {
  @Sendable func work(_ worker: Int) {
    // Dispatch's threads serve others afterwards, so their arithmetic is left as it was.
    let state = mixpipe_flush_subnormals()
    defer { mixpipe_restore_subnormals(state) }
    for item in stride(from: worker, to: items, by: workers) { body(worker, item) }
  }
  if workers == 1 {
    work(0)
  } else {
    DispatchQueue.concurrentPerform(iterations: min(workers, items)) { work($0) }
  }
}

import Foundation

/// Starts a thread of its own, with ample stack: a run computes for minutes, which the threads of the
/// cooperative pool are not for. Nobody joins it. Foundation's `Thread` does not say when it could not be started.
///
/// - Parameter stackSize: bytes.
/// - Throws: ``RunError/noThread(code:)``.
package func startThread(
  stackSize: Int = 64 << 20, _ body: @escaping @Sendable () -> Void
) throws(RunError) {
  var attributes = pthread_attr_t()
  pthread_attr_init(&attributes)
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setstacksize(&attributes, stackSize)
  pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
  let work = Unmanaged.passRetained(ThreadWork(body))
  var thread = pthread_t()
  let code = pthread_create(
    &thread, &attributes,
    { pointer in
      Unmanaged<ThreadWork>.fromOpaque(pointer!).takeRetainedValue().body()
      return nil
    }, work.toOpaque())
  guard code == 0 else {
    work.release()
    throw .noThread(code: code)
  }
}

private final class ThreadWork: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

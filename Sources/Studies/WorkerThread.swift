import Foundation

/// A thread of its own, with ample stack: a trial computes for minutes, which the threads of the
/// cooperative pool are not for.
struct WorkerThread: ~Copyable {
  private static let stackSize = 64 << 20

  private var thread = pthread_t()

  /// - Throws: ``StudyError/noThread(code:)``.
  init(_ body: @escaping @Sendable () -> Void) throws(StudyError) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, Self.stackSize)
    let work = Unmanaged.passRetained(Work(body))
    let code = pthread_create(
      &thread, &attributes,
      { pointer in
        Unmanaged<Work>.fromOpaque(pointer!).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    guard code == 0 else {
      work.release()
      throw .noThread(code: code)
    }
  }

  consuming func join() { pthread_join(thread, nil) }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

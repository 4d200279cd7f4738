import ArgumentParsing
import Foundation
import Runs
import Synchronization

/// Whether somebody asked the program to stop: Ctrl-C, `kill`, a terminal that went away, or the end of
/// a batch job's time.
///
/// Work that asks ``isRequested`` is given time to save itself: ten seconds where the request wants the
/// program gone, any time where it is a warning (SIGUSR1, SIGUSR2, SIGXCPU). Work that does not ask ends
/// at once, as programs do that catch nothing. A second request ends the program at once, which loses
/// nothing either: journals are synced line by line, and files replaced as a whole.
enum Interruption {
  /// Those that want the program gone, soon.
  private static let requests = [SIGINT, SIGTERM, SIGHUP]
  private static let warnings = [SIGUSR1, SIGUSR2, SIGXCPU]
  /// Seconds.
  private static var patience: Int { Int(allowed.load(ordering: .relaxed)) }
  private static let allowed = Atomic<Int32>(10)

  /// The first signal; 0 before there was any.
  private static let first = Atomic<Int32>(0)
  private static let last = Atomic<Int32>(0)
  private static let isAskedFor = Atomic<Bool>(false)
  private nonisolated(unsafe) static let semaphore: UnsafeMutablePointer<sem_t> = {
    let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    sem_init(semaphore, 0, 0)
    return semaphore
  }()

  /// To be asked often by work that can stop and go on later.
  static var isRequested: Bool {
    isAskedFor.store(true, ordering: .relaxed)
    return first.load(ordering: .relaxed) != 0
  }

  /// For work that others need time to stop: a trainer that saves itself.
  static func allow(seconds: Int) {
    allowed.store(Int32(clamping: max(seconds, 10)), ordering: .relaxed)
  }

  /// What a shell expects of a program that a signal stopped.
  static var exitCode: Int32 {
    let number = first.load(ordering: .relaxed)
    return 128 + (number == 0 ? SIGINT : number)
  }

  static func listen() {
    // A limit on the size of files is then an error with a hint, not the end.
    signal(SIGXFSZ, SIG_IGN)
    // A signal handler may do little more than this, so a thread does the rest.
    _ = semaphore
    // Whoever starts the program from a thread that blocks signals hands that on, which nobody means.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in requests + warnings { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    var taken: [Int32] = []
    for number in requests + warnings {
      var before = sigaction()
      sigaction(number, nil, &before)
      // nohup, or a shell that runs it in the background: not to be overruled.
      if isIgnored(before) { continue }
      taken.append(number)
      signal(number) { number in
        _ = Interruption.first.compareExchange(
          expected: 0, desired: number, ordering: .relaxed)
        Interruption.last.store(number, ordering: .relaxed)
        sem_post(Interruption.semaphore)
      }
    }
    do {
      try startThread(stackSize: 256 << 10) { answer() }
    } catch {
      // Nobody would answer: the system's own way is to end at once, which loses nothing.
      for number in taken { signal(number, SIG_DFL) }
    }
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }

  /// Waits for signals and answers them; a warning leaves the work all its time.
  private static func answer() -> Never {
    while true {
      wait(seconds: nil)
      guard isAskedFor.load(ordering: .relaxed) else { end() }
      if requests.contains(last.load(ordering: .relaxed)) { giveTime() }
    }
  }

  /// Lets the work come to a safe point; ends the program after a second request or all the time.
  private static func giveTime() -> Never {
    if wait(seconds: 1) { end() }
    say("Stopping at the next safe point, within \(patience) s; ask again to stop at once.")
    if wait(seconds: patience - 1) { end() }
    say("Stopped before a safe point; what was reported is kept, and the same command goes on.")
    end()
  }

  /// - Returns: whether there was a signal.
  @discardableResult
  private static func wait(seconds: Int?) -> Bool {
    var deadline = timespec()
    clock_gettime(CLOCK_REALTIME, &deadline)
    deadline.tv_sec += seconds ?? 0
    while true {
      let result = seconds == nil ? sem_wait(semaphore) : sem_timedwait(semaphore, &deadline)
      if result == 0 { return true }
      if errno != EINTR { return false }
    }
  }

  private static func say(_ text: String) {
    let line = Array("\(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
  }

  /// Ends the process by the signal itself, so that whoever waits for it sees that.
  private static func end() -> Never {
    let number = last.load(ordering: .relaxed)
    signal(number, SIG_DFL)
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, number)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    kill(getpid(), number)
    sleep(1)
    _exit(128 + number)
  }
}

extension ProgressLine {
  /// Does work that shows itself on this line, and clears the line at its end.
  ///
  /// - Parameter words: what to say where the work was interrupted.
  /// - Throws: what the work throws; `ExitCode` in place of a `CancellationError`.
  func untilDone<Result>(
    ifInterrupted words: String, _ work: () throws -> Result
  ) throws -> Result {
    let result = Swift.Result { try work() }
    finish()
    do {
      return try result.get()
    } catch is CancellationError {
      note(words)
      throw ExitCode(Interruption.exitCode)
    }
  }
}

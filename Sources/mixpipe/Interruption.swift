import ArgumentParsing
import Foundation
import Synchronization

/// Whether somebody asked the program to stop: Ctrl-C, `kill`, or the end of a batch job's time.
///
/// The first request lets work save itself; a second Ctrl-C ends the program at once, which loses
/// nothing either, since journals are synced line by line.
enum Interruption {
  private static let requested = Atomic<Bool>(false)

  static var isRequested: Bool { requested.load(ordering: .relaxed) }

  static func listen() {
    for number in [SIGINT, SIGTERM, SIGUSR1] {
      signal(number) { received in
        if Interruption.requested.exchange(true, ordering: .relaxed), received == SIGINT {
          _exit(130)
        }
      }
    }
  }

  /// What a shell expects of a program that was interrupted.
  static let exitCode: Int32 = 130
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

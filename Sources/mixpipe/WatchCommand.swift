import ArgumentParsing
import Foundation
import Reports
import Runs
import Storage
import Studies

struct WatchCommand: Command {
  static let commandName = "watch"
  static let abstract = "Show how far a folder's work has come, while it goes on."
  static let discussion = """
    Reads the journal of a study, transfer check, comparison, testbed or sweep that another process works \
    on: what runs, what has ended, what is best, how long it will take. Nothing in the folder is changed. \
    On a terminal it looks again every few seconds until interrupted; elsewhere it prints how things stand \
    once. The same is on the folder's report.html, which loads itself anew.
    """

  @Argument("Folder that is worked on.", completion: .folders)
  var folder: String
  @Option("Seconds between two looks.", value: "seconds")
  var every = 2.0
  @Flag("Show how things stand once.")
  var once = false

  func validate() throws {
    guard every >= 0.2, every.isFinite else {
      throw ValidationError("Found '--every \(every)', expected 0.2 seconds or more")
    }
  }

  func run() throws {
    let isTerminal = isatty(STDOUT_FILENO) == 1
    while true {
      let screen = try WatchScreen(folder: folder, now: wallClock()).text
      guard isTerminal, !once else { return try emit(screen, terminator: "") }
      // Home, and whatever a longer screen had below.
      try emitData("\u{1b}[H\u{1b}[2J")
      try emit(screen, terminator: "")
      let end = ProcessInfo.processInfo.systemUptime + every
      while ProcessInfo.processInfo.systemUptime < end {
        if Interruption.isRequested { return }
        Thread.sleep(forTimeInterval: 0.1)
      }
    }
  }
}

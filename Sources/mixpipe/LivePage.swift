import Foundation
import Reports
import Runs
import Synchronization

/// Keeps a folder's page up to date while work goes on: written anew as a whole, every few seconds at most, on
/// a thread of its own, so that nobody who works waits for it.
final class LivePage: Sendable {
  private struct State {
    /// What has not been shown yet.
    var progress: RunProgress?
    /// Whether anything has happened: else the folder is left as it was found.
    var hasBegun = false
    var isDone = false
  }

  private let folder: String
  private let state = Mutex(State())
  private let wake = DispatchSemaphore(value: 0)
  private let ended = DispatchSemaphore(value: 0)

  /// Between two pages, in seconds; and drawing takes a hundredth of the time at most, however long a journal is.
  private static let interval = 5.0
  private static let share = 0.01

  init(folder: String) {
    self.folder = folder
    do {
      try startThread(stackSize: 8 << 20) { [self] in work() }
    } catch {
      // Without a thread there is only the last page.
      ended.signal()
    }
  }

  /// Takes note of how far the work has come; returns at once.
  func show(_ progress: RunProgress) {
    state.withLock {
      $0.progress = progress
      $0.hasBegun = true
    }
  }

  /// Draws the page a last time, as of work that nobody is at; with what takes long to compute where the work
  /// is complete.
  func finish(isComplete: Bool) {
    let hasBegun = state.withLock {
      $0.isDone = true
      return $0.hasBegun
    }
    wake.signal()
    ended.wait()
    guard hasBegun else { return }
    // A page is no reason for work to fail that has been done.
    _ = try? makeReport(ofFolder: folder, isBrief: !isComplete).write(to: folder)
  }

  private func work() {
    defer { ended.signal() }
    var pause = Self.interval
    while true {
      _ = wake.wait(timeout: .now() + pause)
      let (progress, isDone) = state.withLock { state in
        defer { state.progress = nil }
        return (state.progress, state.isDone)
      }
      if isDone { return }
      guard let progress else { continue }
      let start = ProcessInfo.processInfo.systemUptime
      _ = try? makeReport(
        ofFolder: folder, live: LiveStatus(progress, at: wallClock()), isBrief: true
      ).write(to: folder)
      let spent = ProcessInfo.processInfo.systemUptime - start
      pause = max(Self.interval, spent / Self.share)
    }
  }
}

extension LiveStatus {
  /// - Parameter time: seconds since 1970.
  fileprivate init(_ progress: RunProgress, at time: Double) {
    let phase =
      switch progress.phase {
      case .search: "searching"
      case .confirmation: "training with fresh seeds"
      case .transfer: "checking other sizes"
      case .grid: "running the grid"
      }
    self.init(
      phase: phase, ended: progress.ended, total: progress.total,
      running: progress.running.map {
        Running(run: $0.run, name: "run \($0.run), \($0.size)", fraction: $0.fraction)
      }, best: nil, secondsLeft: progress.secondsLeft, writtenAt: time)
  }
}

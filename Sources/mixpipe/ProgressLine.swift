import ArgumentParsing
import Foundation
import Storage

/// Progress on standard error: one line that is rewritten on a terminal, a plain line now and then
/// where the output is piped or logged.
final class ProgressLine: @unchecked Sendable {
  private let lock = NSLock()
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let isQuiet: Bool
  /// Seconds between plain lines.
  private let interval: Double
  private var lastShown = -Double.infinity
  private var lastText = ""

  init(isQuiet: Bool = false, interval: Double = 20) {
    self.isQuiet = isQuiet
    self.interval = interval
  }

  /// Shows the line if it is time to; `force` where it must not be skipped.
  func update(force: Bool = false, _ text: @autoclosure () -> String) {
    guard !isQuiet else { return }
    lock.lock()
    defer { lock.unlock() }
    let now = ProcessInfo.processInfo.systemUptime
    guard force || now - lastShown >= (isTerminal ? 0.1 : interval) else { return }
    lastShown = now
    let line = printable(text())
    if isTerminal {
      lastText = String(line.prefix(terminalWidth() - 1))
      emit("\r\u{1b}[2K" + lastText)
    } else {
      emit(line + "\n")
    }
  }

  /// A line that stays, above the one that is rewritten.
  func note(_ text: String) {
    guard !isQuiet else { return }
    let text = printable(text, isOneLine: false)
    lock.lock()
    defer { lock.unlock() }
    emit(isTerminal ? "\r\u{1b}[2K" + text + "\n" + lastText : text + "\n")
  }

  /// Clears the rewritten line, so that what follows starts on a clean one.
  func finish() {
    guard !isQuiet else { return }
    lock.lock()
    defer { lock.unlock() }
    if isTerminal { emit("\r\u{1b}[2K") }
    lastText = ""
  }

  private func emit(_ text: String) {
    // Progress that cannot be shown is no reason to stop a study.
    try? writeAll(Data(text.utf8), to: STDERR_FILENO, path: "standard error")
  }
}

func terminalWidth() -> Int {
  var size = winsize()
  return ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 20
    ? Int(size.ws_col) : 80
}

func fixed(_ value: Double, _ digits: Int) -> String {
  String(format: "%.\(digits)f", value)
}

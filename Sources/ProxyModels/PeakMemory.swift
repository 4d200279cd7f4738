import Foundation

/// The most memory that this process has held at once.
package enum PeakMemory {
  /// In bytes, since the program began or `reset()`.
  ///
  /// Linux's `getrusage` would count in what the process held before it became this program, that is
  /// a copy of whoever started it; `/proc` does not.
  package static func bytes() -> Int {
    if let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let bytes = bytes(ofStatus: status)
    {
      return bytes
    }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Int(usage.ru_maxrss) * 1024
  }

  /// Starts counting anew from what is held now, where the system lets a process do that.
  static func reset() {
    // proc(5): 5 resets the peak of the resident set.
    let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = write(descriptor, "5", 1)
    close(descriptor)
  }

  /// The line `VmHWM: 1234 kB` of `/proc/self/status`, in bytes.
  static func bytes(ofStatus status: String) -> Int? {
    guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({
        Int($0)
      })
    else { return nil }
    return kilobytes * 1024
  }
}

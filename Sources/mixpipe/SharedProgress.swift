import Foundation
import Reports

/// What several threads have done of a known amount of work.
final class SharedProgress: @unchecked Sendable {
  private let lock = NSLock()
  private let start = ProcessInfo.processInfo.systemUptime
  private let total: Double
  private let count: Int
  private var finished: Int
  private var done: [Int: Double] = [:]

  init(total: Double, doneBefore: Int, count: Int) {
    self.total = total
    self.count = count
    finished = doneBefore
  }

  func report(_ index: Int, _ amount: Double) {
    lock.lock()
    done[index] = amount
    lock.unlock()
  }

  func finishOne() {
    lock.lock()
    finished += 1
    lock.unlock()
  }

  var line: String {
    lock.lock()
    defer { lock.unlock() }
    let share = done.values.reduce(0, +) / max(total, 1)
    let elapsed = ProcessInfo.processInfo.systemUptime - start
    let left = share > 0.001 ? Format.duration(elapsed / share * (1 - share)) : "?"
    return "\(finished)/\(count) runs  \(Int(share * 100)) %  \(left) left"
  }
}

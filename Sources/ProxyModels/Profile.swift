import Foundation

/// Where the time of a run goes.
package enum TrainingPart: String, CaseIterable, Sendable, Codable, CodingKeyRepresentable {
  /// Products with the layers' matrices.
  case products
  case attention
  /// The output layer: logits, softmax, cross-entropy and their way back.
  case head
  /// Norms, gates, embedding and sums.
  case elementwise
  /// Merging gradients, AdamW, packing the matrices again.
  case optimizer
  /// The forward passes over held-out text.
  case evaluation
  /// Drawing text, starting up, saving, and threads that wait for another.
  case other

  /// What one step of training consists of.
  static let ofStep: [TrainingPart] = [.products, .attention, .head, .elementwise, .optimizer]
}

/// Adds up the time between marks, part by part. One for each thread.
package final class Profile: @unchecked Sendable {
  private var nanoseconds = [UInt64](repeating: 0, count: TrainingPart.allCases.count)
  private var last: UInt64 = 0

  package init() {}

  /// What follows counts from here.
  func start() { last = Self.now() }

  /// Counts the time since the last mark as `part`.
  func mark(_ part: TrainingPart) {
    let now = Self.now()
    nanoseconds[Self.index(part)] += now - last
    last = now
  }

  package func seconds(of part: TrainingPart) -> Double {
    Double(nanoseconds[Self.index(part)]) * 1e-9
  }

  private static func index(_ part: TrainingPart) -> Int {
    switch part {
    case .products: 0
    case .attention: 1
    case .head: 2
    case .elementwise: 3
    case .optimizer: 4
    case .evaluation: 5
    case .other: 6
    }
  }

  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

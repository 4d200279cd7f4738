import Foundation
import Numerics

/// What one more run is worth for choosing among a few mixtures: by how much the lowest of several posterior means is
/// expected to fall when one normal number Z becomes known that moves each by its slope, min mean - E min (mean + slope
/// Z).
///
/// Exact, but for what Z beyond ``farthest`` adds: the lowest line changes at a few values of Z, found as the upper
/// envelope of the lines' negatives (Frazier, Powell and Dayanik, *The Knowledge-Gradient Policy for Correlated Normal
/// Beliefs*, INFORMS J. Comput. 21, 2009, algorithms 1 and 2).
package struct KnowledgeGradient: Sendable {
  private let means: [Double]
  private let best: Int
  // Kept for their storage.
  private var lines: [(a: Double, b: Double)] = []
  private var envelope: [(a: Double, b: Double, from: Double)] = []

  /// A line that is not the lowest anywhere up to here is left out: more has a chance of 10⁻³³.
  private static let farthest = 12.0

  /// - Precondition: a mean.
  package init(means: [Double]) {
    precondition(!means.isEmpty, "expected means")
    self.means = means
    best = means.indices.min { (means[$0], $0) < (means[$1], $1) }!
  }

  package static func gain(means: [Double], slopes: [Double]) -> Double {
    var gradient = KnowledgeGradient(means: means)
    return gradient.gain(slopes: Matrix(columns: [slopes]), column: 0)
  }

  /// - Parameter slopes: of each mean, a column for each normal number.
  package mutating func gain(slopes: Matrix, column: Int) -> Double {
    precondition(means.count == slopes.rows, "expected \(means.count) slopes")
    // Lines a + bZ of which the highest counts; of parallel ones the higher.
    lines.removeAll(keepingCapacity: true)
    let start = column * slopes.rows
    let slope = slopes.elements[start + best]
    for i in means.indices {
      let own = slopes.elements[start + i]
      guard i == best || means[i] - means[best] < abs(own - slope) * Self.farthest else { continue }
      lines.append((-means[i], -own))
    }
    guard lines.count > 1 else { return 0 }
    lines.sort { $0.b != $1.b ? $0.b < $1.b : $0.a < $1.a }
    envelope.removeAll(keepingCapacity: true)
    for line in lines {
      var start = -Double.infinity
      while let last = envelope.last {
        if last.b == line.b {
          envelope.removeLast()
          continue
        }
        start = (last.a - line.a) / (line.b - last.b)
        if start > last.from { break }
        envelope.removeLast()
        start = -.infinity
      }
      envelope.append((line.a, line.b, start))
    }
    // Each change of lines at z adds (b' - b) h(-|z|) to the highest mean.
    var sum = 0.0
    for i in envelope.indices.dropFirst() {
      sum +=
        (envelope[i].b - envelope[i - 1].b)
        * exp(Normal.logImprovement(-abs(envelope[i].from)).value)
    }
    return sum
  }
}

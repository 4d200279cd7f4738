import Foundation
import Numerics

/// What one more run is worth for choosing among a few mixtures.
package enum KnowledgeGradient {
  /// By how much the lowest of several posterior means is expected to fall when one normal number Z becomes
  /// known that moves each by its slope: min mean - E min (mean + slope Z).
  ///
  /// Exact: the lowest line changes at a few values of Z, found as the upper envelope of the lines' negatives
  /// (Frazier, Powell and Dayanik, *The Knowledge-Gradient Policy for Correlated Normal Beliefs*, INFORMS J.
  /// Comput. 21, 2009, algorithms 1 and 2).
  package static func gain(means: [Double], slopes: [Double]) -> Double {
    precondition(means.count == slopes.count && !means.isEmpty)
    // Lines a + bZ of which the highest counts; of parallel ones the higher.
    var lines: [(a: Double, b: Double)] = zip(means, slopes).map { (-$0, -$1) }
    lines.sort { $0.b != $1.b ? $0.b < $1.b : $0.a < $1.a }
    var envelope: [(a: Double, b: Double, from: Double)] = []
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
    return zip(envelope, envelope.dropFirst()).reduce(0) { sum, pair in
      sum + (pair.1.b - pair.0.b) * exp(Normal.logImprovement(-abs(pair.1.from)).value)
    }
  }
}

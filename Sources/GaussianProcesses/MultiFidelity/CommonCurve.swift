import Foundation
import Numerics

/// What learning curves have in common beside a level and a power law: e.g. that losses fall faster where the
/// learning rate decays. Without it every run would seem to wander by itself.
package struct CommonCurve: Sendable, Hashable {
  /// ln z, ascending, z in target's tokens; and what curves are above their own power laws there, standardized.
  private var places: [Double] = []
  private var values: [Double] = []

  /// None.
  package init() {}

  /// From runs of three measurements or more, at lengths that three of them share: what is left beside each
  /// run's own level and amplitude, on average, a little drawn toward zero.
  ///
  /// - Parameters:
  ///   - lengths, outcomes: of each run at each rung.
  init(lengths: [[Double]], outcomes: [[Double]]) {
    let used = lengths.indices.filter { lengths[$0].count >= 3 }
    var counts: [Double: Int] = [:]
    for i in used { for z in lengths[i] { counts[z, default: 0] += 1 } }
    let nodes = counts.filter { $0.value >= 3 }.keys.sorted()
    guard nodes.count >= 3 else { return }
    // The curve at its prior's center is near enough: what differs is common too.
    let curve = LearningCurve(exponent: 0.5, timescale: 0.1, wander: 1, jitter: 0)
    let places = used.map { i in lengths[i].map { z in nodes.firstIndex(of: z) } }
    let excesses = used.map { lengths[$0].map(curve.excess) }
    var shared = nodes.map { _ in 0.0 }
    for _ in 0..<20 {
      var sums = nodes.map { _ in 0.0 }
      for (row, i) in used.enumerated() {
        let x = excesses[row]
        let y = outcomes[i].indices.map { t in
          outcomes[i][t] - (places[row][t].map { shared[$0] } ?? 0)
        }
        let (centerX, centerY) = (Statistics.mean(x), Statistics.mean(y))
        let spread = x.reduce(0) { $0 + ($1 - centerX) * ($1 - centerX) }
        let slope = zip(x, y).reduce(0) { $0 + ($1.0 - centerX) * ($1.1 - centerY) } / spread
        for t in x.indices {
          guard let place = places[row][t] else { continue }
          sums[place] += y[t] - centerY - slope * (x[t] - centerX)
        }
      }
      for (place, z) in nodes.enumerated() { shared[place] += sums[place] / Double(counts[z]! + 1) }
    }
    self.places = nodes.map { log($0) }
    values = shared
  }

  /// Between the lengths by straight lines in ln z, beyond them as at the last.
  package func value(at length: Double) -> Double {
    guard let first = values.first, let last = values.last else { return 0 }
    let x = log(length)
    guard let next = places.firstIndex(where: { $0 >= x }) else { return last }
    guard next > 0 else { return first }
    let share = (x - places[next - 1]) / (places[next] - places[next - 1])
    return values[next - 1] + share * (values[next] - values[next - 1])
  }
}

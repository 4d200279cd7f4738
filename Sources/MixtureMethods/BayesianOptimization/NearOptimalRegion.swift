import Foundation
import GaussianProcesses
import Mixtures
import Numerics

/// The feasible mixtures whose predicted objective is within a tolerance of the best mixture's: what would
/// also do.
///
/// It is a region of the simplex, not a box: a weight may go to an end of its range only where others move
/// with it. It is explored by hit-and-run (Smith, *Operations Research* 32, 1984): along a random line
/// through a point of the region, a grid finds how far the region reaches, and the next point is drawn from
/// there. Every second line starts at a point that is extreme in one weight and moves that weight on, so
/// that ranges are found soon; they are from within, the true ones a little wider.
package struct NearOptimalRegion: Sendable {
  /// The range of each weight over the region, in the order of the domains.
  package let ranges: [ClosedRange<Double>]
  /// Points that spread over the region, the center first.
  package let mixtures: [Mixture]
  /// Their predicted objectives.
  package let objectives: [Double]
  /// In nats per token.
  package let tolerance: Double

  /// Points of a line that are asked at a time.
  private static let grid = 24

  /// - Parameters:
  ///   - center: the best mixture.
  ///   - tolerance: how much worse the predicted objective may be, nats per token; positive.
  ///   - lines: how many are followed; more are needed where there are more domains.
  package init(
    _ model: any MixturePredictor, around center: Mixture, within tolerance: Double,
    lines: Int? = nil,
    seed: UInt64
  ) {
    let k = center.weights.count
    var generator = SeededGenerator(seed: seed, stream: "near-optimal")
    let limit = model.means(at: [center.weights])[0] + tolerance
    var low = center.weights
    var high = center.weights
    var lowest = [[Double]](repeating: center.weights, count: k)
    var highest = lowest
    var point = center.weights
    var points = [center.weights]
    var objectives = [limit - tolerance]

    /// Points of the line that are feasible and near enough, with their objectives, from the start on in
    /// one direction until the first that is not.
    func reach(_ start: [Double], _ direction: [Double]) -> [(weights: [Double], objective: Double)]
    {
      // How far until a weight is zero.
      var end = Double.infinity
      for (w, d) in zip(start, direction) where d < -1e-12 { end = min(end, w / -d) }
      guard end.isFinite, end > 1e-9 else { return [] }
      let candidates = (1...Self.grid).map { step -> [Double] in
        // Finer near the start, where small regions end.
        let length = end * pow(Double(step) / Double(Self.grid), 2)
        let moved = zip(start, direction).map { max($0 + $1 * length, 0) }
        let sum = moved.reduce(0, +)
        return moved.map { $0 / sum }
      }
      let means = model.means(at: candidates)
      var found: [(weights: [Double], objective: Double)] = []
      for (weights, mean) in zip(candidates, means) {
        guard mean <= limit, model.feasible.contains(weights) else { break }
        found.append((weights, mean))
      }
      return found
    }

    func take(_ found: [(weights: [Double], objective: Double)]) {
      for (weights, _) in found {
        for j in 0..<k {
          if weights[j] < low[j] { (low[j], lowest[j]) = (weights[j], weights) }
          if weights[j] > high[j] { (high[j], highest[j]) = (weights[j], weights) }
        }
      }
    }

    guard k > 1, model.pool == nil else {
      ranges = center.weights.map { $0...$0 }
      mixtures = [center]
      self.objectives = objectives
      self.tolerance = tolerance
      return
    }
    for line in 0..<(lines ?? min(60 * k, 600)) {
      let domain = (line / 4) % k
      let isRandom = line % 2 == 0
      let upwards = line % 4 == 1
      let start = isRandom ? point : upwards ? highest[domain] : lowest[domain]
      // Into the simplex' own plane; toward or away from one domain for the others.
      var direction = (0..<k).map { _ in generator.normal() }
      if !isRandom {
        direction = direction.map { $0 * 0.3 / Double(k).squareRoot() }
        direction[domain] = upwards ? 1 : -1
        for j in 0..<k where j != domain {
          direction[j] -= direction[domain] * start[j] / max(1 - start[domain], 1e-6)
        }
      }
      // A weight of none can only grow.
      for j in 0..<k where start[j] <= 1e-9 && direction[j] < 0 { direction[j] = 0 }
      let movable = (0..<k).filter { start[$0] > 1e-9 || direction[$0] > 0 }
      let excess = direction.reduce(0, +) / Double(max(movable.count, 1))
      for j in movable { direction[j] -= excess }
      let forward = reach(start, direction)
      let backward = isRandom ? reach(start, direction.map { -$0 }) : []
      let all = forward + backward
      guard !all.isEmpty else { continue }
      take(all)
      let next = all[min(Int(generator.uniform() * Double(all.count)), all.count - 1)]
      if isRandom { point = next.weights }
      points.append(next.weights)
      objectives.append(next.objective)
    }
    ranges = zip(low, high).map { $0...max($0, $1) }
    mixtures = points.map { Mixture(domains: center.domains, proportionalTo: $0) }
    self.objectives = objectives
    self.tolerance = tolerance
  }

  /// The coarsest round mixture that is near enough: weights in multiples of a tenth, a twentieth, a
  /// fiftieth or a hundredth, rounded from any point of the region; the lowest predicted objective of those
  /// of one grain.
  package func roundest(_ model: any MixturePredictor) -> (mixture: Mixture, grain: Double)? {
    let limit = objectives[0] + tolerance
    for units in [10, 20, 50, 100] {
      var candidates: [[Double]] = []
      for mixture in mixtures {
        let rounded = Self.rounded(mixture.weights, units: units)
        if !candidates.contains(rounded), model.feasible.contains(rounded) {
          candidates.append(rounded)
        }
      }
      guard !candidates.isEmpty else { continue }
      let means = model.means(at: candidates)
      guard let best = candidates.indices.min(by: { means[$0] < means[$1] }), means[best] <= limit
      else { continue }
      return (
        Mixture(domains: mixtures[0].domains, proportionalTo: candidates[best]), 1 / Double(units)
      )
    }
    return nil
  }

  /// Multiples of 1/units that sum to one, by largest remainders.
  static func rounded(_ weights: [Double], units: Int) -> [Double] {
    let scaled = weights.map { $0 * Double(units) }
    var whole = scaled.map { Int($0) }
    let order = weights.indices.sorted {
      (scaled[$1] - Double(whole[$1]), $0) < (scaled[$0] - Double(whole[$0]), $1)
    }
    for index in order.prefix(max(units - whole.reduce(0, +), 0)) { whole[index] += 1 }
    return whole.map { Double($0) / Double(units) }
  }

  /// The point of the region where the largest rise of any loss over the reference's is smallest.
  ///
  /// - Parameter reference: losses of each output.
  package func leastPrice(_ model: any MixturePredictor, over reference: [Double]) -> Mixture? {
    let losses = model.losses(at: mixtures.map(\.weights))
    let prices = losses.map { row in
      zip(row, reference).map { $0.mean - $1 }.max() ?? 0
    }
    return prices.indices.min { prices[$0] < prices[$1] }.map { mixtures[$0] }
  }
}

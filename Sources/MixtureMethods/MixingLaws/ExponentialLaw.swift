import Foundation
import Numerics

/// One domain's loss as an exponential of the weights above a floor:
/// `L = exp(floor) + exp(scale + t · w)`.
///
/// Ye et al., [Data Mixing Laws](https://arxiv.org/abs/2403.16952), equation 1, with c and k as powers
/// of e as in the repository `yegcjs/mixinglaws`. On the simplex `scale` could be part of `t`; it is
/// kept since the starts are laid out in it. Convex in the weights.
package struct ExponentialLaw: Sendable, Hashable {
  /// Logarithm of the loss that no mixture gets below.
  package var floor: Double
  package var scale: Double
  /// What each training domain contributes; below zero where it helps.
  package var slopes: [Double]

  package init(floor: Double, scale: Double, slopes: [Double]) {
    self.floor = floor
    self.scale = scale
    self.slopes = slopes
  }

  package func loss(at weights: [Double]) -> Double {
    exp(floor) + exp(scale + dot(slopes, weights))
  }

  /// The loss's slope in each weight.
  func gradient(at weights: [Double]) -> [Double] {
    let excess = exp(scale + dot(slopes, weights))
    return slopes.map { $0 * excess }
  }
}

extension ExponentialLaw {
  /// How a law is fitted: least mean Huber loss, by L-BFGS from many starts.
  package struct Fitting: Sendable, Hashable {
    package var loss: HuberLoss
    /// Whether `scale` is fitted besides the slopes.
    package var hasScale: Bool
    /// From how many of the laid out starts, the most promising first, L-BFGS descends.
    package var descents = 24

    /// Data Mixing Laws: thresholds of .01 to .05 are published.
    package static let dataMixingLaws = Fitting(loss: HuberLoss(threshold: 0.03), hasScale: true)
    /// Olmix's log-linear law.
    package static let olmix = Fitting(loss: HuberLoss(threshold: 0.02), hasScale: false)
  }

  /// - Parameters:
  ///   - mixtures: (n, k).
  ///   - losses: (n), nats per token.
  ///   - seed: of the starts' slopes.
  /// - Precondition: there is a mixture, and all losses are finite.
  package static func fit(
    _ mixtures: [[Double]], losses: [Double], fitting: Fitting, seed: UInt64
  ) -> ExponentialLaw {
    precondition(!mixtures.isEmpty && mixtures.count == losses.count)
    let parts = mixtures[0].count
    let points = mixtures.flatMap { $0 }
    func value(_ x: [Double]) -> (value: Double, gradient: [Double]) {
      var sum = 0.0
      var gradient = [Double](repeating: 0, count: x.count)
      let level = exp(x[0])
      x.withUnsafeBufferPointer { x in
        points.withUnsafeBufferPointer { points in
          for row in losses.indices {
            var exponent = fitting.hasScale ? x[1] : 0
            for j in 0..<parts { exponent += x[j + 2] * points[row * parts + j] }
            let excess = exp(exponent)
            let (loss, slope) = fitting.loss(level + excess - losses[row])
            sum += loss
            gradient[0] += slope * level
            gradient[1] += slope * excess
            for j in 0..<parts { gradient[j + 2] += slope * excess * points[row * parts + j] }
          }
        }
      }
      if !fitting.hasScale { gradient[1] = 0 }
      let share = 1 / Double(losses.count)
      return (sum * share, gradient.map { $0 * share })
    }
    var search = LimitedMemoryBFGS()
    search.maximumIterations = 300
    search.gradientTolerance = 1e-9
    search.valueTolerance = 1e-12
    let starts = starts(parts: parts, losses: losses, fitting: fitting, seed: seed)
      .map { (point: $0, value: value($0).value) }.filter(\.value.isFinite)
    let order = starts.indices.sorted { (starts[$0].value, $0) < (starts[$1].value, $1) }
    var best: (point: [Double], value: Double)?
    for index in order.prefix(fitting.descents) {
      let found = search.minimize(from: starts[index].point, value)
      if found.value < best?.value ?? .infinity { best = (found.point, found.value) }
    }
    let point =
      best?.point
      ?? [log(max(Statistics.mean(losses), 1e-3)), -10] + [Double](repeating: 0, count: parts)
    return ExponentialLaw(
      floor: point[0], scale: fitting.hasScale ? point[1] : 0, slopes: Array(point[2...]))
  }

  /// The published grid, log c from -2 to 1.5 and log k from -10 to 1, and beside it floors below the
  /// lowest loss observed; the slopes at random, once small and once large.
  private static func starts(
    parts: Int, losses: [Double], fitting: Fitting, seed: UInt64
  ) -> [[Double]] {
    var generator = SeededGenerator(seed: seed, stream: "mixing law")
    let lowest = max(losses.min()!, 1e-6)
    let floors =
      stride(from: -2.0, through: 1.5, by: 0.5)
      + [0.5, 0.8, 0.95].map { log($0 * lowest) }
    let scales = stride(from: -10.0, through: 1, by: 1)
    var starts: [[Double]] = []
    for floor in floors {
      for scale in scales {
        for deviation in [0.3, 2] {
          // Without a scale of its own the slopes carry it: they sum to it on the simplex.
          let slopes = (0..<parts).map { _ in
            deviation * generator.normal() + (fitting.hasScale ? 0 : scale)
          }
          starts.append([floor, fitting.hasScale ? scale : 0] + slopes)
        }
      }
    }
    return starts
  }
}

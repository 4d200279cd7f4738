import Foundation
import Mixtures
import Numerics

/// One ascent over the feasible mixtures in z = wᵉ, where the weights meet every condition at each trial.
///
/// Its directions lie in the tangent cone of the conditions that hold with equality where it is: the
/// steepest one is the gradient's projection on that cone, quasi-Newton ones are projected on it too. A step
/// along it breaks conditions by what they curve in z, or by those it runs into, and the weights are then
/// put back by the nearest feasible mixture. With a limit on the domains it stays on the face of those that
/// it began with.
struct ConstrainedAscent: MixtureAscent {
  private let feasible: FeasibleMixtures
  private let exponent: Double
  /// The domains that may have weight.
  private let support: [Int]
  private let conditions: [Polytope.Condition]
  private(set) var mixture: [Double]
  private(set) var trialMixture: [Double]
  private(set) var hasEnded = false
  /// z on the support.
  private var point: [Double]
  private var trial: [Double]
  private var value = -Double.infinity
  /// Of -f, on the support; empty before the first value.
  private var gradient: [Double] = []
  /// The tangent part of it.
  private var reduced: [Double] = []
  private var active: [Int] = []
  private var direction: [Double] = []
  private var step = 1.0
  private var halvings = 0
  private var history = CurvatureHistory(memory: 8)
  /// Barzilai and Borwein's step along the gradient; nil before the first curvature is seen. It outlives
  /// the history, which ends with each set of conditions.
  private var spectralStep: Double?

  init(from mixture: [Double], exponent: Double, feasible: FeasibleMixtures) {
    self.feasible = feasible
    self.exponent = exponent
    self.mixture = mixture
    trialMixture = mixture
    let everything = Array(mixture.indices)
    let used = everything.filter { mixture[$0] > 0 }
    support = feasible.maximumDomains == nil ? everything : used
    conditions = feasible.face(support).conditions
    point = support.map { pow(mixture[$0], exponent) }
    trial = point
  }

  mutating func take(value: Double, gradient upward: [Double]) {
    let isFirst = gradient.isEmpty
    // How much -f was expected to change on the way, to first order.
    let expected =
      isFirst
      ? 0 : zip(gradient, zip(trial, point)).reduce(0) { $0 + $1.0 * ($1.1.0 - $1.1.1) }
    guard isFirst || (value.isFinite && value >= self.value - 1e-4 * min(expected, 0)) else {
      halvings += 1
      step *= 0.3
      if halvings <= 8 {
        propose()
      } else if history.isEmpty {
        hasEnded = true
      } else {
        history.forget()
        aim()
      }
      return
    }
    let gain = value - self.value
    let (last, lastGradient, lastReduced, lastActive) = (point, gradient, reduced, active)
    mixture = trialMixture
    (point, self.value, gradient) = (trial, value, support.map { -upward[$0] })
    reduce()
    if !isFirst {
      let moved = zip(point, last).map { $0 - $1 }
      let curvature = dot(moved, zip(gradient, lastGradient).map { $0 - $1 })
      if curvature > 1e-12 * dot(moved, moved) {
        spectralStep = min(dot(moved, moved) / curvature, 1e3)
      }
      if active == lastActive {
        // The tangent part points up: its change is that of -f's slope with the sign turned.
        history.append(step: moved, change: zip(lastReduced, reduced).map { $0 - $1 })
      } else {
        history.forget()
      }
      if gain < 1e-8 * max(1, abs(value)) { hasEnded = true }
    }
    aim()
  }

  /// The tangent cone where the ascent is, in z on the support.
  private var cone: (Polytope, active: [Int]) {
    var rows: [Polytope.Condition] = []
    var active: [Int] = []
    let weights = support.map { mixture[$0] }
    for (index, condition) in conditions.enumerated() {
      guard condition.isEquality || condition.slack(at: weights) < 1e-9 else { continue }
      let involved = condition.normal.indices.filter { condition.normal[$0] != 0 }
      var normal = condition.normal
      if involved.count > 1 {
        // dw/dz = z^(1/e - 1) / e.
        for j in involved { normal[j] *= pow(point[j], 1 / exponent - 1) / exponent }
      }
      let length = dot(normal, normal).squareRoot()
      guard length > 1e-12 else { continue }
      active.append(index)
      rows.append(
        .init(normal: normal.map { $0 / length }, offset: 0, isEquality: condition.isEquality))
    }
    return (Polytope(dimensions: support.count, conditions: rows), active)
  }

  private mutating func reduce() {
    let (cone, active) = cone
    self.active = active
    reduced = (try? cone.projection(of: gradient.map { -$0 })) ?? gradient.map { _ in 0 }
  }

  private mutating func aim() {
    let length = dot(reduced, reduced).squareRoot()
    guard length > 1e-7, !hasEnded else {
      hasEnded = true
      return
    }
    direction = reduced
    if !history.isEmpty {
      let wanted = history.descentDirection(of: reduced.map { -$0 })
      let projected = (try? cone.0.projection(of: wanted)) ?? reduced
      let size = dot(projected, projected).squareRoot()
      if dot(projected, gradient) < -1e-4 * length * size {
        direction = projected
      } else {
        history.forget()
      }
    }
    let size = dot(direction, direction).squareRoot()
    step = min(history.isEmpty ? spectralStep ?? 0.05 / size : 1, 0.3 / size)
    halvings = 0
    propose()
  }

  private mutating func propose() {
    let z = zip(point, direction).map { max($0 + step * $1, 0) }
    let weights = z.map { pow($0, 1 / exponent) }
    let sum = weights.reduce(0, +)
    var full = [Double](repeating: 0, count: mixture.count)
    for (index, weight) in zip(support, weights) { full[index] = weight / sum }
    trialMixture = feasible.projection(of: full, on: support) ?? mixture
    trial = support.map { pow(trialMixture[$0], exponent) }
  }
}

import Numerics

/// Points of the simplex drawn onto the feasible mixtures, so that an even spread stays one.
///
/// Seen from a point inside, each ray is shortened by as much as the feasible part of it is shorter than
/// the simplex's: the simplex's boundary goes to the feasible set's, and nothing is refused. With a limit
/// on the domains, each point has a set of domains of its own and is drawn onto the face of these.
package struct FeasibleSpread: Sendable {
  private let feasible: FeasibleMixtures
  /// Of all domains; nil where their number is limited, or nothing else is.
  private let whole: Star?

  package init(_ feasible: FeasibleMixtures) {
    self.feasible = feasible
    whole =
      feasible.maximumDomains == nil && !feasible.isWholeSimplex ? Star(feasible.polytope) : nil
  }

  /// Point `ordinal` of a quasi-random sequence.
  package func point(_ ordinal: Int, seed: UInt64) -> [Double] {
    let parts = feasible.domains.count
    guard let maximum = feasible.maximumDomains else {
      return drawn(
        SobolSequence.simplexPoints(parts: parts, start: ordinal, count: 1, seed: seed)[0])
    }
    var generator = SeededGenerator(seed: seed, stream: "domains \(ordinal)")
    var order = Array(0..<parts)
    generator.shuffle(&order)
    return drawn(
      SobolSequence.simplexPoints(parts: maximum, start: ordinal, count: 1, seed: seed)[0],
      preferring: order)
  }

  /// Where a mixture comes to lie.
  package func drawn(_ mixture: [Double]) -> [Double] {
    if feasible.isWholeSimplex { return mixture }
    if let whole { return whole.drawn(mixture) }
    let order = mixture.indices.sorted {
      mixture[$0] != mixture[$1] ? mixture[$0] > mixture[$1] : $0 < $1
    }
    let kept = order.prefix(feasible.maximumDomains!)
    let sum = kept.reduce(0) { $0 + mixture[$1] }
    return drawn(kept.map { mixture[$0] / sum }, preferring: order)
  }

  /// - Parameter part: as many weights as domains are allowed.
  private func drawn(_ part: [Double], preferring order: [Int]) -> [Double] {
    let support = feasible.support(preferring: order)!
    var result = [Double](repeating: 0, count: feasible.domains.count)
    let found = Star(feasible.face(support)).drawn(part)
    for (index, value) in zip(support, found) { result[index] = value }
    return result
  }
}

/// A polytope seen from a point inside it.
private struct Star: Sendable {
  let polytope: Polytope
  let center: [Double]
  /// The conditions that every point of the polytope meets exactly.
  let hull: Polytope
  /// The other conditions.
  let walls: [Polytope.Condition]

  init(_ polytope: Polytope) {
    self.polytope = polytope
    // Far out along each condition's normal lies, once drawn back, a point well away from it; the mean of
    // these is away from all from which one can be.
    let far = 1e4
    let even = [Double](repeating: 1 / Double(polytope.dimensions), count: polytope.dimensions)
    var sum = [Double](repeating: 0, count: polytope.dimensions)
    let inequalities = polytope.conditions.filter { !$0.isEquality }
    for condition in inequalities {
      let away = zip(even, condition.normal).map { $0 + far * $1 }
      guard let point = try? polytope.projection(of: away) else {
        preconditionFailure("expected a polytope that has a point")
      }
      for j in sum.indices { sum[j] += point[j] }
    }
    let mean = sum.map { $0 / Double(inequalities.count) }
    let center = (try? polytope.projection(of: mean)) ?? mean
    self.center = center
    // So far out, projections are good to 1e-8.
    let least = 1e-7
    walls = inequalities.filter { $0.slack(at: center) > least }
    hull = Polytope(
      dimensions: polytope.dimensions,
      conditions: polytope.conditions.filter { $0.isEquality || $0.slack(at: center) <= least }
        .map { .init(normal: $0.normal, offset: $0.offset, isEquality: true) })
  }

  func drawn(_ mixture: [Double]) -> [Double] {
    let flat = (try? hull.projection(of: mixture)) ?? mixture
    let direction = zip(flat, center).map { $0 - $1 }
    // How far the simplex and the polytope reach, in steps of `direction`.
    var simplex = Double.infinity
    for (value, slope) in zip(center, direction) where slope < -1e-15 {
      simplex = min(simplex, value / -slope)
    }
    var reach = Double.infinity
    for wall in walls {
      let slope = dot(wall.normal, direction)
      if slope < -1e-15 { reach = min(reach, wall.slack(at: center) / -slope) }
    }
    guard reach < .infinity, simplex < .infinity, simplex > 0 else { return center }
    let step = reach * min(1, 1 / simplex)
    let point = zip(center, direction).map { $0 + step * $1 }
    // Only rounding is left to be mended.
    return ((try? polytope.projection(of: point)) ?? point).map { max($0, 0) }
  }
}

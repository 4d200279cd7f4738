/// The points that satisfy linear conditions: a · x = b for some, a · x ≥ b for the others.
package struct Polytope: Sendable, Hashable {
  package struct Condition: Sendable, Hashable {
    package var normal: [Double]
    package var offset: Double
    package var isEquality: Bool

    package init(normal: [Double], offset: Double, isEquality: Bool = false) {
      self.normal = normal
      self.offset = offset
      self.isEquality = isEquality
    }

    /// a · x - b: below zero where an inequality is broken.
    package func slack(at point: [Double]) -> Double { dot(normal, point) - offset }
  }

  /// Conditions that no point satisfies together: their sum, each counted by its multiplier, says that
  /// 0 ≥ `gap`. The first is counted once.
  package struct Conflict: Error, Hashable {
    package var conditions: [Int]
    package var multipliers: [Double]
    package var gap: Double
  }

  package let dimensions: Int
  package let conditions: [Condition]

  package init(dimensions: Int, conditions: [Condition]) {
    precondition(
      conditions.allSatisfy { $0.normal.count == dimensions },
      "expected normals of \(dimensions) elements")
    self.dimensions = dimensions
    self.conditions = conditions
  }

  /// By how much a point breaks the worst of the conditions; zero inside.
  package func violation(at point: [Double]) -> Double {
    conditions.reduce(0) { worst, condition in
      let slack = condition.slack(at: point)
      return max(worst, condition.isEquality ? abs(slack) : -slack)
    }
  }

  /// The nearest point (Euclid): the dual method of Goldfarb and Idnani, *A numerically stable dual method
  /// for solving strictly convex quadratic programs* (Mathematical Programming 27, 1983), which takes in
  /// one broken condition after another and notices when one contradicts those taken in.
  ///
  /// - Throws: ``Conflict`` where there is no point at all.
  package func projection(of point: [Double]) throws(Conflict) -> [Double] {
    precondition(
      point.count == dimensions, "expected \(dimensions) coordinates, found \(point.count)")
    var active = ActiveConditions()
    var x = point
    let tolerance = 1e-12 * (1 + (point.map(abs).max() ?? 0))
    // Each round takes in a condition; rounding alone could make it go round in circles.
    for _ in 0..<20 * (conditions.count + 1) {
      guard let next = mostBroken(at: x, active: active, tolerance: tolerance) else { break }
      try takeIn(next, at: &x, active: &active)
    }
    // Once more from the start, all at once: the rounding of the way here is gone.
    let normals = active.normals
    if let cholesky = active.gram {
      let missing = zip(normals, active.offsets).map { $1 - dot($0, point) }
      x = point
      for (multiplier, normal) in zip(cholesky.solve(missing), normals) {
        for j in x.indices { x[j] += multiplier * normal[j] }
      }
    }
    // A coordinate at its own bound is there exactly.
    for (normal, offset) in zip(normals, active.offsets) {
      let support = normal.indices.filter { normal[$0] != 0 }
      if support.count == 1 { x[support[0]] = offset / normal[support[0]] }
    }
    return x
  }

  private struct ActiveConditions {
    var indices: [Int] = []
    /// Of equalities either way round.
    var normals: [[Double]] = []
    var offsets: [Double] = []
    var multipliers: [Double] = []
    var areEqualities: [Bool] = []
    /// The factor of N Nᵀ; nil while nothing is active.
    private(set) var gram: Cholesky?

    mutating func append(
      _ index: Int, _ normal: [Double], _ offset: Double, _ multiplier: Double, isEquality: Bool
    ) {
      indices.append(index)
      normals.append(normal)
      offsets.append(offset)
      multipliers.append(multiplier)
      areEqualities.append(isEquality)
      refactor()
    }

    mutating func remove(at place: Int) {
      indices.remove(at: place)
      normals.remove(at: place)
      offsets.remove(at: place)
      multipliers.remove(at: place)
      areEqualities.remove(at: place)
      refactor()
    }

    private mutating func refactor() {
      let count = normals.count
      var products = Matrix(rows: count, columns: count)
      for i in 0..<count { for j in 0...i { products[i, j] = dot(normals[i], normals[j]) } }
      gram = count == 0 ? nil : Cholesky(factoring: products)
    }

    /// A normal as a sum of the active ones (least squares), and what is left of it.
    func resolved(_ normal: [Double]) -> (shares: [Double], rest: [Double]) {
      guard let gram else { return ([], normal) }
      let shares = gram.solve(normals.map { dot($0, normal) })
      var rest = normal
      for (share, other) in zip(shares, normals) {
        for j in rest.indices { rest[j] -= share * other[j] }
      }
      return (shares, rest)
    }
  }

  /// Equalities first, in their order, then the inequality that is broken the most.
  private func mostBroken(
    at x: [Double], active: ActiveConditions, tolerance: Double
  ) -> Int? {
    var worst: (index: Int, slack: Double)?
    for (index, condition) in conditions.enumerated() where !active.indices.contains(index) {
      let slack = condition.slack(at: x)
      if condition.isEquality {
        if abs(slack) > tolerance { return index }
      } else if slack < min(worst?.slack ?? 0, -tolerance) {
        worst = (index, slack)
      }
    }
    return worst?.index
  }

  private func takeIn(
    _ index: Int, at x: inout [Double], active: inout ActiveConditions
  ) throws(Conflict) {
    let condition = conditions[index]
    let isAbove = condition.isEquality && condition.slack(at: x) > 0
    let normal = isAbove ? condition.normal.map { -$0 } : condition.normal
    let offset = isAbove ? -condition.offset : condition.offset
    var multiplier = 0.0
    while true {
      let (shares, rest) = active.resolved(normal)
      let length = dot(rest, rest)
      let isIndependent = length > 1e-18 * max(dot(normal, normal), 1e-300)
      let full =
        isIndependent ? max(offset - dot(normal, x), 0) / length : Double.infinity
      var partial = Double.infinity
      var leaving: Int?
      for place in shares.indices where !active.areEqualities[place] && shares[place] > 1e-12 {
        let step = active.multipliers[place] / shares[place]
        if step < partial { (partial, leaving) = (step, place) }
      }
      let step = min(full, partial)
      guard step < .infinity else {
        let kept = shares.indices.filter { abs(shares[$0]) > 1e-9 }
        throw Conflict(
          conditions: [index] + kept.map { active.indices[$0] },
          multipliers: [1] + kept.map { -shares[$0] },
          gap: offset - kept.reduce(0) { $0 + shares[$1] * active.offsets[$1] })
      }
      if isIndependent { for j in x.indices { x[j] += step * rest[j] } }
      for place in shares.indices { active.multipliers[place] -= step * shares[place] }
      multiplier += step
      if full <= partial {
        active.append(index, normal, offset, multiplier, isEquality: condition.isEquality)
        return
      }
      active.remove(at: leaving!)
    }
  }
}

extension Polytope {
  /// The nearest point (Euclid): the dual method of Goldfarb and Idnani, *A numerically stable dual method
  /// for solving strictly convex quadratic programs* (Mathematical Programming 27, 1983), which takes in
  /// one broken condition after another and notices when one contradicts those taken in.
  ///
  /// - Throws: ``Conflict`` where there is no point at all.
  package func projection(of point: [Double]) throws(Conflict) -> [Double] {
    precondition(
      point.count == dimensions, "expected \(dimensions) coordinates, found \(point.count)")
    var active = ActiveConditions(dimensions: dimensions, conditions: conditions.count)
    var x = point
    let tolerance = 1e-12 * (1 + (point.map(abs).max() ?? 0))
    // Each round takes in a condition; rounding alone could make it go round in circles.
    for _ in 0..<20 * (conditions.count + 1) {
      guard let next = mostBroken(at: x, active: active, tolerance: tolerance) else { break }
      try takeIn(next, at: &x, active: &active)
    }
    return active.nearest(to: point)
  }

  /// Equalities first, in their order, then the inequality that is broken the most.
  private func mostBroken(
    at x: [Double], active: ActiveConditions, tolerance: Double
  ) -> Int? {
    var worst: (index: Int, slack: Double)?
    for index in conditions.indices where !active.isActive[index] {
      let slack = slack(of: index, at: x)
      if conditions[index].isEquality {
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
      let (shares, rest) = active.resolved(normal, coordinate: coordinates[index])
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
        active.append(
          index, normal, coordinate: coordinates[index], offset: offset, multiplier: multiplier,
          isEquality: condition.isEquality)
        return
      }
      active.remove(at: leaving!)
    }
  }
}

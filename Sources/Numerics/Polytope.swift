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
  /// The only coordinate at which each condition's normal is not zero, as most are bounds of one; -1 of the
  /// others.
  let coordinates: [Int]

  package init(dimensions: Int, conditions: [Condition]) {
    precondition(
      conditions.allSatisfy { $0.normal.count == dimensions },
      "expected normals of \(dimensions) elements")
    self.dimensions = dimensions
    self.conditions = conditions
    coordinates = conditions.map { condition in
      guard let first = condition.normal.firstIndex(where: { $0 != 0 }),
        condition.normal[(first + 1)...].allSatisfy({ $0 == 0 })
      else { return -1 }
      return first
    }
  }

  /// a · x - b of one of the conditions.
  func slack(of index: Int, at point: [Double]) -> Double {
    let j = coordinates[index]
    return j < 0
      ? conditions[index].slack(at: point)
      : conditions[index].normal[j] * point[j] - conditions[index].offset
  }

  /// By how much a point breaks the worst of the conditions; zero inside.
  package func violation(at point: [Double]) -> Double {
    conditions.indices.reduce(0) { worst, index in
      let slack = slack(of: index, at: point)
      return max(worst, conditions[index].isEquality ? abs(slack) : -slack)
    }
  }
}

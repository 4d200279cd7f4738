import Foundation
import Numerics
import Testing

@Suite struct PolytopeTests {
  /// The simplex with bounds on each weight and on some sums, all met by a point drawn first.
  private func random(parts: Int, sums: Int, seed: UInt64) -> (Polytope, inside: [Double]) {
    var generator = SeededGenerator(seed: seed)
    let inside = Simplex.dirichlet(parts: parts, concentration: 0.7, using: &generator)
    var conditions = [
      Polytope.Condition(
        normal: [Double](repeating: 1, count: parts), offset: 1, isEquality: true)
    ]
    func add(_ normal: [Double], _ isEquality: Bool = false) {
      let value = dot(normal, inside)
      conditions.append(
        .init(
          normal: normal, offset: isEquality ? value : value - 0.1 * generator.uniform(),
          isEquality: isEquality))
    }
    for j in 0..<parts {
      let unit = (0..<parts).map { $0 == j ? 1.0 : 0 }
      conditions.append(.init(normal: unit, offset: 0))
      add(unit)
      add(unit.map { -$0 })
    }
    for n in 0..<sums {
      let mask = (0..<parts).map { _ in generator.uniform() < 0.5 ? 1.0 : 0 }
      add(n % 2 == 0 ? mask : mask.map { -$0 }, n == 1)
    }
    return (Polytope(dimensions: parts, conditions: conditions), inside)
  }

  @Test("projects onto itself", arguments: [(3, 0), (5, 2), (17, 6), (40, 10)])
  func projectsOntoItself(parts: Int, sums: Int) throws {
    for seed in UInt64(0)..<12 {
      let (polytope, inside) = random(parts: parts, sums: sums, seed: seed)
      var generator = SeededGenerator(seed: seed, stream: "points")
      let point = (0..<parts).map { _ in 0.5 * generator.normal() }
      let found = try polytope.projection(of: point)
      #expect(polytope.violation(at: found) < 1e-12)
      // Nearest: no way from it into the polytope leads toward the point.
      for _ in 0..<20 {
        let other = try polytope.projection(of: (0..<parts).map { _ in generator.normal() })
        for target in [other, inside] {
          var turn = 0.0
          for i in 0..<parts { turn += (point[i] - found[i]) * (target[i] - found[i]) }
          #expect(turn < 1e-9)
        }
      }
      #expect(try zip(polytope.projection(of: found), found).allSatisfy { abs($0 - $1) < 1e-12 })
    }
  }

  /// How far `wanted` is from every sum of normals of conditions that hold with equality at `point`, with
  /// inequalities counted by multipliers that are not negative: coordinate descent, which knows nothing of
  /// how the projection was found.
  private func distance(
    of wanted: [Double], fromNormalConeOf polytope: Polytope, at point: [Double]
  ) -> Double {
    let active = polytope.conditions.filter {
      $0.isEquality || abs($0.slack(at: point)) < 1e-10
    }
    var multipliers = [Double](repeating: 0, count: active.count)
    var rest = wanted
    for _ in 0..<20_000 {
      var most = 0.0
      for (i, condition) in active.enumerated() {
        var value =
          multipliers[i] + dot(condition.normal, rest) / dot(condition.normal, condition.normal)
        if !condition.isEquality { value = max(value, 0) }
        let change = value - multipliers[i]
        multipliers[i] = value
        for j in rest.indices { rest[j] -= change * condition.normal[j] }
        most = max(most, abs(change))
      }
      if most < 1e-13 { break }
    }
    return dot(rest, rest).squareRoot()
  }

  @Test(
    "meets the conditions of Karush, Kuhn and Tucker",
    arguments: [(3, 1), (8, 4), (20, 6), (40, 12)])
  func meetsTheConditionsOfKarushKuhnAndTucker(parts: Int, sums: Int) throws {
    for seed in UInt64(0)..<20 {
      let (polytope, _) = random(parts: parts, sums: sums, seed: 100 + seed)
      var generator = SeededGenerator(seed: seed, stream: "far points")
      // Near ones keep few conditions, far ones nearly all, with many that come and go.
      let scale = [0.02, 0.3, 5, 1000][Int(seed % 4)]
      let point = (0..<parts).map { _ in scale * generator.normal() }
      let found = try polytope.projection(of: point)
      #expect(polytope.violation(at: found) < 1e-12 * (1 + scale))
      let push = zip(found, point).map { $0 - $1 }
      let distance = distance(of: push, fromNormalConeOf: polytope, at: found)
      #expect(distance < 1e-7 * (1 + scale), "\(distance)")
    }
  }

  @Test("agrees with the simplex's own projection in hundreds of dimensions")
  func agreesWithTheSimplexsOwnProjectionInHundredsOfDimensions() throws {
    let parts = 300
    var generator = SeededGenerator(seed: 5)
    let upper = (0..<parts).map { _ in 0.002 + 0.02 * generator.uniform() }
    var conditions = [
      Polytope.Condition(
        normal: [Double](repeating: 1, count: parts), offset: 1, isEquality: true)
    ]
    for j in 0..<parts {
      let unit = (0..<parts).map { $0 == j ? 1.0 : 0 }
      conditions.append(.init(normal: unit, offset: 0))
      conditions.append(.init(normal: unit.map { -$0 }, offset: -upper[j]))
    }
    let polytope = Polytope(dimensions: parts, conditions: conditions)
    for scale in [0.003, 0.1, 10] {
      let point = (0..<parts).map { _ in scale * generator.normal() }
      let expected = Simplex.projection(of: point, upper: upper)
      let found = try polytope.projection(of: point)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-11 * (1 + scale) })
    }
  }

  @Test("agrees with the simplexs own projection") func agreesWithTheSimplexsOwnProjection() throws
  {
    var generator = SeededGenerator(seed: 3)
    let upper = [0.3, 0.5, 0.2, 1, 0.4]
    let conditions =
      [Polytope.Condition(normal: [1, 1, 1, 1, 1], offset: 1, isEquality: true)]
      + (0..<5).flatMap { j in
        let unit = (0..<5).map { $0 == j ? 1.0 : 0 }
        return [
          Polytope.Condition(normal: unit, offset: 0),
          Polytope.Condition(normal: unit.map { -$0 }, offset: -upper[j]),
        ]
      }
    let polytope = Polytope(dimensions: 5, conditions: conditions)
    for _ in 0..<50 {
      let point = (0..<5).map { _ in generator.normal() }
      let expected = Simplex.projection(of: point, upper: upper)
      let found = try polytope.projection(of: point)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-12 })
    }
  }

  @Test("says which conditions contradict each other and by how much")
  func saysWhichConditionsContradictEachOtherAndByHowMuch() {
    let polytope = Polytope(
      dimensions: 3,
      conditions: [
        .init(normal: [1, 1, 1], offset: 1, isEquality: true), .init(normal: [1, 0, 0], offset: 0),
        .init(normal: [0, 1, 0], offset: 0), .init(normal: [0, 0, 1], offset: 0),
        .init(normal: [1, 0, 0], offset: 0.7), .init(normal: [0, 1, 0], offset: 0.5),
        .init(normal: [0, 0, -1], offset: -0.9),
      ])
    #expect {
      try polytope.projection(of: [1 / 3.0, 1 / 3.0, 1 / 3.0])
    } throws: { error in
      let conflict = error as! Polytope.Conflict
      // 1 ≥ w₀ + w₁ ≥ 1.2: the last bound has no part in it.
      return Set(conflict.conditions) == [0, 3, 4, 5] && abs(conflict.gap - 0.2) < 1e-12
    }
  }
}

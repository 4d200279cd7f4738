import Foundation
import Numerics
import Testing

@Suite struct LBFGSTests {
  @Test("finds the bottom of rosenbrocks valley", arguments: [2, 10, 30])
  func findsTheBottomOfRosenbrocksValley(dimensions: Int) {
    var evaluations = 0
    let result = LimitedMemoryBFGS().minimize(
      from: (0..<dimensions).map { $0 % 2 == 0 ? -1.2 : 1 }
    ) { x in
      evaluations += 1
      var value = 0.0
      var gradient = [Double](repeating: 0, count: dimensions)
      for i in 0..<dimensions - 1 {
        let (a, b) = (x[i + 1] - x[i] * x[i], 1 - x[i])
        value += 100 * a * a + b * b
        gradient[i] += -400 * x[i] * a - 2 * b
        gradient[i + 1] += 200 * a
      }
      return (value, gradient)
    }
    #expect(result.hasConverged)
    #expect(result.point.allSatisfy { abs($0 - 1) < 1e-5 })
    #expect(evaluations == result.evaluations && evaluations < 60 + 20 * dimensions)
  }

  @Test("steps back from where the function is not finite")
  func stepsBackFromWhereTheFunctionIsNotFinite() {
    // -ln x + x has its minimum at one, and no value at or below zero.
    var settings = LimitedMemoryBFGS()
    settings.firstStep = 100
    let result = settings.minimize(from: [5]) { x in
      x[0] > 0 ? (x[0] - log(x[0]), [1 - 1 / x[0]]) : (.nan, [.nan])
    }
    #expect(abs(result.point[0] - 1) < 1e-6)
  }

  @Test("stops within its budget of evaluations") func stopsWithinItsBudgetOfEvaluations() {
    var settings = LimitedMemoryBFGS()
    settings.maximumEvaluations = 7
    let result = settings.minimize(from: [-1.2, 1]) { x in
      let (a, b) = (x[1] - x[0] * x[0], 1 - x[0])
      return (100 * a * a + b * b, [-400 * x[0] * a - 2 * b, 200 * a])
    }
    #expect(result.evaluations <= 7 && !result.hasConverged)
  }
}

@Suite struct SimplexTests {
  @Test("projection is no farther than any other point")
  func projectionIsNoFartherThanAnyOtherPoint() {
    var generator = SeededGenerator(seed: 8)
    let lower = [0.05, 0, 0, 0.1, 0]
    let upper = [0.4, 1, 0.3, 0.35, 0.02]
    for _ in 0..<50 {
      let point = (0..<5).map { _ in generator.normal() }
      let projected = Simplex.projection(of: point, lower: lower, upper: upper)
      #expect(abs(projected.reduce(0, +) - 1) < 1e-12)
      for i in 0..<5 { #expect(projected[i] >= lower[i] && projected[i] <= upper[i]) }
      // First-order optimality: moving weight from j to i, where allowed, never brings it nearer.
      for i in 0..<5 where projected[i] < upper[i] - 1e-9 {
        for j in 0..<5 where projected[j] > lower[j] + 1e-9 {
          #expect((projected[i] - point[i]) - (projected[j] - point[j]) > -1e-9)
        }
      }
    }
  }

  @Test("projection leaves a point of the simplex where it is")
  func projectionLeavesAPointOfTheSimplexWhereItIs() {
    let projected = Simplex.projection(of: [0.2, 0.3, 0.5])
    #expect(zip(projected, [0.2, 0.3, 0.5]).allSatisfy { abs($0 - $1) < 1e-15 })
    #expect(Simplex.projection(of: [5, 0, 0]) == [1, 0, 0])
  }

  @Test("dirichlet draws have the moments of the distribution", arguments: [0.1, 1.0, 3.0])
  func dirichletDrawsHaveTheMomentsOfTheDistribution(concentration: Double) {
    var generator = SeededGenerator(seed: 9)
    let draws = (0..<20_000).map { _ in
      Simplex.dirichlet(parts: 4, concentration: concentration, using: &generator)
    }
    let mean = draws.reduce(0) { $0 + $1[0] } / 20_000
    let square = draws.reduce(0) { $0 + $1[0] * $1[0] } / 20_000
    #expect(abs(mean - 0.25) < 0.01)
    // E w² = (α/kα) (α+1)/(kα+1).
    #expect(abs(square - 0.25 * (concentration + 1) / (4 * concentration + 1)) < 0.01)
  }
}

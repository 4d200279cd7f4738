import MixtureMethods
import Numerics
import Testing

@Suite struct RegressionsTests {
  @Test("a linear one finds its coefficients") func aLinearOneFindsItsCoefficients() {
    let inputs = SobolSequence.simplexPoints(parts: 4, count: 30, seed: 1)
    let coefficients = [3.0, 4, 2.5, 5]
    let found = LinearRegression(inputs, targets: inputs.map { dot($0, coefficients) })
    #expect(zip(found.coefficients, coefficients).allSatisfy { abs($0 - $1) < 1e-4 })
    // With fewer runs than domains it still fits them.
    let few = LinearRegression(Array(inputs.prefix(2)), targets: [3, 4])
    #expect(abs(few(inputs[0]) - 3) < 1e-3 && abs(few(inputs[1]) - 4) < 1e-3)
  }

  /// One stump, against every split tried by hand.
  @Test("one split is the best of all splits") func oneSplitIsTheBestOfAllSplits() {
    var generator = SeededGenerator(seed: 4)
    let inputs = (0..<24).map { _ in (0..<3).map { _ in generator.uniform() } }
    let targets = inputs.map { ($0[1] > 0.4 ? 2.0 : 1.0) + 0.3 * generator.normal() }
    var settings = BoostedTrees.Settings()
    (settings.rounds, settings.shrinkage, settings.leaves) = (1, 1, 2)
    (settings.subsample, settings.folds, settings.leafSize) = (1, 1, 2)
    let tree = BoostedTrees(inputs, targets: targets, settings: settings, seed: 1)
    func error(_ predict: ([Double]) -> Double) -> Double {
      zip(inputs, targets).reduce(0) { $0 + ($1.1 - predict($1.0)) * ($1.1 - predict($1.0)) }
    }
    var best = Double.infinity
    for feature in 0..<3 {
      for threshold in inputs.map({ $0[feature] }) {
        let below = inputs.indices.filter { inputs[$0][feature] <= threshold }
        let above = inputs.indices.filter { inputs[$0][feature] > threshold }
        guard below.count >= 2, above.count >= 2 else { continue }
        let means = [below, above].map { Statistics.mean($0.map { targets[$0] }) }
        best = min(best, error { means[$0[feature] <= threshold ? 0 : 1] })
      }
    }
    #expect(abs(error { tree($0) } - best) < 1e-9)
  }

  /// Their middle may be rounded to the upper one.
  @Test("a split between neighbours among the numbers parts them", arguments: [0.1, 1 / 3.0, 0.7])
  func aSplitBetweenNeighboursAmongTheNumbersPartsThem(start: Double) {
    for low in [start, start.nextUp] {
      let inputs = [low, low, low.nextUp, low.nextUp].map { [$0] }
      var settings = BoostedTrees.Settings()
      (settings.rounds, settings.shrinkage, settings.leaves) = (1, 1, 2)
      (settings.subsample, settings.folds, settings.leafSize) = (1, 1, 2)
      let tree = BoostedTrees(inputs, targets: [1, 1, 2, 2], settings: settings, seed: 1)
      #expect(abs(tree([low]) - 1) < 1e-12 && abs(tree([low.nextUp]) - 2) < 1e-12)
    }
  }

  @Test("trees learn what no line can and their number is chosen")
  func treesLearnWhatNoLineCanAndTheirNumberIsChosen() {
    var generator = SeededGenerator(seed: 2)
    func target(_ x: [Double]) -> Double { abs(x[0] - 0.5) + (x[1] > 0.3 ? 0.5 : 0) }
    let inputs = (0..<400).map { _ in (0..<3).map { _ in generator.uniform() } }
    let trees = BoostedTrees(inputs, targets: inputs.map(target), seed: 1)
    let tests = (0..<200).map { _ in (0..<3).map { _ in generator.uniform() } }
    let error = tests.reduce(0) { $0 + abs(trees($1) - target($1)) } / 200
    #expect(error < 0.03)
    #expect(trees.count > 50)
    // Of noise there is little to learn, so few trees are kept.
    let noise = BoostedTrees(inputs, targets: inputs.map { _ in generator.normal() }, seed: 1)
    #expect(noise.count < 20)
    let again = BoostedTrees(inputs, targets: inputs.map(target), seed: 1)
    #expect(again(tests[0]) == trees(tests[0]))
  }

  @Test("equal targets and single runs give a constant")
  func equalTargetsAndSingleRunsGiveAConstant() {
    let inputs = SobolSequence.simplexPoints(parts: 3, count: 12, seed: 1)
    let constant = BoostedTrees(inputs, targets: inputs.map { _ in 2.5 }, seed: 1)
    #expect(inputs.allSatisfy { constant($0) == 2.5 })
    #expect(BoostedTrees([[0.2, 0.8]], targets: [1.5], seed: 1)([0.9, 0.1]) == 1.5)
  }

  @Test("a simulation keeps the lowest predictions of all that were drawn")
  func aSimulationKeepsTheLowestPredictionsOfAllThatWereDrawn() {
    let model = RegressionModel.linear(LinearRegression([[1, 0], [0, 1]], targets: [1, 2]))
    let few = Simulation(
      count: 500, keeping: 10, concentrations: [1, 1], seed: 3, stream: "s", model: model)
    let all = Simulation(
      count: 500, keeping: 500, concentrations: [1, 1], seed: 3, stream: "s", model: model)
    #expect(all.best.count == 500)
    #expect(few.best == Array(all.best.prefix(10)))
    #expect(zip(all.best, all.best.dropFirst()).allSatisfy { $0[0] >= $1[0] })
    #expect(abs(few.mean.reduce(0, +) - 1) < 1e-12)
  }
}

@Suite struct DescentOnTheSimplexTests {
  @Test("reaches the nearest point of it for the square of a distance")
  func reachesTheNearestPointOfItForTheSquareOfADistance() {
    for target in [[0.2, 0.3, 0.5], [0.9, 0.4, -0.2], [3, -1, -1]] {
      let found = SimplexDescent().minimize(from: [1, 0, 0]) { x in
        let difference = zip(x, target).map { $0 - $1 }
        return (dot(difference, difference), difference.map { 2 * $0 })
      }
      #expect(
        zip(found.point, Simplex.projection(of: target)).allSatisfy { abs($0 - $1) < 1e-8 })
    }
  }

  @Test("ends in the flat valley of a badly scaled function")
  func endsInTheFlatValleyOfABadlyScaledFunction() {
    let scales = [1.0, 100, 10_000]
    let found = SimplexDescent().minimize(from: [0, 0, 1]) { x in
      (zip(x, scales).reduce(0) { $0 + $1.1 * $1.0 * $1.0 }, zip(x, scales).map { 2 * $0 * $1 })
    }
    // Weights go with the inverse of the scales.
    let inverse = scales.map { 1 / $0 }
    let sum = inverse.reduce(0, +)
    #expect(zip(found.point, inverse).allSatisfy { abs($0 - $1 / sum) < 1e-6 })
  }
}

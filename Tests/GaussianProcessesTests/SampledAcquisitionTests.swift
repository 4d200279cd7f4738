import Foundation
import GaussianProcesses
import Mixtures
import Numerics
import Testing

private let base4 = [[0.25, 0.25, 0.25, 0.25], [0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4]]

private let functions: [LossFunction] = [
  LossFunction(
    coefficients: [0, 0, 0], worst: [.init(output: 0, loss: 0.1), .init(output: 2, loss: 0)]),
  LossFunction(
    constant: -1, coefficients: [0.5, 0.5, 0], limits: [.init(output: 2, loss: 3.0)], penalty: 10),
]

/// - Parameter form: of the only member; nil for the ensemble.
private func surrogate(_ form: SurrogateForm? = SurrogateForm(exponent: 0.35)) throws
  -> CompositeSurrogate
{
  let data = Landscape(parts: 4, outputs: 3, seed: 5)
    .data(count: 18, noise: 0.02, seed: 5, form: form)
  let chosen = form.map { SurrogateFit($0, to: data) } ?? SurrogateFit.selected(for: data)
  let fit = try #require(chosen)
  return try #require(CompositeSurrogate(data: data, fit: fit))
}

@Suite struct FunctionOfTheLossesTests {
  @Test("has the value that its formula says") func hasTheValueThatItsFormulaSays() {
    #expect(abs(functions[0].value(of: [3, 9, 2.8]) - 2.9) < 1e-12)
    #expect(abs(functions[0].value(of: [2.7, 9, 2.8]) - 2.8) < 1e-12)
    #expect(abs(functions[1].value(of: [3, 2, 3.25]) - 4) < 1e-12)
    #expect(abs(functions[1].value(of: [3, 2, 2.9]) - 1.5) < 1e-12)
  }

  /// A sum drawn like the others agrees with what is known of it exactly.
  @Test("is drawn as its posterior is", arguments: forms as [SurrogateForm?] + [nil])
  func isDrawnAsItsPosteriorIs(form: SurrogateForm?) throws {
    let surrogate = try surrogate(form)
    let sum = LossFunction(coefficients: [0.4, 0.3, 0.3])
    let points = [[0.3, 0.3, 0.2, 0.2], [0.05, 0.05, 0.1, 0.8], base4[1]]
    let samples = try #require(
      JointSamples(surrogate, sum, base: base4, draws: 2048, seed: 3))
    let exact = try #require(
      JointObjective(surrogate, coefficients: sum.coefficients, base: base4)
    ).values(at: points)
    for (x, draws) in samples.values(at: points).enumerated() {
      let deviation = exact.variances[x].squareRoot()
      #expect(abs(Statistics.mean(draws) - exact.means[x]) < 0.1 * deviation + 1e-6)
      #expect(
        abs(Statistics.variance(draws)!.squareRoot() - deviation) < 0.12 * deviation + 1e-6)
      for (i, other) in samples.baseValues.enumerated() {
        let center = Statistics.mean(other)
        let covariance =
          zip(draws, other).reduce(0) { $0 + ($1.0 - Statistics.mean(draws)) * ($1.1 - center) }
          / Double(draws.count)
        let size = deviation * Statistics.variance(other)!.squareRoot()
        #expect(abs(covariance - exact.covariances[i, x]) < 0.12 * size + 1e-9)
      }
    }
    // At a base mixture each draw is the draw there.
    let again = samples.values(at: [base4[1]])[0]
    #expect(zip(again, samples.baseValues[1]).allSatisfy { abs($0 - $1) < 2e-5 })
  }

  @Test("is predicted as brute force says", arguments: functions) func isPredictedAsBruteForceSays(
    function: LossFunction
  ) throws {
    let surrogate = try surrogate()
    var generator = SeededGenerator(seed: 4)
    let points = [[0.3, 0.3, 0.2, 0.2], [0.05, 0.05, 0.1, 0.8]]
    let draws = try #require(surrogate.samples(at: points, count: 20_000, using: &generator))
    for (x, prediction) in surrogate.values(of: function, at: points).enumerated() {
      let values = draws.map { function.value(of: $0[x]) }
      let deviation = Statistics.variance(values)!.squareRoot()
      #expect(abs(prediction.mean - Statistics.mean(values)) < 0.05 * deviation)
      #expect(abs(prediction.deviation - deviation) < 0.1 * deviation)
    }
  }
}

@Suite struct ExpectedImprovementByDrawsTests {
  @Test(
    "slopes as finite differences do", arguments: functions,
    [(0.35, false), (0.2, false), (0.2, true)])
  func slopesAsFiniteDifferencesDo(
    function: LossFunction, setting: (exponent: Double, isEnsemble: Bool)
  ) throws {
    let exponent = setting.exponent
    let surrogate =
      setting.isEnsemble ? try surrogate(nil) : try surrogate()
    let samples = try #require(JointSamples(surrogate, function, base: base4, seed: 3))
    let acquisitions: [any Acquisition] = [SampledImprovement(samples), SampledMean(samples)]
    for acquisition in acquisitions {
      // Off the simplex as well: z moves alone.
      func values(_ z: [[Double]]) -> (values: [Double], gradients: Matrix) {
        acquisition.evaluate(
          at: EmbeddedMixtures(
            z.map { $0.map { pow($0, 1 / exponent) } }, parts: 4, exponent: exponent))
      }
      let points = [[0.31, 0.28, 0.22, 0.19], [0.06, 0.05, 0.1, 0.79], [0.2, 0.5, 0.2, 0.1]].map {
        $0.map { pow($0, exponent) }
      }
      let (_, gradients) = values(points)
      for (x, point) in points.enumerated() {
        for j in 0..<4 {
          func moved(_ step: Double) -> [Double] {
            point.enumerated().map { $0.offset == j ? $0.element + step : $0.element }
          }
          // A limit bends each draw somewhere, hardly ever between the ends of a short step; a long step rounds less.
          let differences = [2e-5, 2e-6, 4e-7].map { h in
            let f = values([moved(h), moved(-h), moved(2 * h), moved(-2 * h)]).values
            return (8 * (f[0] - f[1]) - (f[2] - f[3])) / (12 * h)
          }
          let errors = differences.map { relativeDifference(gradients[j, x], $0) }
          #expect(errors.min()! < 1e-5, "\(errors)")
        }
      }
    }
  }

  @Test("agrees with brute force", arguments: functions) func agreesWithBruteForce(
    function: LossFunction
  ) throws {
    let surrogate = try surrogate()
    let samples = try #require(
      JointSamples(surrogate, function, base: base4, draws: 4096, seed: 3))
    let acquisition = SampledImprovement(samples)
    let pool = SobolSequence.simplexPoints(parts: 4, count: 64, seed: 2)
    let scores = acquisition.values(at: pool)
    let candidate = pool[scores.indices.max { scores[$0] < scores[$1] }!]
    var generator = SeededGenerator(seed: 21)
    let draws = try #require(
      surrogate.samples(at: base4 + [candidate], count: 40_000, using: &generator))
    let gains = draws.map { draw in
      let values = draw.map { function.value(of: $0) }
      return max(values[..<3].min()! - values[3], 0)
    }
    let error = (Statistics.variance(gains)! / Double(gains.count)).squareRoot()
    let mean = Statistics.mean(gains)
    #expect(abs(exp(scores.max()!) - mean) < 4 * error + 0.04 * mean)
  }
}

@Suite struct SearchUnderConstraintsTests {
  private static let names = ["d0", "d1", "d2"]

  private func feasible(_ texts: [String], _ names: [String] = names) throws -> FeasibleMixtures {
    try FeasibleMixtures(
      texts.map { try MixtureConstraint(parsing: $0) }, domains: names,
      availableTokens: names.map { _ in 100 }, trainingTokens: 100)
  }

  @Test(
    "finds what an exhaustive search finds",
    arguments: [
      ["d0<=0.2"], ["d0=0.25"], ["d1>=0.5", "d0+d2>=0.3"], ["domains<=2"], ["d0+d1=0.35"],
      ["domains<=1"],
    ], [0.25, 0.5, 1])
  func findsWhatAnExhaustiveSearchFinds(texts: [String], exponent: Double) throws {
    let feasible = try feasible(texts)
    let data = Landscape(parts: 3, outputs: 2, seed: 8).data(count: 12, noise: 0.02, seed: 8)
    let form = SurrogateForm(exponent: exponent)
    let fit = try #require(SurrogateFit(form, to: data))
    let surrogate = try #require(CompositeSurrogate(data: data, fit: fit))
    let joint = try #require(
      JointObjective(
        surrogate, coefficients: [0.5, 0.5], base: [[0.3, 0.3, 0.4], [0.2, 0.4, 0.4]]))
    let acquisition = try #require(NoisyExpectedImprovement(joint, seed: 1))
    var search = MixtureSearch()
    search.candidates = 128
    let found = search.maxima(
      over: feasible, exponent: exponent, incumbents: [feasible.nearest(to: [0.3, 0.3, 0.4])],
      seed: 1, score: { acquisition.values(at: $0) }, evaluate: { acquisition.evaluate(at: $0) })
    let steps = 100
    let grid = (0...steps).flatMap { i in
      (0...(steps - i)).map { j in
        [i, j, steps - i - j].map { Double($0) / Double(steps) }
      }
    }.filter { feasible.contains($0) }
    #expect(!grid.isEmpty)
    let best = acquisition.values(at: grid).max()!
    #expect(found[0].value > best - 2e-3)
    for (mixture, _) in found { #expect(feasible.contains(mixture, tolerance: 1e-9)) }
  }

  /// A concave function whose constrained maximum the projection gives.
  @Test("ends near the nearest feasible mixture", arguments: [0.35, 0.5, 1])
  func endsNearTheNearestFeasibleMixture(exponent: Double) throws {
    let names = (0..<8).map { "d\($0)" }
    let feasible = try feasible(
      ["d0<=0.15", "d1+d2=0.2..0.3", "d3=0.05", "d4+d5+d6>=0.35", "d1<=0.2"], names)
    var generator = SeededGenerator(seed: 3)
    for _ in 0..<6 {
      let goal = (0..<8).map { _ in 0.125 + 0.3 * generator.normal() }
      func value(_ w: [Double]) -> Double {
        -zip(w, goal).reduce(0) { $0 + pow($1.0 - $1.1, 2) }
      }
      let expected = try feasible.polytope.projection(of: goal)
      var search = MixtureSearch()
      search.candidates = 40
      search.evaluations = 150
      let found = search.maxima(
        over: feasible, exponent: exponent, incumbents: [], seed: 2, score: { $0.map(value) },
        evaluate: { points in
          var gradient = Matrix(rows: 8, columns: points.count)
          for x in 0..<points.count {
            for j in 0..<8 {
              let w = points.weights[j, x]
              gradient[j, x] =
                -2 * (w - goal[j]) * pow(max(w, 0), 1 - exponent) / exponent
            }
          }
          return ((0..<points.count).map { value(points.weights.column($0)) }, gradient)
        })
      // A square of the distance of .01: at most a tenth of the weight elsewhere. Ascents through many
      // walls at once come no nearer in their evaluations.
      #expect(found[0].value > value(expected) - 0.01)
      #expect(feasible.contains(found[0].mixture, tolerance: 1e-9))
    }
  }
}

@Suite struct KnowledgeGradientTests {
  @Test("agrees with brute force") func agreesWithBruteForce() {
    var generator = SeededGenerator(seed: 2)
    for count in [1, 2, 5, 14] {
      let means = (0..<count).map { _ in 0.5 * generator.normal() }
      let slopes = (0..<count).map { _ in generator.normal() }
      // Simpson's rule over the normal density.
      let lowest = means.min()!
      var integral = 0.0
      let steps = 20_000
      for i in 0...steps {
        let z = -9 + 18 * Double(i) / Double(steps)
        let low = zip(means, slopes).reduce(.infinity) { min($0, $1.0 + $1.1 * z) }
        let factor = i == 0 || i == steps ? 1.0 : (i % 2 == 1 ? 4 : 2)
        integral += factor * (lowest - low) * Normal.density(z)
      }
      integral *= 18 / Double(steps) / 3
      let gain = KnowledgeGradient.gain(means: means, slopes: slopes)
      #expect(abs(gain - integral) < 1e-6)
      if count == 1 { #expect(gain == 0) }
    }
    #expect(KnowledgeGradient.gain(means: [1, 1, 2], slopes: [0.3, 0.3, 0.3]) == 0)
    // What could only be the lowest beyond all reason is left out.
    #expect(KnowledgeGradient.gain(means: [1, 3], slopes: [0.1, 0]) == 0)
    #expect(KnowledgeGradient.gain(means: [1, 1.1], slopes: [0.1, 0]) > 0)
  }
}

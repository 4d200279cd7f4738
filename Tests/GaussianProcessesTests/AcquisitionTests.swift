import Foundation
import GaussianProcesses
import Mixtures
import Numerics
import Testing

private func acquisition(
  _ form: SurrogateForm?, parts: Int, base: [[Double]], noise: Double = 0.03,
  pull: MixturePull? = nil
) throws -> NoisyExpectedImprovement {
  let outputs = form?.priors == .gamma ? 1 : 3
  let data = Landscape(parts: parts, outputs: outputs, seed: 11)
    .data(count: 14, noise: noise, seed: 11, form: form)
  let chosen = form.map { SurrogateFit($0, to: data) } ?? SurrogateFit.selected(for: data)
  let fit = try #require(chosen)
  let surrogate = try #require(CompositeSurrogate(data: data, fit: fit))
  let joint = try #require(
    JointObjective(
      surrogate, coefficients: outputs == 1 ? [1] : [0.5, 0.2, 0.3], base: base, pull: pull))
  return try #require(NoisyExpectedImprovement(joint, draws: 256, seed: 4))
}

private let base4 = [[0.3, 0.3, 0.2, 0.2], [0.5, 0.2, 0.2, 0.1], [0.1, 0.3, 0.3, 0.3]]

@Suite struct NoisyExpectedImprovementTests {
  @Test(
    "slopes as finite differences do, with a pull too",
    arguments: forms as [SurrogateForm?] + [nil],
    [nil, MixturePull(toward: [0.1, 0.2, 0.3, 0.4], strength: 0.3)])
  func slopesAsFiniteDifferencesDo(form: SurrogateForm?, pull: MixturePull?) throws {
    let acquisition = try acquisition(form, parts: 4, base: base4, pull: pull)
    let e = acquisition.posterior.surrogate.exponent
    for start in [[0.4, 0.3, 0.2, 0.1], [0.05, 0.15, 0.75, 0.05], [0.2, 0.35, 0.25, 0.2]] {
      let found = acquisition.evaluate(
        at: EmbeddedMixtures([start], parts: 4, exponent: e))
      #expect(abs(found.values[0] - acquisition.values(at: [start])[0]) < 1e-9)
      for (i, j) in [(0, 1), (2, 3), (1, 2)] {
        // Along the simplex: weight moves from j to i.
        let h = 1e-4
        func value(_ step: Double) -> Double {
          var w = start
          w[i] += step
          w[j] -= step
          return acquisition.values(at: [w])[0]
        }
        let difference =
          (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
        func total(_ d: Int) -> Double {
          found.gradients[d, 0] * e * pow(start[d], e - 1)
        }
        #expect(relativeDifference(total(i) - total(j), difference) < 1e-6)
      }
    }
  }

  @Test("agrees with brute force Monte Carlo") func agreesWithBruteForceMonteCarlo() throws {
    let acquisition = try acquisition(nil, parts: 4, base: base4)
    let surrogate = acquisition.posterior.surrogate
    // Where the acquisition is largest, so that Monte Carlo sees improvements at all.
    let pool = SobolSequence.simplexPoints(parts: 4, count: 64, seed: 8)
    let values = acquisition.values(at: pool)
    let order = pool.indices.sorted { values[$0] > values[$1] }
    for candidate in [pool[order[0]], pool[order[3]]] {
      let joint = try #require(
        JointObjective(
          surrogate, coefficients: acquisition.posterior.coefficients, base: base4 + [candidate]))
      let factor = try #require(Cholesky(factoring: joint.baseCovariance)).factor
      var generator = SeededGenerator(seed: 21)
      var sum = 0.0
      var squares = 0.0
      let draws = 400_000
      for _ in 0..<draws {
        let deviations = factor.times((0..<4).map { _ in generator.normal() })
        let values = (0..<4).map { joint.baseMeans[$0] + deviations[$0] }
        let gain = max(values[..<3].min()! - values[3], 0)
        sum += gain
        squares += gain * gain
      }
      let mean = sum / Double(draws)
      let error = ((squares / Double(draws) - mean * mean) / Double(draws)).squareRoot()
      let found = exp(acquisition.values(at: [candidate])[0])
      // 256 quasi-random draws of the base are good to about 1 %.
      #expect(abs(found - mean) < 4 * error + 0.015 * mean)
    }
  }

  @Test("expects nothing of a mixture that is already tried or pending")
  func expectsNothingOfAMixtureThatIsAlreadyTriedOrPending() throws {
    let pending = [0.4, 0.3, 0.2, 0.1]
    let without = try acquisition(SurrogateForm(), parts: 4, base: base4)
    let with = try acquisition(SurrogateForm(), parts: 4, base: base4 + [pending])
    #expect(with.values(at: [pending])[0] < without.values(at: [pending])[0] - 4)
    #expect(with.values(at: [base4[0]])[0] < with.values(at: [[0.2, 0.5, 0.2, 0.1]])[0] - 4)
  }
}

@Suite struct SearchOverMixturesTests {
  @Test("finds what an exhaustive search finds", arguments: [0.25, 0.5, 1])
  func findsWhatAnExhaustiveSearchFinds(exponent: Double) throws {
    let form = SurrogateForm(exponent: exponent)
    let acquisition = try acquisition(
      form, parts: 3, base: [[0.3, 0.3, 0.4], [0.5, 0.25, 0.25], [0.2, 0.4, 0.4]])
    let found = MixtureSearch().maxima(
      over: simplex(3), exponent: exponent, incumbents: [[0.3, 0.3, 0.4]], seed: 1,
      score: { acquisition.values(at: $0) }, evaluate: { acquisition.evaluate(at: $0) })
    let steps = 140
    let grid = (0...steps).flatMap { i in
      (0...(steps - i)).map { j in
        [i, j, steps - i - j].map { Double($0) / Double(steps) }
      }
    }
    let best = acquisition.values(at: grid).max()!
    #expect(found[0].value > best - 1e-3)
    #expect(abs(found[0].mixture.reduce(0, +) - 1) < 1e-12)
    #expect(abs(acquisition.values(at: [found[0].mixture])[0] - found[0].value) < 1e-9)
  }

  /// A concave function whose maximum over the simplex is known, at a point with zeros or in a corner.
  @Test(
    "reaches faces and corners",
    arguments: [
      ([0.5, 0.3, 0.2, 0], 0.5), ([1, 0, 0, 0], 0.5), ([0.25, 0.25, 0.25, 0.25], 0.25),
      ([0.6, 0.4, 0, 0], 1),
    ] as [([Double], Double)])
  func reachesFacesAndCorners(target: [Double], exponent: Double) {
    // Pulled beyond the faces on which the target lies.
    let goal = target.map { $0 > 0 ? $0 : -0.3 }
    func value(_ w: [Double]) -> Double { -zip(w, goal).reduce(0) { $0 + pow($1.0 - $1.1, 2) } }
    let expected = Simplex.projection(of: goal)
    var search = MixtureSearch()
    search.candidates = 40
    search.evaluations = 150
    let found = search.maxima(
      over: simplex(4), exponent: exponent, incumbents: [], seed: 2, score: { $0.map(value) },
      evaluate: { points in
        var gradient = Matrix(rows: 4, columns: points.count)
        for x in 0..<points.count {
          for j in 0..<4 { gradient[j, x] = -2 * (points.weights[j, x] - goal[j]) }
        }
        return (
          (0..<points.count).map { value(points.weights.column($0)) },
          gradient
        )
      })
    #expect(zip(found[0].mixture, expected).allSatisfy { abs($0 - $1) < 2e-3 })
  }

  @Test("handles one domain and twenty") func handlesOneDomainAndTwenty() {
    let one = MixtureSearch().maxima(
      over: simplex(1), exponent: 0.5, incumbents: [], seed: 0, score: { $0.map { _ in 3 } },
      evaluate: { _ in fatalError("one domain leaves nothing to search") })
    #expect(one.map(\.mixture) == [[1]])
    let pool = MixtureSearch().pool(
      over: simplex(20), exponent: 0.5, incumbents: [[Double](repeating: 0.05, count: 20)], seed: 0)
    #expect(pool.count > 1500)
    #expect(pool.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-9 && $0.allSatisfy { $0 >= 0 } })
  }
}

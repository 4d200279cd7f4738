import Foundation
import GaussianProcesses
import Mixtures
import Numerics
import Testing

private func surrogate(
  _ form: SurrogateForm?, parts: Int = 4, outputs: Int = 3, count: Int = 18, noise: Double = 0.02,
  diverged: [[Double]] = []
) throws -> CompositeSurrogate {
  let data = Landscape(parts: parts, outputs: outputs, seed: 7)
    .data(count: count, noise: noise, seed: 7, diverged: diverged, form: form)
  let chosen = form.map { SurrogateFit($0, to: data) } ?? SurrogateFit.selected(for: data)
  let fit = try #require(chosen)
  return try #require(CompositeSurrogate(data: data, fit: fit))
}

private let probes = [
  [0.1, 0.2, 0.3, 0.4], [0, 0, 1, 0], [0.5, 0.5, 0, 0], [0.97, 0.01, 0.01, 0.01],
]

@Suite struct CompositeSurrogateTests {
  @Test("agrees with a direct dense solve", arguments: forms)
  func agreesWithADirectDenseSolve(form: SurrogateForm) throws {
    let surrogate = try surrogate(form)
    let inputs = surrogate.inputs[0]
    let points = surrogate.embedded(probes, member: 0)
    for model in surrogate.models {
      // Gauss–Jordan on K + noise, with nothing of Cholesky's.
      var k = model.kernel.covariance(inputs, inputs).values
      let n = k.rows
      for i in 0..<n { k[i, i] += model.hyperparameters.noiseVariance }
      let inverse = gaussJordanInverse(k)
      let cross = model.kernel.covariance(inputs, points).values
      let (means, variances) = model.marginals(at: points, inputs: inputs)
      let prior = model.kernel.variances(points)
      for x in probes.indices {
        let column = cross.column(x)
        let solved = inverse.times(column)
        #expect(abs(means[x] - dot(solved, model.outcomes)) < 1e-6)
        #expect(abs(variances[x] - (prior[x] - dot(solved, column))) < 1e-6)
      }
      let own = model.kernel.covariance(points, points).values
      for x in probes.indices { #expect(abs(own[x, x] - prior[x]) < 1e-10) }
    }
  }

  @Test("leaves one out as conditioning on the others does", arguments: forms)
  func leavesOneOutAsConditioningOnTheOthersDoes(form: SurrogateForm) throws {
    let surrogate = try surrogate(form)
    let inputs = surrogate.inputs[0]
    for model in surrogate.models {
      let (means, variances) = model.leaveOneOut()
      for i in [0, 5, 17] {
        let others = Array(0..<18).filter { $0 != i }
        let smaller = try #require(
          OutputModel(
            form: form, hyperparameters: model.hyperparameters, inputs: inputs.subset(others),
            outcomes: others.map { model.outcomes[$0] }, extraNoise: others.map { _ in 0 },
            location: model.location, scale: model.scale, output: model.output))
        let (mean, variance) = smaller.marginals(
          at: inputs.subset([i]), inputs: inputs.subset(others))
        #expect(abs(mean[0] - means[i]) < 1e-6)
        #expect(abs(variance[0] + model.hyperparameters.noiseVariance - variances[i]) < 1e-6)
      }
    }
  }

  @Test("weighted sums vary as joint draws do") func weightedSumsVaryAsJointDrawsDo() throws {
    let surrogate = try surrogate(nil, count: 12)
    let coefficients = [0.5, 0.3, 0.2]
    var generator = SeededGenerator(seed: 3)
    let draws = try #require(surrogate.samples(at: probes, count: 20_000, using: &generator))
    let joint = try #require(
      JointObjective(surrogate, coefficients: coefficients, base: probes))
    let sums = draws.map { draw in draw.map { dot(coefficients, $0) } }
    let means = probes.indices.map { x in sums.reduce(0) { $0 + $1[x] } / 20_000 }
    let predictions = surrogate.weightedSum(coefficients, at: probes)
    for x in probes.indices {
      #expect(abs(predictions[x].mean - joint.baseMeans[x]) < 1e-9)
      #expect(
        abs(predictions[x].deviation - joint.baseCovariance[x, x].squareRoot())
          < 0.1 * predictions[x].deviation)
      // To the first order in which losses are called normal.
      #expect(abs(predictions[x].mean - means[x]) < 0.05 * predictions[x].deviation)
      for y in probes.indices {
        let covariance =
          sums.reduce(0) { $0 + ($1[x] - means[x]) * ($1[y] - means[y]) } / 20_000
        let scale = predictions[x].deviation * predictions[y].deviation
        #expect(abs(covariance - joint.baseCovariance[x, y]) < 0.06 * scale)
      }
    }
  }

  @Test("where members disagree the variance is theirs and that of their means")
  func whereMembersDisagreeTheVarianceIsTheirsAndThatOfTheirMeans() throws {
    let data = Landscape(parts: 4, outputs: 3, seed: 7).data(count: 12, noise: 0.02, seed: 7)
    let fit = try #require(SurrogateFit.selected(for: data))
    let whole = try #require(CompositeSurrogate(data: data, fit: fit))
    let members = try fit.members.map {
      try #require(CompositeSurrogate(data: data, fit: SurrogateFit(members: [$0])))
    }
    let coefficients = [0.5, 0.3, 0.2]
    let predictions = whole.weightedSum(coefficients, at: probes)
    let parts = members.map { $0.weightedSum(coefficients, at: probes) }
    for x in probes.indices {
      let means = parts.map { $0[x].mean }
      let mean = Statistics.mean(means)
      let spread =
        means.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(members.count)
      // The mean of a lognormal variable moves with the factor of its variance.
      #expect(abs(predictions[x].mean - mean) < 0.01 * predictions[x].deviation)
      #expect(pow(predictions[x].deviation, 2) > 0.98 * spread)
      let largest = parts.map { pow($0[x].deviation, 2) }.max()!
      #expect(pow(predictions[x].deviation, 2) < 1.1 * (largest * whole.varianceFactor + spread))
    }
    // Of a difference as well, which is where acquisitions and reports look.
    let change = try #require(
      whole.change(
        over: [(probes[0], probes[2])], in: LossFunction(coefficients: coefficients)))
    let apart = parts.map { $0[2].mean - $0[0].mean }
    let middle = Statistics.mean(apart)
    let spread = apart.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / Double(members.count)
    #expect(pow(change.function.deviation, 2) > 0.98 * spread)
  }

  @Test("predicts what it has not seen within its intervals")
  func predictsWhatItHasNotSeenWithinItsIntervals() throws {
    let landscape = Landscape(parts: 4, outputs: 3, seed: 7)
    let surrogate = try surrogate(nil, count: 40, noise: 0.005)
    let tests = SobolSequence.simplexPoints(parts: 4, count: 200, seed: 99)
    let predictions = surrogate.weightedSum([1, 1, 1], at: tests)
    let truths = tests.map { landscape.losses($0).reduce(0, +) }
    let mean = truths.reduce(0, +) / 200
    let spread = truths.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let errors = zip(predictions, truths).reduce(0) { $0 + pow($1.0.mean - $1.1, 2) }
    #expect((errors / spread).squareRoot() < 0.12)
    let covered = zip(predictions, truths).filter { $0.interval.contains($1) }.count
    #expect(covered > 170)
  }

  @Test("takes a diverged run for no more than it tells")
  func takesADivergedRunForNoMoreThanItTells() throws {
    let bad = [0.05, 0.05, 0.05, 0.85]
    let data = Landscape(parts: 4, outputs: 3, seed: 7).data(count: 18, noise: 0.02, seed: 7)
    let fit = try #require(SurrogateFit(SurrogateForm(), to: data))
    let far = [0.4, 0.4, 0.1, 0.1]
    func losses(_ diverged: [[Double]]) throws -> [[Prediction]] {
      var data = data
      data.diverged = diverged
      return try #require(CompositeSurrogate(data: data, fit: fit)).losses(at: [bad, far])
    }
    let before = try losses([])
    let after = try losses([bad])
    var others: [[Double]] = []
    for step in 0..<6 {
      let shift = 0.002 * Double(step)
      others.append([0.05, 0.04 + shift, 0.05, 0.86 - shift])
    }
    let many = try losses(others)
    for d in 0..<3 {
      // It is worse than was thought, by less than was in doubt; several say more than one.
      #expect(after[0][d].mean >= before[0][d].mean)
      #expect(after[0][d].mean - before[0][d].mean < 0.6 * before[0][d].deviation)
      #expect(many[0][d].mean >= after[0][d].mean)
      #expect(abs(after[1][d].mean - before[1][d].mean) < 0.2 * before[0][d].deviation)
    }
  }

  @Test("a difference of neighbours is surer than either")
  func aDifferenceOfNeighboursIsSurerThanEither() throws {
    let surrogate = try surrogate(SurrogateForm(), count: 12)
    let (start, end) = ([0.25, 0.25, 0.25, 0.25], [0.26, 0.24, 0.25, 0.25])
    let change = try #require(
      surrogate.change(
        over: [(start, end)], in: LossFunction(coefficients: [0.4, 0.3, 0.3])))
    let sums = surrogate.weightedSum([0.4, 0.3, 0.3], at: [start, end])
    #expect(abs(change.function.mean - (sums[1].mean - sums[0].mean)) < 1e-9)
    #expect(change.function.deviation < 0.5 * sums[0].deviation)
  }

  @Test("chances of being best add up and favour the better")
  func chancesOfBeingBestAddUpAndFavourTheBetter() throws {
    let surrogate = try surrogate(SurrogateForm(), count: 30)
    let chances = try #require(
      surrogate.chances(
        of: probes, in: LossFunction(coefficients: [0.4, 0.3, 0.3]),
        feasible: .all(over: ["a", "b", "c", "d"]), seed: 1))
    #expect(abs(chances.reduce(0) { $0 + $1.probabilityOfBest } - 1) < 1e-12)
    let means = surrogate.weightedSum([0.4, 0.3, 0.3], at: probes).map(\.mean)
    let best = means.indices.min { means[$0] < means[$1] }!
    #expect(chances[best].probabilityOfBest == chances.map(\.probabilityOfBest).max()!)
    #expect(chances.allSatisfy { $0.expectedRegret >= 0 })
  }

  @Test("selection is deterministic and its forms fit better than raw weights")
  func selectionIsDeterministicAndItsFormsFitBetterThanRawWeights() throws {
    let data = Landscape(parts: 4, outputs: 3, seed: 2).data(count: 32, noise: 0.01, seed: 2)
    let first = try #require(SurrogateFit.selected(for: data))
    let second = try #require(SurrogateFit.selected(for: data))
    #expect(first.members.map(\.logs) == second.members.map(\.logs))
    let raw = try #require(SurrogateFit(.rawWeights, to: data))
    #expect(first.members.allSatisfy { $0.evidence > raw.members[0].evidence })
  }
}

private func gaussJordanInverse(_ matrix: Matrix) -> Matrix {
  let n = matrix.rows
  var a = matrix
  var inverse = Matrix.identity(n)
  for column in 0..<n {
    let pivot = (column..<n).max { abs(a[$0, column]) < abs(a[$1, column]) }!
    for j in 0..<n {
      (a[column, j], a[pivot, j]) = (a[pivot, j], a[column, j])
      (inverse[column, j], inverse[pivot, j]) = (inverse[pivot, j], inverse[column, j])
    }
    let factor = 1 / a[column, column]
    for j in 0..<n {
      a[column, j] *= factor
      inverse[column, j] *= factor
    }
    for i in 0..<n where i != column {
      let multiple = a[i, column]
      for j in 0..<n {
        a[i, j] -= multiple * a[column, j]
        inverse[i, j] -= multiple * inverse[column, j]
      }
    }
  }
  return inverse
}

import Foundation
import Mixtures
import Numerics

/// The objective at the target over some mixtures, jointly, as far as it tells them apart: less its mean over
/// all of them, as what they share does not matter for which is the best. And what runs would tell of it.
package struct TargetBelief: Sendable {
  package let surrogate: ScaleSurrogate
  package let function: LossFunction
  package let mixtures: [[Double]]
  /// The objective at each mixture, p.
  package let means: [Double]
  /// Of the objective less its mean over the mixtures, (p, p).
  package let contrasts: Matrix
  private let queries: [ScaleQuery]

  package init(_ surrogate: ScaleSurrogate, _ function: LossFunction, mixtures: [[Double]]) {
    precondition(!mixtures.isEmpty, "expected a mixture")
    self.surrogate = surrogate
    self.function = function
    self.mixtures = mixtures
    queries = surrogate.targetQueries(mixtures)
    let joint = surrogate.joint(function, at: queries)
    means = joint.means
    contrasts = Self.centered(joint.covariance)
  }

  /// Rows and columns less their means.
  static func centered(_ matrix: Matrix) -> Matrix {
    let n = matrix.rows
    var result = matrix
    let sums = (0..<n).map { j in (0..<n).reduce(0) { $0 + matrix[$1, j] } / Double(n) }
    let total = sums.reduce(0, +) / Double(n)
    for j in 0..<n { for i in 0..<n { result[i, j] += total - sums[i] - sums[j] } }
    return result
  }

  // MARK: The best

  /// The mixture of the lowest expected objective.
  package var best: Int { means.indices.min { (means[$0], $0) < (means[$1], $1) }! }

  /// How much the first is expected to be above the second.
  package func difference(_ a: Int, _ b: Int) -> Prediction {
    Prediction(
      mean: means[a] - means[b],
      deviation: max(contrasts[a, a] + contrasts[b, b] - 2 * contrasts[a, b], 0).squareRoot())
  }

  /// Joint draws of the objective at the mixtures, less what they share: [draw][mixture].
  package func draws(_ count: Int, seed: UInt64) -> [[Double]]? {
    guard mixtures.count > 1 else { return (0..<count).map { _ in means } }
    guard let factor = Cholesky(factoring: contrasts)?.factor else { return nil }
    var generator = SeededGenerator(seed: seed, stream: "target draws")
    let normals = Matrix(
      rows: mixtures.count, columns: count,
      elements: (0..<mixtures.count * count).map { _ in generator.normal() })
    let deviations = factor.times(normals)
    return (0..<count).map { draw in
      means.indices.map { means[$0] + deviations[$0, draw] }
    }
  }

  /// How likely each mixture is the best of all, and what it is expected to lose against the best, by draws whose
  /// deviations are those of contenders: ``ScaleSurrogate/VarianceFactors/contender``.
  package func chances(
    draws count: Int = 512, seed: UInt64
  ) -> [(probabilityOfBest: Double, expectedRegret: Double)]? {
    guard let draws = draws(count, seed: seed) else { return nil }
    var result = means.map { _ in (probabilityOfBest: 0.0, expectedRegret: 0.0) }
    for draw in draws {
      let draw = surrogate.fit.factors.contended(draw, means: means)
      let best = draw.indices.min { (draw[$0], $0) < (draw[$1], $1) }!
      result[best].probabilityOfBest += 1 / Double(count)
      for i in draw.indices { result[i].expectedRegret += (draw[i] - draw[best]) / Double(count) }
    }
    return result
  }

  // MARK: What runs would tell

  /// A measurement that could be made of one of the mixtures.
  package struct Probe: Sendable, Hashable {
    /// Index among the mixtures.
    package var mixture: Int
    /// The run of the data that goes on; nil for a new one.
    package var run: Int?

    package init(mixture: Int, run: Int? = nil) {
      self.mixture = mixture
      self.run = run
    }
  }

  /// By how much the lowest expected objective over the mixtures would fall, on average, for a measurement at each of
  /// some fidelities: its knowledge gradient, a mean over the draws of the hyperparameters.
  ///
  /// What all mixtures share at a fidelity is taken as known, though a first run there cannot tell its mixture from it:
  /// others follow.
  ///
  /// - Parameter probes: of each cell, different mixtures.
  /// - Returns: [cell][probe].
  package func gains(of probes: [(cell: ScaleCell, probes: [Probe])]) -> [[Double]] {
    guard mixtures.count > 1 else { return probes.map { $0.probes.map { _ in 0 } } }
    var result = probes.map { $0.probes.map { _ in 0.0 } }
    let inputs = surrogate.inputs(queries)
    let factor = surrogate.stretch * surrogate.fit.factors.contrast.squareRoot()
    var gradient = KnowledgeGradient(means: means)
    for (share, model) in zip(surrogate.shares, surrogate.models) {
      let blocks = model.blocks(inputs.mixtures)
      let target = model.posterior(inputs, isJoint: true, blocks: blocks)
      let targetSlopes = target.linearized(surrogate.fit, function, queries).slopes
      for (c, group) in probes.enumerated() where !group.probes.isEmpty {
        var slopes = moves(group, model, inputs, blocks, target, targetSlopes)
        for at in slopes.elements.indices { slopes.elements[at] *= factor }
        for p in group.probes.indices {
          result[c][p] += share * gradient.gain(slopes: slopes, column: p)
        }
      }
    }
    return result
  }

  /// What a deviation of each probe moves the contrasts by, (mixture, probe).
  private func moves(
    _ group: (cell: ScaleCell, probes: [Probe]), _ model: ScaleModel, _ inputs: ScaleInputs,
    _ blocks: ScaleModel.Blocks, _ target: ScaleModel.Posterior, _ targetSlopes: Matrix
  ) -> Matrix {
    let isOfRuns = surrogate.data.target.isOfRuns
    let count = mixtures.count
    // All mixtures at that fidelity, with the runs of those that are asked about.
    var runs = [Int?](repeating: nil, count: count)
    for probe in group.probes {
      // A new run of the target's size is the one that the mixture is judged by.
      runs[probe.mixture] =
        probe.run
        ?? (isOfRuns && group.cell.size == 0
          ? queries[probe.mixture].run : surrogate.data.count + count + probe.mixture)
    }
    let asked = (0..<count).map {
      ScaleQuery(weights: mixtures[$0], cell: group.cell, run: runs[$0])
    }
    var there = ScaleInputs(
      mixtures: inputs.mixtures, cells: [group.cell],
      points: (0..<count).map {
        .init(mixture: inputs.points[$0].mixture, cell: 0, run: runs[$0])
      })
    var blocks: ScaleModel.Blocks? = blocks
    if surrogate.fit.repetition != nil, group.cell.length != 0 {
      // What repeats at one length does not at another.
      there = surrogate.inputs(asked)
      if there.mixtures.weights != inputs.mixtures.weights { blocks = nil }
    }
    let here = model.posterior(there, isJoint: true, blocks: blocks)
    let hereSlopes = here.linearized(surrogate.fit, function, asked).slopes
    let explained = target.solved.times(here.solved, transposingSelf: true)
    var cross = model.kernel.covariance(inputs, there, weights: blocks?.own) - explained
    let crossFactors = model.factors(targetSlopes, hereSlopes)
    for at in cross.elements.indices { cross.elements[at] *= crossFactors.elements[at] }
    let own = here.covariance(slopes: hereSlopes, model)
    let rows = Self.rowMeans(cross)
    let sums = Self.rowMeans(own)
    let total = Statistics.mean(sums)
    var result = Matrix(rows: count, columns: group.probes.count)
    for (p, probe) in group.probes.enumerated() {
      let x = probe.mixture
      let variance = max(own[x, x] + total - 2 * sums[x], 0)
      guard variance > 0 else { continue }
      let deviation = variance.squareRoot()
      var common = 0.0
      for i in 0..<count { common += (cross.elements[i + x * count] - rows[i]) / Double(count) }
      for i in 0..<count {
        result.elements[i + p * count] =
          (cross.elements[i + x * count] - rows[i] - common) / deviation
      }
    }
    return result
  }

  private static func rowMeans(_ matrix: Matrix) -> [Double] {
    var result = [Double](repeating: 0, count: matrix.rows)
    for j in 0..<matrix.columns {
      for i in 0..<matrix.rows { result[i] += matrix.elements[i + j * matrix.rows] }
    }
    return result.map { $0 / Double(matrix.columns) }
  }
}

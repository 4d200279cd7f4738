import Foundation
import Mixtures
import Numerics

/// Quasi-random joint draws of any function of the losses, at any mixture and at a few base mixtures, with
/// gradients: what ``JointObjective`` is for sums.
///
/// In draw j model m is μₘ(x) + rₘ(x)·ξₘⱼ: rₘ(x) is the row that x would add to the Cholesky factor of the
/// model's posterior covariance at the base, and the ξ are standard normal, correlated among models as
/// their errors are. The same ξ serve every x, so that each draw is smooth. Each draw tilts toward some
/// members of the ensemble, as it is not known which of them is right.
package struct JointSamples: Sendable {
  package let surrogate: CompositeSurrogate
  package let function: LossFunction
  package let draws: Int
  /// The function at each base mixture, in each draw.
  package let baseValues: [[Double]]
  /// What is known to come on top.
  private let pull: MixturePull?
  /// The base mixtures in each member's coordinates.
  private let base: [EmbeddedMixtures]
  private let bases: [ModelBase]
  /// ξ of each model times √varianceFactor, (b + 1, draws).
  private let normals: [Matrix]
  /// (members, draws).
  private let tilts: Matrix

  private struct ModelBase: Sendable {
    /// K⁻¹ k(runs, base), (n, b).
    var projection: Matrix
    /// Of the model's posterior covariance at the base mixtures, (b, b).
    var cholesky: Cholesky
  }

  /// - Precondition: at least one base mixture.
  /// - Returns: nil where a covariance cannot be factored.
  package init?(
    _ surrogate: CompositeSurrogate, _ function: LossFunction, base mixtures: [[Double]],
    draws: Int = 128, pull: MixturePull? = nil, seed: UInt64
  ) {
    self.pull = pull
    precondition(!mixtures.isEmpty, "expected a base mixture")
    let models = surrogate.models
    let count = mixtures.count
    guard let root = Cholesky(factoring: surrogate.correlation) else { return nil }
    let independent = LatinSupercube.normals(
      dimensions: models.count * (count + 1) + surrogate.tiltDimensions, count: draws, seed: seed)
    let last = models.count * (count + 1)
    let tilts = surrogate.tilts(
      independent.submatrix(
        rows: Array(last..<last + surrogate.tiltDimensions), columns: Array(0..<draws)))
    var normals = models.map { _ in Matrix(rows: count + 1, columns: draws) }
    for i in 0...count {
      let rows = Array(i * models.count..<(i + 1) * models.count)
      let correlated = root.factor.times(
        independent.submatrix(rows: rows, columns: Array(0..<draws)))
      for m in models.indices {
        for j in 0..<draws {
          normals[m][i, j] = correlated[m, j] * surrogate.varianceFactor.squareRoot()
        }
      }
    }
    base = (0..<surrogate.members).map { surrogate.embedded(mixtures, member: $0) }
    var bases: [ModelBase] = []
    var losses = [[Double]](
      repeating: [Double](repeating: 0, count: count * draws), count: surrogate.outputs)
    for (m, model) in models.enumerated() {
      let inputs = surrogate.inputs[model.member]
      let cross = model.kernel.covariance(inputs, base[model.member]).values
      let (means, covariance) = model.posterior(at: base[model.member], inputs: inputs)
      guard let cholesky = Cholesky(factoring: covariance) else { return nil }
      bases.append(ModelBase(projection: model.cholesky.solve(cross), cholesky: cholesky))
      var rows = Matrix(rows: count + 1, columns: count)
      for x in 0..<count { for i in 0...x { rows[i, x] = cholesky.factor[x, i] } }
      Self.addLosses(
        of: model, of: surrogate, means: means, rows: rows, normals: normals[m], tilts: tilts,
        to: &losses[model.output])
    }
    let values = function.values(of: losses)
    baseValues = (0..<count).map { x in
      let offset = pull?.value(at: mixtures[x]) ?? 0
      return (0..<draws).map { values[x + $0 * count] + offset }
    }
    self.surrogate = surrogate
    self.function = function
    self.draws = draws
    self.bases = bases
    self.normals = normals
    self.tilts = tilts
  }

  /// Adds one model's part of its output's loss, in the order of a (p, draws) matrix, and returns it, less
  /// what the tilts add.
  @discardableResult
  private static func addLosses(
    of model: OutputModel, of surrogate: CompositeSurrogate, means: [Double], rows: Matrix,
    normals: Matrix, tilts: Matrix, to losses: inout [Double]
  ) -> [Double] {
    var own = rows.times(normals, transposingSelf: true).elements
    let count = means.count
    let share = 1 / Double(surrogate.members)
    let link = surrogate.link
    let central = means.map { surrogate.loss(model, of: $0) }
    own.withUnsafeMutableBufferPointer { own in
      losses.withUnsafeMutableBufferPointer { losses in
        for j in 0..<normals.columns {
          let tilt = tilts[model.member, j]
          for x in 0..<count {
            let linked = model.location + model.scale * (means[x] + own[x + j * count])
            let loss = share * link.loss(linked)
            own[x + j * count] = loss
            losses[x + j * count] += loss + tilt * central[x]
          }
        }
      }
    }
    return own
  }

  /// What is kept of one model's forward pass.
  private struct Trace {
    var slopes: Matrix
    var baseSlopes: Matrix
    /// K⁻¹ k(runs, points), (n, p).
    var solved: Matrix
    /// (b + 1, p).
    var rows: Matrix
    /// The model's part of its output's loss, less what the tilts add, (p, draws).
    var losses: [Double]
    /// The slope of the loss at the mean in the standardized mean, p.
    var centralSlopes: [Double]
  }

  private func forward(
    _ points: [EmbeddedMixtures], keepsTraces: Bool
  ) -> (losses: [[Double]], traces: [Trace]) {
    let count = points[0].count
    let b = baseValues.count
    var losses = [[Double]](
      repeating: [Double](repeating: 0, count: count * draws), count: surrogate.outputs)
    var traces: [Trace] = []
    for (m, model) in surrogate.models.enumerated() {
      let own = points[model.member]
      let (cross, slopes) = model.kernel.covariance(
        surrogate.inputs[model.member], own, wantsSlopes: keepsTraces)
      let half = model.cholesky.solveLower(cross)
      let (basePrior, baseSlopes) = model.kernel.covariance(
        base[model.member], own, wantsSlopes: keepsTraces)
      let solved = bases[m].cholesky.solveLower(
        basePrior - bases[m].projection.times(cross, transposingSelf: true))
      var variances = model.kernel.variances(own)
      var rows = Matrix(rows: b + 1, columns: count)
      for x in 0..<count {
        for i in 0..<half.rows { variances[x] -= half[i, x] * half[i, x] }
        for i in 0..<b {
          rows[i, x] = solved[i, x]
          variances[x] -= solved[i, x] * solved[i, x]
        }
        rows[b, x] = max(variances[x], 1e-12).squareRoot()
      }
      let means = cross.times(model.weights, transposingSelf: true)
      let part = Self.addLosses(
        of: model, of: surrogate, means: means, rows: rows, normals: normals[m], tilts: tilts,
        to: &losses[model.output])
      if keepsTraces, let slopes, let baseSlopes {
        traces.append(
          Trace(
            slopes: slopes, baseSlopes: baseSlopes, solved: model.cholesky.solveUpper(half),
            rows: rows, losses: part,
            centralSlopes: means.map {
              model.scale * surrogate.link.slope(at: surrogate.loss(model, of: $0))
            }))
      }
    }
    return (losses, traces)
  }

  /// The function at each mixture in each draw: [mixture][draw].
  package func values(at mixtures: [[Double]]) -> [[Double]] {
    var result: [[Double]] = []
    for start in stride(from: 0, to: mixtures.count, by: 128) {
      let part = Array(mixtures[start..<min(start + 128, mixtures.count)])
      let points = (0..<surrogate.members).map { surrogate.embedded(part, member: $0) }
      let values = function.values(of: forward(points, keepsTraces: false).losses)
      result += part.indices.map { x in
        let offset = pull?.value(at: part[x]) ?? 0
        return (0..<draws).map { values[x + $0 * part.count] + offset }
      }
    }
    return result
  }

  /// A scalar of the draws at each point, with its gradient in the point.
  ///
  /// - Parameters:
  ///   - points: as for ``JointObjective/evaluate(at:_:)``.
  ///   - scalar: from the function in each draw to the scalar and its derivatives in each.
  package func evaluate(
    at points: EmbeddedMixtures,
    _ scalar: (_ values: [Double]) -> (value: Double, adjoints: [Double])
  ) -> (values: [Double], gradients: Matrix) {
    let count = points.count
    let b = baseValues.count
    let mixtures = (0..<count).map { points.weights.column($0) }
    let embedded = (0..<surrogate.members).map { surrogate.embedded(mixtures, member: $0) }
    let (losses, traces) = forward(embedded, keepsTraces: true)
    let drawn = function.values(of: losses)
    var values: [Double] = []
    var adjoints = [Double](repeating: 0, count: count * draws)
    for x in 0..<count {
      let offset = pull?.value(at: mixtures[x]) ?? 0
      let (value, slopes) = scalar((0..<draws).map { drawn[x + $0 * count] + offset })
      values.append(value)
      for j in 0..<draws { adjoints[x + j * count] = slopes[j] }
    }
    let lossAdjoints = function.gradients(of: losses, adjoints: adjoints)
    var gradient = PosteriorGradient(of: surrogate, at: embedded, base: base)
    for (m, model) in surrogate.models.enumerated() {
      let trace = traces[m]
      // Of the standardized function in each draw.
      var pulls = Matrix(rows: count, columns: draws, elements: lossAdjoints[model.output])
      let tilted = pulls.times(tilts.row(model.member))
      let members = Double(surrogate.members)
      for i in pulls.elements.indices {
        pulls.elements[i] *=
          model.scale * surrogate.link.slope(at: trace.losses[i] * members) / members
      }
      var meanPulls = pulls.times([Double](repeating: 1, count: draws))
      for x in 0..<count { meanPulls[x] += trace.centralSlopes[x] * tilted[x] }
      let byRows = normals[m].times(pulls, transposingOther: true)
      var rowAdjoints = Matrix(rows: b, columns: count)
      var variancePulls = [Double](repeating: 0, count: count)
      for x in 0..<count {
        variancePulls[x] = byRows[b, x] / (2 * trace.rows[b, x])
        for i in 0..<b {
          rowAdjoints[i, x] = byRows[i, x] - 2 * variancePulls[x] * trace.rows[i, x]
        }
      }
      gradient.add(
        model, means: meanPulls, variances: variancePulls,
        covariances: bases[m].cholesky.solveUpper(rowAdjoints), projection: bases[m].projection,
        solved: trace.solved, slopes: (trace.slopes, trace.baseSlopes))
    }
    var total = gradient.total(in: points)
    if let pull {
      let sums = (0..<count).map { x in (0..<draws).reduce(0) { $0 + adjoints[x + $1 * count] } }
      pull.addGradients(at: points, times: sums, to: &total)
    }
    return (values, total)
  }
}

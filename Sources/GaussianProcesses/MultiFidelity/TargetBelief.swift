import Foundation
import Numerics

/// A run that could be made, or gone on with, measured at every rung on the way.
package struct CurveCandidate: Sendable, Hashable {
  /// Index among the mixtures of a ``TargetBelief``.
  package var mixture: Int
  /// Of the model.
  package var parameters: Double
  /// Where it would be measured, from short to long.
  package var tokens: [Double]
  /// The run of the data that it goes on with; nil for a new one.
  package var run: Int?

  package init(mixture: Int, parameters: Double, tokens: [Double], run: Int? = nil) {
    precondition(!tokens.isEmpty, "expected a rung")
    self.mixture = mixture
    self.parameters = parameters
    self.tokens = tokens
    self.run = run
  }
}

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
  private let points: EmbeddedMixtures
  /// Of each output, from a standardized value to the objective, p; zero where the objective does not depend on
  /// it.
  private let slopes: [[Double]]

  /// - Returns: nil where a covariance cannot be factored.
  package init?(_ surrogate: ScaleSurrogate, _ function: LossFunction, mixtures: [[Double]]) {
    precondition(!mixtures.isEmpty, "expected a mixture")
    self.surrogate = surrogate
    self.function = function
    self.mixtures = mixtures
    let points = surrogate.embedded(mixtures)
    self.points = points
    let count = mixtures.count
    let posteriors = surrogate.models.map { $0.targetPosterior(points) }
    let losses = posteriors.enumerated().map { output, posterior in
      posterior.means.map { surrogate.loss(output, $0) }
    }
    let values = losses.map { $0.map(\.loss) }
    means = function.values(of: values)
    let gradients = function.gradients(of: values, adjoints: mixtures.map { _ in 1 })
    var all: [[Double]] = []
    // Row d holds output d's factor: (outputs, p · p).
    var factors = Matrix(rows: posteriors.count, columns: count * count)
    for (d, posterior) in posteriors.enumerated() {
      let slopes = (0..<count).map { gradients[d][$0] * losses[d][$0].slope }
      var covariance = posterior.covariance
      for j in 0..<count { for i in 0..<count { covariance[i, j] *= slopes[i] * slopes[j] } }
      covariance = Self.centered(covariance)
      all.append(slopes)
      guard count > 1, slopes.contains(where: { $0 != 0 }) else { continue }
      guard let factor = Cholesky(factoring: covariance)?.factor else { return nil }
      for at in 0..<count * count { factors[d, at] = factor.elements[at] }
    }
    slopes = all
    // As JointObjective combines models: Σ R(d, e) Aᵈ Aᵉᵀ.
    let mixed = surrogate.correlation.times(factors)
    var total = Matrix(rows: count, columns: count)
    for d in posteriors.indices where count > 1 {
      let left = Matrix(rows: count, columns: count, elements: factors.row(d))
      let right = Matrix(rows: count, columns: count, elements: mixed.row(d))
      let product = left.times(right, transposingOther: true)
      for at in total.elements.indices { total.elements[at] += product.elements[at] }
    }
    for j in 0..<count {
      for i in 0...j {
        let mean = 0.5 * (total[i, j] + total[j, i]) * surrogate.varianceFactor
        (total[i, j], total[j, i]) = (mean, mean)
      }
    }
    contrasts = total
  }

  /// Rows and columns less their means.
  private static func centered(_ matrix: Matrix) -> Matrix {
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

  /// How likely each mixture is the best of all, and what it is expected to lose against the best.
  package func chances(
    draws count: Int = 512, seed: UInt64
  ) -> [(probabilityOfBest: Double, expectedRegret: Double)]? {
    guard let draws = draws(count, seed: seed) else { return nil }
    var result = means.map { _ in (probabilityOfBest: 0.0, expectedRegret: 0.0) }
    for draw in draws {
      let best = draw.indices.min { (draw[$0], $0) < (draw[$1], $1) }!
      result[best].probabilityOfBest += 1 / Double(count)
      for i in draw.indices { result[i].expectedRegret += (draw[i] - draw[best]) / Double(count) }
    }
    return result
  }

  // MARK: What runs would tell

  /// By how much the lowest expected objective over the mixtures would fall, on average, for each of some sets of
  /// one or two runs: their knowledge gradient.
  ///
  /// What a set shows moves the means along several directions. The one that moves them most counts, exactly, and
  /// the others do not: by Jensen's inequality that is a bound from below.
  ///
  /// - Precondition: the runs of a set are different.
  package func gains(of sets: [[CurveCandidate]]) -> [Double] {
    guard mixtures.count > 1 else { return sets.map { _ in 0 } }
    let views = views(of: sets.flatMap { $0 })
    return sets.map { set in
      KnowledgeGradient.gain(means: means, slopes: direction(of: changes(by: set, views)))
    }
  }

  /// The covariance of the means' changes, less what they share, that a set of runs would bring, (p, p).
  package func changes(by set: [CurveCandidate]) -> Matrix {
    var result = Matrix(rows: mixtures.count, columns: mixtures.count)
    for change in changes(by: set, views(of: set)) {
      let part = change.own.times(change.drawn, transposingOther: true)
      for at in result.elements.indices { result.elements[at] += part.elements[at] }
    }
    return result
  }

  /// Changes of the means by one number of every output: their covariance is W R Wᵀ.
  private struct Change {
    /// W: what a deviation of each output's number changes, (p, outputs).
    var own: Matrix
    /// W R, the outputs' errors being correlated.
    var drawn: Matrix
  }

  /// One deviation of the changes along their principal direction, p.
  private func direction(of changes: [Change]) -> [Double] {
    // From the largest column on, by the power method: a few steps get within a percent.
    var largest = 0.0
    var direction = means.map { _ in 0.0 }
    for change in changes {
      for column in 0..<change.own.columns {
        let values = change.own.column(column)
        let square = dot(values, values)
        if square > largest { (largest, direction) = (square, values) }
      }
    }
    for _ in 0..<3 {
      let norm = dot(direction, direction).squareRoot()
      guard norm > 0 else { return direction }
      for i in direction.indices { direction[i] /= norm }
      var next = means.map { _ in 0.0 }
      for change in changes {
        let part = change.drawn.times(change.own.times(direction, transposingSelf: true))
        for i in next.indices { next[i] += part[i] }
      }
      direction = next
    }
    // Its length is the eigenvalue, that of a deviation the root of it.
    let root = dot(direction, direction).squareRoot().squareRoot()
    return root > 0 ? direction.map { $0 / root } : direction
  }

  /// What an output knows of the runs that are asked about.
  private struct View {
    var output: Int
    var answer: ScaleOutputModel.Answer
    /// Of each of a run's two latents, where the first is.
    var places: [Key: Int]
    /// Covariances of latents with the targets, standardized, (p, latents); those of the targets are no use.
    var covariances: Matrix
    /// With the objective's contrasts, likewise.
    var contrasts: Matrix
    var designs: [Pattern: [(value: Double, amplitude: Double)]]
    var noise: [Double]
    /// Whether all but the contrasts is the first output's too.
    var isShared = false
  }

  /// Of every output that the objective depends on.
  private func views(of candidates: [CurveCandidate]) -> [View] {
    var views: [View] = []
    for output in surrogate.models.indices where slopes[output].contains(where: { $0 != 0 }) {
      var view: View
      if let first = views.first, surrogate.fit.logs[first.output] == surrogate.fit.logs[output] {
        view = first
        view.output = output
        view.isShared = true
      } else {
        view = self.view(output, of: candidates)
      }
      let (slopes, count) = (slopes[output], mixtures.count)
      for latent in count..<max(view.covariances.columns, count) {
        var common = 0.0
        for m in 0..<count {
          let value = slopes[m] * view.covariances[m, latent]
          view.contrasts[m, latent] = value
          common += value / Double(count)
        }
        for m in 0..<count { view.contrasts[m, latent] -= common }
      }
      views.append(view)
    }
    return views
  }

  /// Its contrasts left open.
  private func view(_ output: Int, of candidates: [CurveCandidate]) -> View {
    let model = surrogate.models[output]
    let count = mixtures.count
    let target = surrogate.data.target
    // The target's latents first, then two for each distinct (mixture, size, run).
    var query = model.targetQuery(points)
    let targetRuns = query.runs
    var places: [Key: Int] = [:]
    var designs: [Pattern: [(value: Double, amplitude: Double)]] = [:]
    for candidate in candidates {
      let pattern = Pattern(candidate, model)
      if designs[pattern] == nil { designs[pattern] = Self.design(candidate, model, target) }
      let key = Key(candidate)
      guard places[key] == nil else { continue }
      places[key] = query.latents.count
      let ratio = log(target.parameters / candidate.parameters)
      for isAmplitude in [false, true] {
        query.latents.append(
          .init(mixture: candidate.mixture, logSizeRatio: ratio, isAmplitude: isAmplitude))
        query.runs.append(candidate.run)
      }
    }
    let answer = model.answer(query)
    let targetNoise = model.targetNoise(points)
    let solvedTargets = answer.solved.submatrix(
      rows: Array(0..<answer.solved.rows), columns: Array(0..<count))
    var covariances = solvedTargets.times(answer.solved, transposingSelf: true)
    for latent in count..<max(query.latents.count, count) {
      let of = query.latents[latent]
      for m in 0..<count {
        var covariance = model.prior(answer, latent, m) - covariances[m, latent]
        if m == of.mixture, of.logSizeRatio == 0, !of.isAmplitude,
          query.runs[latent] == targetRuns[m]
        {
          covariance += targetNoise[m]
        }
        covariances[m, latent] = covariance
      }
    }
    return View(
      output: output, answer: answer, places: places, covariances: covariances,
      contrasts: covariances, designs: designs, noise: model.kernel.noise(at: points))
  }

  private func changes(by set: [CurveCandidate], _ views: [View]) -> [Change] {
    let (count, numbers) = (mixtures.count, 2 * set.count)
    let factor = surrogate.varianceFactor.squareRoot()
    var own = (0..<numbers).map { _ in Matrix(rows: count, columns: views.count) }
    var first: (latents: [Int], design: Matrix, cholesky: Cholesky)?
    for (v, view) in views.enumerated() {
      guard let known = view.isShared ? first : self.numbers(of: set, view) else { continue }
      if v == 0 { first = known }
      let (latents, design, cholesky) = known
      let pulled = view.contrasts.submatrix(rows: Array(0..<count), columns: latents)
        .times(design, transposingOther: true)
      // Columns of pulled L⁻ᵀ.
      let white = cholesky.solveLower(pulled.transposed)
      for r in 0..<white.rows {
        for m in 0..<count { own[r][m, v] = factor * white[r, m] }
      }
    }
    let used = views.map(\.output)
    let correlation = surrogate.correlation.submatrix(rows: used, columns: used)
    return own.map { Change(own: $0, drawn: $0.times(correlation)) }
  }

  /// A set's latents, its numbers' rows R over them, and the numbers' covariance R S Rᵀ + I.
  private func numbers(
    of set: [CurveCandidate], _ view: View
  ) -> (latents: [Int], design: Matrix, cholesky: Cholesky)? {
    let model = surrogate.models[view.output]
    // Rows R of all runs of the set, over their latents.
    var rows: [(place: Int, value: Double, amplitude: Double)] = []
    for candidate in set {
      let place = view.places[Key(candidate)]!
      for row in view.designs[Pattern(candidate, model)]! {
        rows.append((place, row.value, row.amplitude))
      }
    }
    guard !rows.isEmpty else { return nil }
    let latents = set.flatMap { candidate -> [Int] in
      let place = view.places[Key(candidate)]!
      return [place, place + 1]
    }
    var spread = Matrix(rows: latents.count, columns: latents.count)
    for j in latents.indices {
      for i in 0...j {
        let value = model.covariance(view.answer, latents[i], latents[j])
        (spread[i, j], spread[j, i]) = (value, value)
      }
      let isAmplitude = view.answer.factors[latents[j]].isAmplitude
      spread[j, j] +=
        isAmplitude
        ? model.kernel.hyperparameters.amplitudeNoise
        : view.noise[view.answer.mixtures[latents[j]]]
    }
    var design = Matrix(rows: rows.count, columns: latents.count)
    for (r, row) in rows.enumerated() {
      let at = latents.firstIndex(of: row.place)!
      (design[r, at], design[r, at + 1]) = (row.value, row.amplitude)
    }
    var total = design.times(spread).times(design, transposingOther: true)
    for r in rows.indices { total[r, r] += 1 }
    return Cholesky(factoring: total).map { (latents, design, $0) }
  }

  private struct Key: Hashable {
    var mixture: Int
    var parameters: Double
    var run: Int?

    init(_ candidate: CurveCandidate) {
      (mixture, parameters, run) = (candidate.mixture, candidate.parameters, candidate.run)
    }
  }

  private struct Pattern: Hashable {
    var seen: Int?
    var tokens: [Double]

    init(_ candidate: CurveCandidate, _ model: ScaleOutputModel) {
      seen = candidate.run.map { model.inputs.patternOf[$0] }
      tokens = candidate.tokens
    }
  }

  /// What the measurements say of (value, amplitude), compressed. Those of a run that goes on are
  /// y = H v + e with e correlated with the e that it has shown: given the latter and v, y is
  /// (H - G H₀) v + … with G = V₁₀ V₀₀⁻¹ and covariance V₁₁ - G V₀₁.
  private static func design(
    _ candidate: CurveCandidate, _ model: ScaleOutputModel, _ target: ScaleData.Target
  ) -> [(value: Double, amplitude: Double)] {
    let lengths = candidate.tokens.map { $0 / target.tokens }
    let curve = model.kernel.hyperparameters.curve
    var design = curve.design(lengths)
    var covariance = curve.residualCovariance(lengths, lengths)
    if let run = candidate.run {
      let seen = model.inputs.patterns[model.inputs.patternOf[run]]
      let compression = model.system.compressions[model.inputs.patternOf[run]]
      let cross = curve.residualCovariance(seen, lengths)
      let solved = compression.cholesky.solve(cross)
      design = design - solved.times(compression.design, transposingSelf: true)
      covariance = covariance - solved.times(cross, transposingSelf: true)
    }
    return CurveCompression(design: design, covariance: covariance)?.rows ?? []
  }
}

import Foundation
import Mixtures
import Numerics

/// RegMix: many small runs at Dirichlet mixtures, a regression of the objective on the weights, and the
/// mean of the best of 100,000 simulated mixtures: `regmix` with trees as its authors grow them,
/// `regmix-tuned` with trees for few runs, and `regmix-linear`.
///
/// Liu et al., [RegMix](https://arxiv.org/abs/2407.01492); the design as in the repository
/// `sail-sg/regmix`: concentrations are the domains' shares of the text to the power of .5, times a
/// strength of fifteen from .1 to 5 in equal ratios; no weight above fifteen times the share; weights
/// are multiples of 2e-4. Simulated mixtures are Dirichlet's with the shares themselves as
/// concentrations; `regmix-tuned` draws them with the shares to the power of .5, nearer to the runs.
struct RegMixSearch: FittedSearch {
  static let strengths = (0..<15).map { 0.1 * pow(50, Double($0) / 14) }
  static let largestUse = 15.0
  static let smallestWeight = 2e-4
  static let simulated = 100_000
  static let averaged = 128

  let kind: RegressionModel.Kind
  let context: MethodContext
  var runs: FittedRuns<RegressionModel>

  init(_ kind: RegressionModel.Kind, context: MethodContext) {
    self.kind = kind
    self.context = context
    runs = FittedRuns(objective: context.objective, feasible: context.feasible)
  }

  func suggest(pending: [Mixture], ordinal: Int) -> Suggestion? {
    context.designed(design(ordinal), taken: runs.taken(with: pending))
  }

  /// The design does not depend on the kind of regression, so that both share their runs.
  private func design(_ ordinal: Int) -> [Double] {
    var generator = SeededGenerator(seed: context.seed, stream: "regmix \(ordinal)")
    let shares = context.textShares
    let prior = tempered(shares)
    var last = prior
    for _ in 0..<1000 {
      let strength = Self.strengths[generator.integer(below: Self.strengths.count)]
      last = Simplex.dirichlet(
        concentrations: prior.map { max(strength * $0, 1e-4) }, using: &generator)
      if zip(last, shares).allSatisfy({ $0 <= Self.largestUse * $1 }) { break }
    }
    let weights = last.map { $0 < Self.smallestWeight ? 0 : $0 }
    let sum = weights.reduce(0, +)
    let rounded = weights.map { ($0 / sum / Self.smallestWeight).rounded() }
    let total = rounded.reduce(0, +)
    return rounded.map { $0 / total }
  }

  func fitted(to data: LawData) -> RegressionModel? {
    RegressionModel(kind, to: data, seed: context.seed)
  }

  func optimum(of model: RegressionModel) -> [Double] {
    Simulation(
      count: Self.simulated, keeping: Self.averaged,
      concentrations: (kind == .tuned ? tempered(context.textShares) : context.textShares)
        .map { max($0, 1e-4) }, seed: context.seed,
      stream: "regmix simulation", model: model, feasible: context.feasible
    ).mean
  }

  private func tempered(_ shares: [Double]) -> [Double] {
    let roots = shares.map { $0.squareRoot() }
    let sum = roots.reduce(0, +)
    return roots.map { $0 / sum }
  }
}

extension MethodContext {
  /// Each domain's share of the text that there is; equal where there is none.
  package var textShares: [Double] {
    let total = availableTokens.reduce(0) { $0 + Double($1) }
    return availableTokens.map {
      total > 0 ? Double($0) / total : 1 / Double(availableTokens.count)
    }
  }
}

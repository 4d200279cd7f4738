import Mixtures
import Numerics
import Spelling

/// The methods by name, in the order in which help lists them.
package let methodNames: [(name: String, summary: String)] = [
  (
    "bo",
    "Bayesian optimization: a Gaussian process for each held-out domain, on powers of the weights"
  ),
  (
    "bo-raw",
    "Bayesian optimization of the mean loss on raw weights, as Lindenau ran it with BoTorch"
  ),
  ("sobol", "quasi-random mixtures, spread evenly over the simplex"),
  ("bimix", "BiMix: each domain's loss as a power of its own weight; the law's optimum"),
  ("mixlaws", "Data Mixing Laws: each loss as an exponential of all weights; the law's optimum"),
  ("olmix", "Olmix's log-linear law; its optimum within what the domains' text allows"),
  ("regmix", "RegMix: boosted trees on Dirichlet mixtures; the mean of the best simulated ones"),
  ("regmix-linear", "RegMix with a linear regression"),
  ("climb", "CLIMB: three rounds, each drawn from what boosted trees hold best"),
  (
    "mde",
    "mixture of data experts: a run on each domain alone, their token probabilities mixed"
  ),
  (
    "bo-mde",
    "Bayesian optimization whose prior mean is the mixture of data experts"
  ),
  ("doremi", "DoReMi: weights that follow the loss above a reference model's, in rounds"),
  ("odm", "online data mixing: a bandit (EXP3) that seeks the highest training loss"),
  ("aioli", "Aioli: weights by what probes of each domain do to every held-out loss"),
  ("uniform", "the same share for every domain"),
  ("llama", "LLaMA's published weights, folded onto books, web, code, papers and chat"),
  ("natural", "in proportion to the training tokens that each domain has"),
]

/// Whether a method does more with a run than to learn its losses, so that it needs a trainer at hand and
/// cannot search runs that exist.
package func needsTrainer(_ name: String) -> Bool {
  TrainingProcedure(rawValue: name) != nil || name == "bo-mde"
}

package enum MethodError: Error, Equatable, CustomStringConvertible {
  case unknown(name: String)

  package var description: String {
    switch self {
    case .unknown(let name):
      let names = methodNames.map(\.name)
      return "unknown method '\(name)'; "
        + (nearestName(to: name, in: names).map { "did you mean '\($0)'? " } ?? "")
        + "the methods are \(names.joined(separator: ", "))"
    }
  }
}

/// - Throws: ``MethodError`` for a name that is not in ``methodNames``; ``MixtureError`` where a fixed
///   mixture needs domains that are not there.
package func makeMethod(
  named name: String, context: MethodContext
) throws -> any MixtureMethod {
  func kept(_ method: some MixtureMethod) -> any MixtureMethod {
    context.feasible.isWholeSimplex ? method : FeasibleMethod(method, context.feasible)
  }
  switch name {
  case "bo": return BayesianOptimization(context: context)
  case "bo-raw": return RawWeightOptimization(context: context)
  case "sobol": return QuasiRandomSearch(context: context)
  case "bimix": return LawSearch(.bimix, context: context)
  case "mixlaws": return LawSearch(.dataMixingLaws, context: context)
  case "olmix": return LawSearch(.olmix, context: context)
  case "regmix": return RegMixSearch(.trees, context: context)
  case "regmix-linear": return RegMixSearch(.linear, context: context)
  case "doremi", "odm", "aioli":
    return kept(ReweightingSearch(TrainingProcedure(rawValue: name)!, context: context))
  case "mde": return ExpertSearch(context: context)
  case "bo-mde": return ExpertOptimization(context: context)
  case "climb": return ClimbSearch(context: context)
  default:
    guard methodNames.contains(where: { $0.name == name }),
      let preset = MixturePreset(rawValue: name)
    else { throw MethodError.unknown(name: name) }
    return FixedMixture(
      try preset.mixture(over: context.domains, availableTokens: context.availableTokens),
      objective: context.objective)
  }
}

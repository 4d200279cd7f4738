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
  ("bo-raw-tuned", "the same with our starts, and the lowest posterior mean handed over"),
  ("sobol", "quasi-random mixtures, spread evenly over the simplex"),
  ("bimix", "BiMix: each domain's loss as a power of its own weight; the law's optimum"),
  ("mixlaws", "Data Mixing Laws: each loss as an exponential of all weights; the law's optimum"),
  ("olmix", "Olmix's log-linear law; its optimum, drawn to the natural mixture"),
  ("olmix-tuned", "Olmix's law; its optimum within what the domains' text allows a run"),
  ("regmix", "RegMix: boosted trees on Dirichlet mixtures; the mean of the best simulated ones"),
  ("regmix-tuned", "RegMix with trees for few runs"),
  ("regmix-linear", "RegMix with a linear regression"),
  ("climb", "CLIMB: three rounds, each drawn from what boosted trees hold best"),
  ("climb-tuned", "CLIMB from an even spread, with trees for few runs"),
  (
    "mde",
    "mixture of data experts: a run on each domain alone, their token probabilities mixed"
  ),
  ("mixmin", "MixMin: the same experts, mixed by exponentiated gradient"),
  (
    "bo-mde",
    "Bayesian optimization whose prior mean is the mixture of data experts"
  ),
  ("doremi", "DoReMi: weights that follow the loss above a model of natural proportions"),
  ("doremi-uniform", "DoReMi against a model of equal shares"),
  ("doremi-rounds", "DoReMi from equal shares, in rounds, each against the last one's answer"),
  ("odm", "online data mixing by the smoothed mean of each domain's loss; the online model"),
  ("odm-static", "the fixed mixture that odm recommends"),
  ("odm-exp3", "online data mixing by a bandit (EXP3); the online model"),
  ("odm-exp3-static", "the fixed mixture that odm-exp3 recommends"),
  ("aioli", "Aioli: weights by what probes do to every held-out loss; the online model"),
  ("aioli-static", "the fixed mixture that aioli recommends"),
  ("ado", "adaptive data optimization by each domain's own scaling law; the online model"),
  ("ado-static", "the fixed mixture that ado recommends"),
  ("uniform", "the same share for every domain"),
  ("llama", "LLaMA's published weights, folded onto books, web, code, papers and chat"),
  ("natural", "in proportion to the training tokens that each domain has"),
]

/// Whether a method does more with a run than to learn its losses, so that it needs a trainer at hand and
/// cannot search runs that exist.
package func needsTrainer(_ name: String) -> Bool {
  ["mde", "mixmin", "bo-mde"].contains(name) || reweighting(name) != nil
}

/// Whether a method hands over a training that reweighs the domains as it goes on, and no mixture.
package func handsOverTraining(_ name: String) -> Bool { reweighting(name)?.isOnline ?? false }

/// How a method reweighs while a model trains; nil for one that does not.
private func reweighting(_ name: String) -> ReweightingSearch.Design? {
  switch name {
  case "doremi": .init(procedure: .doremi, start: .natural)
  case "doremi-uniform": .init(procedure: .doremi, start: .uniform)
  case "doremi-rounds": .init(procedure: .doremi, start: .uniform, rounds: 3)
  case "odm": .init(procedure: .odm, start: .natural, isOnline: true)
  case "odm-static": .init(procedure: .odm, start: .natural)
  case "odm-exp3": .init(procedure: .odmEXP3, start: .uniform, isOnline: true)
  case "odm-exp3-static": .init(procedure: .odmEXP3, start: .uniform)
  case "aioli": .init(procedure: .aioli, start: .uniform, isOnline: true)
  case "aioli-static": .init(procedure: .aioli, start: .uniform)
  case "ado": .init(procedure: .ado, start: .natural, isOnline: true)
  case "ado-static": .init(procedure: .ado, start: .natural)
  default: nil
  }
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
  if let design = reweighting(name) {
    return kept(try ReweightingSearch(design, context: context))
  }
  switch name {
  case "bo": return BayesianOptimization(context: context)
  case "bo-raw": return RawWeightOptimization(.published, context: context)
  case "bo-raw-tuned": return RawWeightOptimization(.tuned, context: context)
  case "sobol": return QuasiRandomSearch(context: context)
  case "bimix": return LawSearch(.bimix, context: context)
  case "mixlaws": return LawSearch(.dataMixingLaws, context: context)
  case "olmix": return LawSearch(.olmix, .pulled, context: context)
  case "olmix-tuned": return LawSearch(.olmix, .capped, context: context)
  case "regmix": return RegMixSearch(.regMix, context: context)
  case "regmix-tuned": return RegMixSearch(.tuned, context: context)
  case "regmix-linear": return RegMixSearch(.linear, context: context)
  case "climb": return ClimbSearch(.published, context: context)
  case "climb-tuned": return ClimbSearch(.tuned, context: context)
  case "mde": return ExpertSearch(.exact, context: context)
  case "mixmin": return ExpertSearch(.exponentiatedGradient, context: context)
  case "bo-mde": return ExpertOptimization(context: context)
  default:
    guard methodNames.contains(where: { $0.name == name }),
      let preset = MixturePreset(rawValue: name)
    else { throw MethodError.unknown(name: name) }
    let mixture = try preset.mixture(
      over: context.domains, availableTokens: context.availableTokens)
    // Of a pool the one that is most like it, as only these can be run.
    return FixedMixture(
      context.pool.flatMap { mixture.nearest(of: context.untried(in: $0, besides: [])) } ?? mixture,
      objective: context.objective)
  }
}

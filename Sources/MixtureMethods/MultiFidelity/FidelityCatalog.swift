import Spelling

/// The methods that choose size and length too, by name, in the order in which help lists them.
package let fidelityMethodNames: [(name: String, summary: String)] = [
  ("random", "random mixtures, each run at the target"),
  ("grid", "a regular grid of mixtures, each run at the target"),
  ("uniform", "the same share for every domain, handed over whatever runs say"),
  ("natural", "in proportion to the training tokens that each domain has"),
  ("bo", "Bayesian optimization with runs at the target alone"),
  ("screen", "every mixture at the smallest size, then the best few at the target"),
  (
    "successive-halving",
    "successive halving: many short runs at the target size, the best third goes on"
  ),
  ("hyperband", "Hyperband over the tokens of runs at the target size, η = 3"),
  (
    "asha",
    "asynchronous successive halving: a run goes on once it is in the best third of its rung"
  ),
  ("bohb", "Hyperband with configurations from a ratio of densities on the simplex"),
  ("smac", "Hyperband with configurations by a forest's expected improvement, as MFMS's rival"),
  (
    "successive-halving-sizes",
    "successive halving from short runs of the smallest size to the target"
  ),
  ("hyperband-sizes", "Hyperband over the cost of runs of all sizes"),
  ("asha-sizes", "asynchronous successive halving over all sizes"),
  ("bohb-sizes", "BOHB over the cost of runs of all sizes"),
  (
    "scale-bo",
    "the largest knowledge gradient at the target for its cost, by a model of curves of all sizes"
  ),
  ("mfms", "expected improvement over cost by a process on sizes and lengths, as Yen et al."),
  ("mfms-fixed", "the same with its faults mended: start, incumbent, model and hand-over"),
  ("boca", "confidence bounds at the target, tried where they are cheapest and still uncertain"),
  ("admire", "max-value entropy search over cost by BoTorch's multi-fidelity model, as ADMIRE"),
  ("admire-tuned", "the same with 32 draws, and the lowest posterior mean handed over"),
]

package enum FidelityMethodError: Error, Equatable, CustomStringConvertible {
  case unknown(name: String)
  /// It needs to know how much text each domain has.
  case needsText(name: String)

  package var description: String {
    switch self {
    case .unknown(let name):
      let names = fidelityMethodNames.map(\.name)
      return "unknown method '\(name)' for several sizes; "
        + (nearestName(to: name, in: names).map { "did you mean '\($0)'? " } ?? "")
        + "the methods are \(names.joined(separator: ", "))"
    case .needsText(let name):
      return
        "method '\(name)' goes by how many training tokens each domain has, which a table of runs does not say; "
        + "expected '--natural', '--available' of every domain, a study on a corpus, or another method"
    }
  }
}

/// - Throws: ``FidelityMethodError`` for a name that is not in ``fidelityMethodNames``, and for one that
///   needs more than is known.
package func makeFidelityMethod(
  named name: String, context: FidelityContext
) throws(FidelityMethodError) -> any FidelityMethod {
  if context.feasible.pull != nil {
    return try PulledFidelityMethod(named: name, context: context)
  }
  let path: ResourcePath.Kind = name.hasSuffix("-sizes") ? .sizes : .steps
  switch name {
  case "random": return TargetSearch(.random, context: context)
  case "grid": return TargetSearch(.grid, context: context)
  case "uniform": return UniformSearch(context: context)
  case "natural":
    guard let amounts = context.naturalAmounts else { throw .needsText(name: name) }
    return UniformSearch(proportions: amounts, context: context)
  case "bo": return TargetModelSearch("bo", context: context)
  case "screen": return ScreeningSearch(context: context)
  case "successive-halving", "successive-halving-sizes":
    return HalvingSearch(.deepest, along: path, context: context)
  case "hyperband", "hyperband-sizes": return HalvingSearch(.all, along: path, context: context)
  case "asha", "asha-sizes": return AsynchronousHalving(along: path, context: context)
  case "bohb", "bohb-sizes":
    return HalvingSearch(.all, proposals: .densities, along: path, context: context)
  case "smac": return HalvingSearch(.all, proposals: .forest, along: path, context: context)
  case "scale-bo": return ScaleSearch(context: context)
  case "boca": return ConfidenceSearch(context: context)
  case "mfms": return PublishedMFMS(context: context)
  case "mfms-fixed": return EndpointSearch(.expectedImprovement, context: context)
  case "admire": return EndpointSearch(.maxValueEntropy, context: context)
  case "admire-tuned": return EndpointSearch(.averagedMaxValueEntropy, context: context)
  default: throw .unknown(name: name)
  }
}

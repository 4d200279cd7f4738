import Numerics

/// The methods that choose size and length too, by name, in the order in which help lists them.
package let fidelityMethodNames: [(name: String, summary: String)] = [
  ("random", "random mixtures, each run at the target"),
  ("grid", "a regular grid of mixtures, each run at the target"),
]

package enum FidelityMethodError: Error, Equatable, CustomStringConvertible {
  case unknown(name: String)

  package var description: String {
    switch self {
    case .unknown(let name):
      let names = fidelityMethodNames.map(\.name)
      return "unknown method '\(name)' for several sizes; "
        + (nearestName(to: name, in: names).map { "did you mean '\($0)'? " } ?? "")
        + "the methods are \(names.joined(separator: ", "))"
    }
  }
}

/// - Throws: ``FidelityMethodError`` for a name that is not in ``fidelityMethodNames``.
package func makeFidelityMethod(
  named name: String, context: FidelityContext
) throws(FidelityMethodError) -> any FidelityMethod {
  switch name {
  case "random": return TargetSearch(.random, context: context)
  case "grid": return TargetSearch(.grid, context: context)
  default: throw .unknown(name: name)
  }
}

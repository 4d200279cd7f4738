import GaussianProcesses
import Mixtures

extension Objective {
  /// The objective as a function of a surrogate's outputs, each named once.
  ///
  /// - Precondition: all of ``domains`` are among the outputs.
  package func lossFunction(of outputs: [String]) -> LossFunction {
    func place(_ domain: String) -> Int {
      guard let index = outputs.firstIndex(of: domain) else {
        preconditionFailure("expected an output '\(domain)', found \(outputs)")
      }
      return index
    }
    var function = LossFunction(
      coefficients: outputs.map { _ in 0 },
      limits: limits.map { .init(output: place($0.domain), loss: $0.loss) },
      penalty: Self.penalty)
    switch aggregate {
    case .mean:
      for (target, weight) in zip(targets, weights) {
        function.coefficients[place(target)] = weight
      }
      function.constant = -zip(weights, references ?? []).reduce(0) { $0 + $1.0 * $1.1 }
    case .worst:
      function.worst = targets.indices.map {
        .init(output: place(targets[$0]), loss: references?[$0] ?? 0)
      }
    }
    return function
  }
}

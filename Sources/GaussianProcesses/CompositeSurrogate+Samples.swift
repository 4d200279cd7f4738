import Foundation
import Numerics

extension CompositeSurrogate {
  /// Joint draws of every output's loss at some mixtures, for objectives that are not sums.
  ///
  /// - Returns: [draw][mixture][output]; nil where the covariance at the mixtures cannot be factored.
  package func samples(
    at mixtures: [[Double]], count: Int, using generator: inout SeededGenerator
  ) -> [[[Double]]]? {
    let points = fit.members.indices.map { embedded(mixtures, member: $0) }
    guard let root = Cholesky(factoring: correlation) else { return nil }
    var factors: [Matrix] = []
    var means: [[Double]] = []
    for model in models {
      let (mean, covariance) = model.posterior(
        at: points[model.member], inputs: inputs[model.member])
      guard let cholesky = Cholesky(factoring: covariance) else { return nil }
      factors.append(cholesky.factor)
      means.append(mean)
    }
    let deviation = varianceFactor.squareRoot()
    return (0..<count).map { _ in
      let independent = Matrix(
        rows: models.count, columns: mixtures.count,
        elements: (0..<models.count * mixtures.count).map { _ in generator.normal() })
      let correlated = root.factor.times(independent)
      var losses = mixtures.map { _ in [Double](repeating: 0, count: outputs) }
      for (m, model) in models.enumerated() {
        let draw = factors[m].times(correlated.row(m))
        for x in mixtures.indices {
          let linked = model.location + model.scale * (means[m][x] + deviation * draw[x])
          losses[x][model.output] += (link == .logarithm ? exp(linked) : linked) / Double(members)
        }
      }
      return losses
    }
  }
}

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
    // Of each model at each mixture, its mean loss.
    var expected: [[Double]] = []
    for model in models {
      let (mean, covariance) = model.posterior(
        at: points[model.member], inputs: inputs[model.member])
      guard let cholesky = Cholesky(factoring: covariance) else { return nil }
      factors.append(cholesky.factor)
      means.append(mean)
      expected.append(
        mixtures.indices.map { loss(model, mean: mean[$0], variance: covariance[$0, $0]).mean })
    }
    let deviation = varianceFactor.squareRoot()
    return (0..<count).map { _ in
      let independent = Matrix(
        rows: models.count, columns: mixtures.count,
        elements: (0..<models.count * mixtures.count).map { _ in generator.normal() })
      let correlated = root.factor.times(independent)
      let tilts = self.tilts(
        Matrix(
          rows: tiltDimensions, columns: 1,
          elements: (0..<tiltDimensions).map { _ in generator.normal() }))
      var losses = mixtures.map { _ in [Double](repeating: 0, count: outputs) }
      for (m, model) in models.enumerated() {
        let draw = factors[m].times(correlated.row(m))
        for x in mixtures.indices {
          losses[x][model.output] +=
            loss(model, of: means[m][x] + deviation * draw[x]) / Double(members)
            + tilts[model.member, 0] * expected[m][x]
        }
      }
      return losses
    }
  }
}

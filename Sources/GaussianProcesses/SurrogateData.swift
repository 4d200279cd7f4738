import Foundation
import Numerics

/// What a surrogate is conditioned on: finished runs, in the order in which they finished.
package struct SurrogateData: Sendable {
  /// k weights for each run.
  package var mixtures: [[Double]]
  /// The loss of each output, (n, d).
  package var losses: Matrix
  /// Mixtures whose runs diverged: known to be bad, by how much is not.
  package var diverged: [[Double]]
  /// For each output the domain that it is the held-out part of; nil where it is not trained on.
  package var ownDomains: [Int?]
  /// Whether all losses are shares between 0 and 1, and can be nothing else.
  package var areShares = false
  /// Of each output, for forms whose law is ``SurrogateForm/Law/given``.
  package var given: GivenLaws?

  /// - Precondition: a row of losses for each mixture, a column for each output, all finite.
  package init(
    mixtures: [[Double]], losses: Matrix, diverged: [[Double]] = [], ownDomains: [Int?]
  ) {
    precondition(
      losses.rows == mixtures.count && losses.columns == ownDomains.count,
      "expected losses (\(mixtures.count), \(ownDomains.count)), found "
        + "(\(losses.rows), \(losses.columns))")
    precondition(losses.elements.allSatisfy(\.isFinite), "expected finite losses")
    self.mixtures = mixtures
    self.losses = losses
    self.diverged = diverged
    self.ownDomains = ownDomains
  }

  package var count: Int { mixtures.count }
  package var parts: Int { mixtures.first?.count ?? diverged.first?.count ?? 0 }
  package var outputs: Int { losses.columns }

  /// How many runs are of a mixture that an earlier run had too.
  package var replicates: Int {
    mixtures.indices.count { i in mixtures[..<i].contains(mixtures[i]) }
  }

  /// The runs of these indices, none diverged.
  package func subset(_ indices: [Int]) -> SurrogateData {
    var part = SurrogateData(
      mixtures: indices.map { mixtures[$0] },
      losses: losses.submatrix(rows: indices, columns: Array(0..<outputs)), ownDomains: ownDomains)
    part.given = given
    part.areShares = areShares
    return part
  }

  /// Some of the outputs alone, without laws that are given.
  func limited(to outputs: [Int]) -> SurrogateData {
    guard outputs.count < self.outputs else { return self }
    var part = SurrogateData(
      mixtures: mixtures, losses: losses.submatrix(rows: Array(0..<count), columns: outputs),
      diverged: diverged, ownDomains: outputs.map { ownDomains[$0] })
    part.areShares = areShares
    return part
  }

  /// At most `count` runs, spread evenly over the order in which they finished.
  package func thinned(to count: Int) -> SurrogateData {
    subset((0..<self.count).evenly(atMost: count))
  }

  /// One output through the link, less its mean, over its standard deviation.
  package func standardized(
    _ output: Int, link: SurrogateForm.Link
  ) -> (outcomes: [Double], location: Double, scale: Double) {
    let values = losses.column(output).map(link.linked)
    let location = values.reduce(0, +) / Double(values.count)
    let variance =
      values.reduce(0) { $0 + ($1 - location) * ($1 - location) } / Double(max(values.count - 1, 1))
    let scale = variance > 1e-20 * max(location * location, 1) ? variance.squareRoot() : 1
    return (values.map { ($0 - location) / scale }, location, scale)
  }
}

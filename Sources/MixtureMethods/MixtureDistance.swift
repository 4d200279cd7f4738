import Mixtures

/// Half the sum of the weights' differences: the share of tokens that would have to move.
package func totalVariation(_ a: [Double], _ b: [Double]) -> Double {
  0.5 * zip(a, b).reduce(0) { $0 + abs($1.0 - $1.1) }
}

extension Mixture {
  /// The one of some on the same domains that the fewest tokens would have to move to; the first of equals, nil of none.
  package func nearest(of mixtures: [Mixture]) -> Mixture? {
    let distances = mixtures.map { totalVariation($0.weights, weights) }
    return distances.indices.min { (distances[$0], $0) < (distances[$1], $1) }.map { mixtures[$0] }
  }
}

/// Whether the two runs that are nearest to a mixture, by total variation, diverged both: one alone may have been bad luck.
///
/// - Parameters:
///   - diverged: mixtures whose runs diverged, weights of each.
///   - ended: those whose runs ended well.
func isAmongDiverged(_ weights: [Double], diverged: [[Double]], ended: [[Double]]) -> Bool {
  guard diverged.count > 1 else { return false }
  let second = diverged.map { totalVariation($0, weights) }.sorted()[1]
  return ended.allSatisfy { totalVariation($0, weights) > second }
}

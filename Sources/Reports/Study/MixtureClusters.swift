import Mixtures

/// Groups of mixtures that are alike.
package struct MixtureClusters: Sendable {
  package struct Cluster: Sendable {
    /// Indices of the mixtures given, in order.
    package var members: [Int]
    /// The mean weights of its members.
    package var mean: Mixture
  }

  /// The one that holds the first mixture first, and so on.
  package let clusters: [Cluster]
  /// The cluster of each mixture.
  package let assignment: [Int]

  /// The same of many mixtures: the first hundred and an even sample of the others are grouped, and each of
  /// the rest joins the group whose mean is nearest.
  package init(sampling mixtures: [Mixture], most: Int = 800) {
    guard mixtures.count > most else {
      self.init(mixtures)
      return
    }
    let first = min(100, most / 2)
    let rest = most - first
    let sample =
      Array(0..<first)
      + (0..<rest).map { first + $0 * (mixtures.count - first) / rest }
    let grouped = MixtureClusters(sample.map { mixtures[$0] })
    let means = grouped.clusters.map(\.mean)
    var assignment = mixtures.map { mixture in
      means.indices.min {
        let (a, b) = (hellingerDistance(means[$0], mixture), hellingerDistance(means[$1], mixture))
        return a != b ? a < b : $0 < $1
      }!
    }
    for (place, index) in sample.enumerated() { assignment[index] = grouped.assignment[place] }
    var members = means.map { _ in [Int]() }
    for (index, cluster) in assignment.enumerated() { members[cluster].append(index) }
    self.init(
      clusters: members.map { indices in
        let domains = mixtures[0].domains
        let sums = domains.indices.map { d in indices.reduce(0) { $0 + mixtures[$1].weights[d] } }
        return Cluster(members: indices, mean: Mixture(domains: domains, proportionalTo: sums))
      }, assignment: assignment)
  }

  private init(clusters: [Cluster], assignment: [Int]) {
    self.clusters = clusters
    self.assignment = assignment
  }

  /// Joins the two clusters that are nearest by their members' mean distance, over and over (UPGMA;
  /// Sokal and Michener 1958), until all are further apart than `distance` and there are at most
  /// `limit`. Of equal distances the earliest pair is joined, so that the order decides, not chance.
  ///
  /// - Parameter distance: Hellinger's, from 0 to 1.
  package init(_ mixtures: [Mixture], limit: Int = 6, distance threshold: Double = 0.2) {
    precondition(limit > 0)
    var members: [[Int]?] = mixtures.indices.map { [$0] }
    var distances = mixtures.map { a in mixtures.map { hellingerDistance(a, $0) } }
    // The nearest later cluster of each cluster, so that a join costs a row rather than a square.
    func nearest(_ i: Int) -> (index: Int, distance: Double)? {
      var best: (index: Int, distance: Double)?
      for j in members.indices.dropFirst(i + 1) where members[j] != nil {
        if distances[i][j] < best?.distance ?? .infinity { best = (j, distances[i][j]) }
      }
      return best
    }
    var neighbours = members.indices.map(nearest)
    var count = mixtures.count
    while count > 1 {
      var pair: (first: Int, second: Int, distance: Double)?
      for i in members.indices where members[i] != nil {
        if let neighbour = neighbours[i], neighbour.distance < pair?.distance ?? .infinity {
          pair = (i, neighbour.index, neighbour.distance)
        }
      }
      guard let (first, second, distance) = pair, count > limit || distance <= threshold,
        let a = members[first], let b = members[second]
      else { break }
      for k in members.indices where members[k] != nil && k != first && k != second {
        let mean =
          (Double(a.count) * distances[first][k] + Double(b.count) * distances[second][k])
          / Double(a.count + b.count)
        distances[first][k] = mean
        distances[k][first] = mean
      }
      members[first] = a + b
      members[second] = nil
      count -= 1
      for i in members.indices where members[i] != nil && i < second {
        if i == first || neighbours[i]?.index == first || neighbours[i]?.index == second {
          neighbours[i] = nearest(i)
        } else if i < first, distances[i][first] < neighbours[i]?.distance ?? .infinity {
          neighbours[i] = (first, distances[i][first])
        }
      }
    }
    clusters = members.compactMap { $0?.sorted() }.map { indices in
      let domains = mixtures[indices[0]].domains
      let sums = domains.indices.map { d in indices.reduce(0) { $0 + mixtures[$1].weights[d] } }
      return Cluster(members: indices, mean: Mixture(domains: domains, proportionalTo: sums))
    }.sorted { $0.members[0] < $1.members[0] }
    var assignment = mixtures.map { _ in 0 }
    for (index, cluster) in clusters.enumerated() {
      for member in cluster.members { assignment[member] = index }
    }
    self.assignment = assignment
  }
}

/// Hellinger's distance, √(1 − Σ √(p q)): 0 for equal mixtures, 1 for those that share no domain.
///
/// - Precondition: the mixtures are over the same domains.
package func hellingerDistance(_ a: Mixture, _ b: Mixture) -> Double {
  precondition(a.weights.count == b.weights.count)
  // The sum of squared differences of the roots, halved, is the same and loses no digits near zero.
  let sum = zip(a.weights, b.weights).reduce(0) { sum, pair in
    let difference = pair.0.squareRoot() - pair.1.squareRoot()
    return sum + difference * difference
  }
  return min((sum / 2).squareRoot(), 1)
}

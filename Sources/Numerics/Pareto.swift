/// What several losses can be had together.
package enum Pareto {
  /// Those of some points that no other is better than in one loss and not worse in any: indices, ascending. Of equal
  /// points the first.
  ///
  /// - Parameter points: [point][loss].
  package static func front(of points: [[Double]]) -> [Int] {
    if points.first?.count == 2 {
      // From the lowest of the first on, whoever has the lowest of the second so far.
      var lowest = Double.infinity
      return points.indices.sorted {
        (points[$0][0], points[$0][1], $0) < (points[$1][0], points[$1][1], $1)
      }.filter { place in
        guard points[place][1] < lowest else { return false }
        lowest = points[place][1]
        return true
      }.sorted()
    }
    return points.indices.filter { a in
      !points.indices.contains { b in
        let isNoWorse = zip(points[b], points[a]).allSatisfy { $0 <= $1 }
        return isNoWorse && (points[b] != points[a] || b < a)
      }
    }
  }

  /// How often each point is on the front.
  ///
  /// - Parameter draws: of the points, [draw][point][loss].
  package static func chances(_ draws: [[[Double]]]) -> [Double] {
    var counts = [Int](repeating: 0, count: draws.first?.count ?? 0)
    for draw in draws { for place in front(of: draw) { counts[place] += 1 } }
    return counts.map { Double($0) / Double(draws.count) }
  }

  /// The area that points of two losses dominate below a reference point.
  package static func hypervolume(_ points: [[Double]], below reference: [Double]) -> Double {
    var area = 0.0
    var height = reference[1]
    for point in points.sorted(by: { ($0[0], $0[1]) < ($1[0], $1[1]) })
    where point[0] < reference[0] && point[1] < height {
      area += (reference[0] - point[0]) * (height - point[1])
      height = point[1]
    }
    return area
  }
}

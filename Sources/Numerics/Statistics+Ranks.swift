/// How far two orders of the same things agree.
package enum RankCorrelation {
  /// Ranks from 1; equal values share the mean of theirs.
  package static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for place in start..<end { ranks[order[place]] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }

  /// Pearson's correlation; nil where a side does not vary.
  ///
  /// - Precondition: as many values on either side.
  package static func pearson(_ x: [Double], _ y: [Double]) -> Double? {
    precondition(x.count == y.count, "expected \(x.count) values, found \(y.count)")
    guard x.count > 1 else { return nil }
    let centerX = Statistics.mean(x)
    let centerY = Statistics.mean(y)
    var product = 0.0
    var squaresX = 0.0
    var squaresY = 0.0
    for (a, b) in zip(x, y) {
      product += (a - centerX) * (b - centerY)
      squaresX += (a - centerX) * (a - centerX)
      squaresY += (b - centerY) * (b - centerY)
    }
    guard squaresX > 0, squaresY > 0 else { return nil }
    return max(-1, min(1, product / (squaresX * squaresY).squareRoot()))
  }

  /// Spearman's ρ: the correlation of the ranks. Nil where a side does not vary.
  package static func spearman(_ x: [Double], _ y: [Double]) -> Double? {
    pearson(ranks(x), ranks(y))
  }

  /// Kendall's τ-b: concordant less discordant pairs, corrected for ties (Kendall, Biometrika 33,
  /// 1945). Nil where a side does not vary.
  package static func kendall(_ x: [Double], _ y: [Double]) -> Double? {
    precondition(x.count == y.count, "expected \(x.count) values, found \(y.count)")
    var agreement = 0
    var untiedX = 0
    var untiedY = 0
    for i in x.indices {
      for j in x.indices.dropFirst(i + 1) {
        let orderX = x[i] < x[j] ? 1 : x[i] > x[j] ? -1 : 0
        let orderY = y[i] < y[j] ? 1 : y[i] > y[j] ? -1 : 0
        agreement += orderX * orderY
        untiedX += abs(orderX)
        untiedY += abs(orderY)
      }
    }
    guard untiedX > 0, untiedY > 0 else { return nil }
    return Double(agreement) / (Double(untiedX) * Double(untiedY)).squareRoot()
  }
}

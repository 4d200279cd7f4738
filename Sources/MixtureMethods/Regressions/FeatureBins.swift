/// A feature's values in bins, with LightGBM's boundaries (`src/io/bin.cpp`, version 4.7.0): zero has the first
/// bin to itself; above it every bin has some runs at least, and where there are more values than bins about as
/// many each.
struct FeatureBins: Sendable {
  /// The upper bound of each bin but the last, inclusive.
  let bounds: [Double]
  /// The bin of each run.
  let places: [Int]

  var count: Int { bounds.count + 1 }

  /// What LightGBM takes for zero.
  private static let zero = 1e-35

  /// - Precondition: no value is negative.
  init(_ values: [Double], most: Int, least: Int) {
    precondition(values.allSatisfy { $0 >= 0 }, "expected weights that are not negative")
    var distinct: [Double] = []
    var counts: [Int] = []
    for value in values.sorted() where value > Self.zero {
      // Values a rounding apart are one, the larger.
      if let last = distinct.last, value <= last.nextUp {
        distinct[distinct.count - 1] = value
        counts[counts.count - 1] += 1
      } else {
        distinct.append(value)
        counts.append(1)
      }
    }
    let bounds =
      distinct.isEmpty
      ? [] : [Self.zero] + Self.bounds(distinct, counts, most: most - 1, least: least)
    self.bounds = bounds
    places = values.map { value in
      // The first bin whose upper bound is not below the value.
      var (low, high) = (0, bounds.count)
      while low < high {
        let middle = (low + high) / 2
        if value <= bounds[middle] { high = middle } else { low = middle + 1 }
      }
      return low
    }
  }

  private static func bounds(
    _ distinct: [Double], _ counts: [Int], most: Int, least: Int
  ) -> [Double] {
    func middle(_ i: Int) -> Double { ((distinct[i] + distinct[i + 1]) / 2).nextUp }
    var found: [Double] = []
    var filled = 0
    if distinct.count <= most {
      for i in distinct.indices.dropLast() {
        filled += counts[i]
        guard filled >= least else { continue }
        if let last = found.last, middle(i) <= last.nextUp { continue }
        found.append(middle(i))
        filled = 0
      }
      return found
    }
    let total = counts.reduce(0, +)
    let bins = max(min(most, total / max(least, 1)), 1)
    var size = Double(total) / Double(bins)
    let isBig = counts.map { Double($0) >= size }
    var binsLeft = bins
    var runsLeft = total
    for (count, isBig) in zip(counts, isBig) where isBig {
      binsLeft -= 1
      runsLeft -= count
    }
    size = Double(runsLeft) / Double(max(binsLeft, 1))
    for i in distinct.indices.dropLast() {
      if !isBig[i] { runsLeft -= counts[i] }
      filled += counts[i]
      let isFull =
        isBig[i] || Double(filled) >= size
        || (isBig[i + 1] && Double(filled) >= max(1, size * 0.5))
      guard isFull else { continue }
      if found.last.map({ middle(i) > $0.nextUp }) ?? true { found.append(middle(i)) }
      if found.count >= bins - 1 { break }
      filled = 0
      if !isBig[i] {
        binsLeft -= 1
        size = Double(runsLeft) / Double(max(binsLeft, 1))
      }
    }
    return found
  }
}

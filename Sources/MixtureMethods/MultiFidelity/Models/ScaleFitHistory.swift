import GaussianProcesses

/// Fits of hyperparameters, made anew on the first m runs, m = 1, 2, … 8, 10, 12, 15 and so on, a quarter more each
/// time, and likewise for runs at the target alone: beside hundreds of cheap ones these are few, and tell most. A function of the runs as they are, and cheap. Each is calibrated by what fits to the smaller sizes
/// among these runs say of the larger ones.
struct ScaleFitHistory: Sendable {
  private var known: (data: ScaleData, fit: ScaleFit?)?
  /// Of the objective.
  let function: LossFunction

  init(function: LossFunction) { self.function = function }

  /// The largest milestone that is not above `count`.
  static func milestone(atMost count: Int) -> Int {
    var value = 3
    while true {
      let next = max(value + 1, value * 5 / 4)
      if next > count { return min(value, count) }
      value = next
    }
  }

  /// How many of the first runs are fitted to.
  static func count(_ data: ScaleData) -> Int {
    let final = data.runs.indices.filter { data.isAtTarget(data.runs[$0]) }
    let last = final.isEmpty ? 0 : final[milestone(atMost: final.count) - 1] + 1
    return max(milestone(atMost: data.count), last)
  }

  mutating func fit(for data: ScaleData) -> ScaleFit? {
    var first = data
    first.runs = Array(data.runs.prefix(Self.count(data)))
    if let known, known.data == first { return known.fit }
    var fit = ScaleFit.selected(for: first, level: .near)
    fit?.factors = ForecastCheck.factors(
      ForecastCheck.all(first, function, least: 2, runs: 40, level: .near))
    known = (first, fit)
    return fit
  }
}

/// Between two values of a feature, the first below the second: what is at most this goes with the first. The middle of
/// two neighbours among the numbers may be rounded to the second, and a split there would leave one side empty.
func splitThreshold(_ low: Double, _ high: Double) -> Double {
  let middle = 0.5 * (low + high)
  return middle < high ? middle : low
}

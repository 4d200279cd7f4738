import Foundation

/// Minimizes a smooth function by L-BFGS with a line search that ends at strong Wolfe points
/// (Nocedal and Wright, *Numerical Optimization*, algorithms 7.4, 7.5, 3.5 and 3.6).
package struct LimitedMemoryBFGS: Sendable {
  /// How many steps the curvature is remembered for.
  package var memory = 10
  package var maximumIterations = 200
  /// Evaluations of the function, over all line searches.
  package var maximumEvaluations = 1000
  /// Ends when no component of the gradient is larger.
  package var gradientTolerance = 1e-6
  /// Ends when a step gains less than this, relative to the value's size or to one.
  package var valueTolerance = 1e-12
  /// The first step is at most this long.
  package var firstStep = 1.0

  package init() {}

  package struct Result: Sendable {
    package var point: [Double]
    package var value: Double
    package var gradient: [Double]
    package var iterations: Int
    package var evaluations: Int
    /// Whether a tolerance ended the search, rather than a limit or a failed line search.
    package var hasConverged: Bool
  }

  /// - Parameter function: value and gradient; a value that is not finite says that the point is out
  ///   of bounds, and the step is shortened.
  /// - Returns: the start itself where its value is not finite, as foreign numbers may have it.
  package func minimize(
    from start: [Double], _ function: ([Double]) -> (value: Double, gradient: [Double])
  ) -> Result {
    var evaluations = 0
    func evaluate(_ x: [Double]) -> (value: Double, gradient: [Double]) {
      evaluations += 1
      return function(x)
    }
    var x = start
    var (f, g) = evaluate(x)
    guard f.isFinite else {
      return Result(
        point: x, value: f, gradient: g, iterations: 0, evaluations: 1, hasConverged: false)
    }
    var history = CurvatureHistory(memory: memory)
    var converged = false
    var iteration = 0
    while iteration < maximumIterations, evaluations < maximumEvaluations {
      if g.allSatisfy({ abs($0) <= gradientTolerance }) {
        converged = true
        break
      }
      var direction = history.descentDirection(of: g)
      var slope = dot(direction, g)
      if !(slope < 0) {
        history.forget()
        direction = g.map { -$0 }
        slope = -dot(g, g)
      }
      let length = dot(direction, direction).squareRoot()
      let initial = history.isEmpty ? min(1, firstStep / length) : 1
      guard
        let found = lineSearch(
          from: x, value: f, slope: slope, along: direction, initial: initial,
          budget: maximumEvaluations - evaluations, evaluate)
      else {
        if history.isEmpty { break }
        history.forget()
        continue
      }
      iteration += 1
      history.append(
        step: zip(found.point, x).map { $0 - $1 }, change: zip(found.gradient, g).map { $0 - $1 })
      let gain = f - found.value
      (x, f, g) = (found.point, found.value, found.gradient)
      if gain <= valueTolerance * max(1, abs(f)) {
        converged = true
        break
      }
    }
    return Result(
      point: x, value: f, gradient: g, iterations: iteration, evaluations: evaluations,
      hasConverged: converged)
  }

  private struct Trial {
    var step: Double
    var point: [Double]
    var value: Double
    var gradient: [Double]
    var slope: Double
  }

  /// A point of sufficient decrease and small slope, or the best decrease that the budget allowed;
  /// nil where there is none.
  private func lineSearch(
    from x: [Double], value: Double, slope: Double, along direction: [Double], initial: Double,
    budget: Int, _ evaluate: ([Double]) -> (value: Double, gradient: [Double])
  ) -> Trial? {
    let decrease = 1e-4
    let curvature = 0.9
    var left = min(budget, 30)
    func trial(_ step: Double) -> Trial {
      left -= 1
      let point = zip(x, direction).map { $0 + step * $1 }
      let (value, gradient) = evaluate(point)
      return Trial(
        step: step, point: point, value: value, gradient: gradient,
        slope: dot(gradient, direction))
    }
    func suffices(_ t: Trial) -> Bool { t.value <= value + decrease * t.step * slope }

    var low = Trial(step: 0, point: x, value: value, gradient: [], slope: slope)
    var high: Trial?
    var step = initial
    while left > 0, high == nil {
      let next = trial(step)
      if !next.value.isFinite || !next.slope.isFinite {
        step = low.step + (step - low.step) * 0.1
        continue
      }
      if !suffices(next) || (low.step > 0 && next.value >= low.value) {
        high = next
      } else if abs(next.slope) <= -curvature * slope {
        return next
      } else if next.slope >= 0 {
        high = low
        low = next
      } else {
        low = next
        step *= 2.5
      }
    }
    guard var high else { return low.step > 0 ? low : nil }
    while left > 0, abs(high.step - low.step) > 1e-14 * max(1, low.step) {
      let next = trial(interpolated(low, high))
      if !next.value.isFinite || !suffices(next) || next.value >= low.value {
        high = next
        if !next.value.isFinite { high.value = .infinity }
      } else {
        if abs(next.slope) <= -curvature * slope { return next }
        if next.slope * (high.step - low.step) >= 0 { high = low }
        low = next
      }
    }
    return low.step > 0 ? low : nil
  }

  /// The minimum of the cubic through two trials, kept off their ends.
  private func interpolated(_ a: Trial, _ b: Trial) -> Double {
    let width = b.step - a.step
    let middle = a.step + 0.5 * width
    guard b.value.isFinite, b.slope.isFinite else { return a.step + 0.1 * width }
    let d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step)
    let square = d1 * d1 - a.slope * b.slope
    guard square >= 0 else { return middle }
    let d2 = square.squareRoot() * (width > 0 ? 1 : -1)
    let point = b.step - width * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2)
    let share = (point - a.step) / width
    guard share.isFinite else { return middle }
    return a.step + min(max(share, 0.05), 0.95) * width
  }
}

/// The last steps and the changes of the gradient over them: an inverse Hessian without the matrix.
package struct CurvatureHistory: Sendable {
  private let memory: Int
  private var pairs: [(step: [Double], change: [Double], inverse: Double)] = []

  package init(memory: Int) { self.memory = memory }

  package var isEmpty: Bool { pairs.isEmpty }

  package mutating func forget() { pairs = [] }

  /// Takes a pair in unless its curvature is not safely positive.
  package mutating func append(step: [Double], change: [Double]) {
    let product = dot(step, change)
    let size = (dot(step, step) * dot(change, change)).squareRoot()
    guard product > 1e-10 * size, product > 0 else { return }
    if pairs.count == memory { pairs.removeFirst() }
    pairs.append((step, change, 1 / product))
  }

  /// -H g by the two-loop recursion.
  package func descentDirection(of gradient: [Double]) -> [Double] {
    var q = gradient
    var coefficients: [Double] = []
    for pair in pairs.reversed() {
      let a = pair.inverse * dot(pair.step, q)
      coefficients.append(a)
      for i in q.indices { q[i] -= a * pair.change[i] }
    }
    if let last = pairs.last {
      let scale = 1 / (last.inverse * dot(last.change, last.change))
      for i in q.indices { q[i] *= scale }
    }
    for (pair, a) in zip(pairs, coefficients.reversed()) {
      let b = pair.inverse * dot(pair.change, q)
      for i in q.indices { q[i] += (a - b) * pair.step[i] }
    }
    return q.map { -$0 }
  }
}

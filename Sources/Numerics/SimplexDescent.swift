/// Minimizes a smooth function over the simplex, or a box cut out of it, by projected gradients with
/// Barzilai and Borwein's step length (IMA Journal of Numerical Analysis 8, 1988) and Armijo's rule.
///
/// Unlike a softmax it reaches faces and corners, where the minimum of a mixing law often lies.
package struct SimplexDescent: Sendable {
  package var maximumIterations = 500
  /// Ends when a projected gradient step of length one moves no weight further than this.
  package var tolerance = 1e-9

  package init() {}

  /// - Parameters:
  ///   - start: any point; its projection is where the search begins.
  ///   - lower: bound of each weight; zeros if nil.
  ///   - upper: bound of each weight; ones if nil.
  ///   - function: value and gradient; a value that is not finite shortens the step.
  /// - Precondition: the bounds admit weights that sum to one.
  package func minimize(
    from start: [Double], lower: [Double]? = nil, upper: [Double]? = nil,
    _ function: ([Double]) -> (value: Double, gradient: [Double])
  ) -> (point: [Double], value: Double) {
    minimize(
      from: start,
      projectingBy: { Simplex.projection(of: $0, lower: lower, upper: upper) }, function)
  }

  /// The same over any convex set, told by the nearest point in it.
  package func minimize(
    from start: [Double], projectingBy project: ([Double]) -> [Double],
    _ function: ([Double]) -> (value: Double, gradient: [Double])
  ) -> (point: [Double], value: Double) {
    var x = project(start)
    var (f, g) = function(x)
    var step = 1 / max(g.map(abs).max() ?? 0, 1)
    for _ in 0..<maximumIterations {
      let reach = zip(project(zip(x, g).map { $0 - $1 }), x).map { $0 - $1 }
      if reach.allSatisfy({ abs($0) <= tolerance }) { break }
      // Along the line to the projected point every point is feasible.
      let target = project(zip(x, g).map { $0 - step * $1 })
      let direction = zip(target, x).map { $0 - $1 }
      let slope = dot(direction, g)
      guard slope < 0 else { break }
      var share = 1.0
      var next: (point: [Double], value: Double, gradient: [Double])?
      for _ in 0..<60 {
        let point = zip(x, direction).map { max($0 + share * $1, 0) }
        let (value, gradient) = function(point)
        if value.isFinite, value <= f + 1e-4 * share * slope {
          next = (point, value, gradient)
          break
        }
        share *= 0.4
      }
      guard let next else { break }
      let moved = zip(next.point, x).map { $0 - $1 }
      let turned = zip(next.gradient, g).map { $0 - $1 }
      let curvature = dot(moved, turned)
      step = curvature > 0 ? dot(moved, moved) / curvature : step * 2
      step = min(max(step, 1e-12), 1e12)
      (x, f, g) = next
    }
    return (x, f)
  }
}

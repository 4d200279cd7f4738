import Numerics

/// The convex hull of some mixtures: what is between them, in any number of steps.
package struct MixtureHull: Sendable {
  package let vertices: [[Double]]
  package var parts: Int { vertices[0].count }

  /// - Precondition: there is a mixture.
  package init(of mixtures: [[Double]]) {
    precondition(!mixtures.isEmpty, "expected mixtures")
    vertices = mixtures
  }

  /// The point of the hull nearest to a mixture (Euclid), to within 1e-5 or so.
  package func projection(of mixture: [Double]) -> [Double] {
    let nearest = vertices.indices.min {
      (Self.distance(vertices[$0], mixture), $0) < (Self.distance(vertices[$1], mixture), $1)
    }!
    var walk = HullWalk(self, from: nearest)
    for _ in 0..<2000 {
      let gradient = zip(walk.point, mixture).map { 2 * ($0 - $1) }
      guard let move = walk.move(down: gradient, tolerance: 1e-10) else { break }
      // The quadratic's own minimum along the way.
      let length = dot(move.direction, move.direction)
      guard length > 1e-20 else { break }
      walk.take(move, step: min(move.limit, -0.5 * dot(gradient, move.direction) / length))
    }
    return walk.point
  }

  private static func distance(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  }

  /// A local minimum over the hull by pairwise steps of Frank and Wolfe's method (Lacoste-Julien and Jaggi,
  /// *On the Global Linear Convergence of Frank-Wolfe Optimization Variants*, 2015).
  ///
  /// - Parameters:
  ///   - start: within the hull.
  ///   - function: smooth, and defined a little beyond the simplex; its slopes are taken by differences.
  package func minimize(
    from start: [Double], _ function: ([Double]) -> Double
  ) -> (mixture: [Double], value: Double) {
    var walk = HullWalk(self, at: start)
    var value = function(walk.point)
    for _ in 0..<400 {
      let point = walk.point
      let gradient = point.indices.map { j in
        var (up, down) = (point, point)
        up[j] += 1e-6
        down[j] -= 1e-6
        return (function(up) - function(down)) / 2e-6
      }
      guard let move = walk.move(down: gradient, tolerance: 1e-7) else { break }
      var step = move.limit
      var gained = false
      for _ in 0..<30 {
        let next = function(walk.point(after: move, step: step))
        if next < value + 1e-4 * step * dot(gradient, move.direction) {
          // A longer step was refused or there is none: try between.
          walk.take(move, step: step)
          value = next
          gained = true
          break
        }
        step *= 0.5
      }
      if !gained { break }
    }
    return (walk.point, value)
  }
}

/// A point of a hull as shares of its vertices.
private struct HullWalk {
  struct Move {
    var toward: Int
    /// A vertex, or nil for the start itself.
    var from: Int?
    var direction: [Double]
    /// The longest step.
    var limit: Double
  }

  private let hull: MixtureHull
  private let origin: [Double]
  /// Of the point that the walk began at.
  private var originShare: Double
  private var shares: [Int: Double] = [:]
  /// Vertices with a share, in the order in which they came.
  private var active: [Int] = []
  private(set) var point: [Double]

  init(_ hull: MixtureHull, at start: [Double]) {
    self.hull = hull
    origin = start
    originShare = 1
    point = start
  }

  init(_ hull: MixtureHull, from vertex: Int) {
    self.init(hull, at: hull.vertices[vertex])
  }

  /// From the vertex in use that lies highest to the one that lies lowest; nil where that gains less than
  /// the tolerance.
  func move(down gradient: [Double], tolerance: Double) -> Move? {
    let slopes = hull.vertices.map { dot(gradient, $0) }
    let lowest = slopes.indices.min { (slopes[$0], $0) < (slopes[$1], $1) }!
    guard dot(gradient, point) - slopes[lowest] > tolerance else { return nil }
    var from: Int?
    var highest = originShare > 0 ? dot(gradient, origin) : -.infinity
    for vertex in active where slopes[vertex] > highest {
      from = vertex
      highest = slopes[vertex]
    }
    let away = from.map { hull.vertices[$0] } ?? origin
    return Move(
      toward: lowest, from: from,
      direction: zip(hull.vertices[lowest], away).map { $0 - $1 },
      limit: from.map { shares[$0]! } ?? originShare)
  }

  func point(after move: Move, step: Double) -> [Double] {
    zip(point, move.direction).map { max($0 + step * $1, 0) }
  }

  mutating func take(_ move: Move, step: Double) {
    point = point(after: move, step: step)
    let isWhole = step >= move.limit
    if let from = move.from {
      shares[from]! -= step
      if isWhole {
        shares[from] = nil
        active.removeAll { $0 == from }
      }
    } else {
      originShare = isWhole ? 0 : originShare - step
    }
    if shares[move.toward] == nil {
      shares[move.toward] = 0
      active.append(move.toward)
    }
    shares[move.toward]! += step
  }
}

import Foundation
import Numerics
import Testing

@testable import GaussianProcesses

@Suite("Two losses as one") struct ScalarizationTests {
  private func points(_ count: Int, seed: UInt64, ties: Bool) -> [[Double]] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      (0..<2).map { _ in
        let value = generator.uniform()
        return ties ? (value * 6).rounded() : value
      }
    }
  }

  @Test("have as front the points that no other is better than", arguments: 0..<20, [false, true])
  func fronts(seed: Int, ties: Bool) {
    let points = points(40, seed: UInt64(seed), ties: ties)
    let expected = points.indices.filter { a in
      !points.indices.contains { b in
        let noWorse = points[b][0] <= points[a][0] && points[b][1] <= points[a][1]
        return noWorse && (points[b] != points[a] || b < a)
      }
    }
    #expect(Pareto.front(of: points) == expected)
    // A third loss that is the same for all changes nothing.
    #expect(Pareto.front(of: points.map { $0 + [1] }) == expected)
  }

  @Test("dominate an area that counting points finds too")
  func areas() {
    #expect(Pareto.hypervolume([[1, 3], [2, 2], [3, 1]], below: [4, 4]) == 6)
    #expect(Pareto.hypervolume([[2, 2], [3, 3], [2, 5], [9, 0]], below: [4, 4]) == 4)
    #expect(
      Pareto.hypervolume([[5, 5]], below: [4, 4]) == 0
        && Pareto.hypervolume([], below: [1, 1]) == 0)
    let points = points(12, seed: 3, ties: false)
    let side = 400
    var inside = 0
    for i in 0..<side {
      for j in 0..<side {
        let (x, y) = ((Double(i) + 0.5) / Double(side), (Double(j) + 0.5) / Double(side))
        if points.contains(where: { $0[0] <= x && $0[1] <= y }) { inside += 1 }
      }
    }
    let counted = Double(inside) / Double(side * side)
    #expect(abs(Pareto.hypervolume(points, below: [1, 1]) - counted) < 0.01)
  }

  @Test("are lowest on the front, and every part of it is lowest for some weights")
  func coverage() {
    // A front that bends the wrong way for weighted sums, whose losses differ a hundredfold, above which lie others.
    let front = (0...20).map { k -> [Double] in
      let t = Double(k) / 20 * .pi / 2
      return [3 + 100 * sin(t), 7 + cos(t)]
    }
    let points = front + front.map { [$0[0] + 10, $0[1] + 0.1] } + [[200, 20]]
    var found: Set<Int> = []
    for step in 0..<200 {
      let weights = Scalarization.weights(ofStep: step)
      #expect(abs(weights[0] + weights[1] - 1) < 1e-12 && weights.allSatisfy { $0 >= 0 })
      let function = Scalarization(outputs: [0, 1], weights: weights, points: points)
        .function(outputs: 2)
      let values = points.map { function.value(of: $0) }
      found.insert(values.indices.min { values[$0] < values[$1] }!)
    }
    #expect(found.allSatisfy { $0 < front.count })
    #expect(found.count >= 14, "\(found.sorted())")
    // A weighted sum finds the two ends alone.
    let sums = Set(
      (1..<100).map { k in
        points.indices.min { a, b in
          func sum(_ p: [Double]) -> Double { Double(k) * p[0] / 100 + Double(100 - k) * p[1] }
          return sum(points[a]) < sum(points[b])
        }!
      })
    #expect(sums.count <= 2)
  }

  @Test("have weights that lie evenly between the two, however many steps there are")
  func evenness() {
    for count in [5, 13, 40] {
      let sorted = (0..<count).map { Scalarization.weights(ofStep: $0)[0] }.sorted()
      let gaps = zip(sorted, sorted.dropFirst()).map { $1 - $0 }
      #expect(gaps.max()! < 2.7 / Double(count))
    }
  }

  @Test("slope as finite differences do, whatever other losses there are", arguments: 0..<6)
  func slopes(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed), stream: "slopes")
    let known = (0..<5).map { _ in (0..<4).map { _ in 2 + generator.uniform() } }
    let function = Scalarization(outputs: [3, 1], weights: [0.3, 0.7], points: known)
      .function(outputs: 4)
    let point = (0..<4).map { _ in 2 + generator.uniform() }
    let slopes = function.gradients(of: point.map { [$0] }, adjoints: [1])
    for d in 0..<4 {
      var (low, high) = (point, point)
      low[d] -= 1e-6
      high[d] += 1e-6
      let difference = (function.value(of: high) - function.value(of: low)) / 2e-6
      #expect(abs(slopes[d][0] - difference) < 1e-6, "loss \(d)")
    }
    #expect(slopes[0][0] == 0 && slopes[2][0] == 0)
  }

  @Test("may be of points that do not differ")
  func onePoint() {
    let function = Scalarization(
      outputs: [0, 1], weights: [0.5, 0.5], points: [[2, 3], [2, 3]]
    ).function(outputs: 2)
    #expect(abs(function.value(of: [2, 3])) < 1e-12 && function.value(of: [3, 3]) > 0)
  }
}

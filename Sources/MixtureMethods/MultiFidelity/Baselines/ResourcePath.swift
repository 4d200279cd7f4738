import Foundation
import Mixtures
import Numerics

/// The one resource of successive halving and its kin, laid along the grid: points from cheap to dear, the
/// target last.
package struct ResourcePath: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Tokens of runs at the target's size, as their authors use it.
    case steps
    /// Cost along a way over all sizes: longer and longer runs of the smallest size, and then, as long as
    /// the target's, of larger and larger ones.
    case sizes
  }

  package let points: [FidelityPoint]
  /// Of each point: tokens, or the cost of a run that is measured there alone.
  package let resources: [Double]

  package init(_ kind: Kind, along grid: FidelityGrid) {
    let target = grid.target
    func tokens(_ point: FidelityPoint) -> Double { Double(max(grid[point].scale.tokens, 1)) }
    switch kind {
    case .steps:
      points = (0...target.rung).map { FidelityPoint(level: target.level, rung: $0) }
      resources = points.map(tokens)
    case .sizes:
      /// The rung whose tokens are nearest to the target's.
      func full(_ level: Int) -> Int {
        grid.levels[level].indices.min { a, b in
          func gap(_ rung: Int) -> Double {
            abs(log(tokens(FidelityPoint(level: level, rung: rung)) / tokens(target)))
          }
          return (gap(a), a) < (gap(b), b)
        }!
      }
      func cost(_ point: FidelityPoint) -> Double {
        grid[point].trunkCost + grid[point].branchCost
      }
      var way: [FidelityPoint] = []
      if target.level == 0 {
        way = (0...target.rung).map { FidelityPoint(level: 0, rung: $0) }
      } else {
        way = (0...full(0)).map { FidelityPoint(level: 0, rung: $0) }
        for level in 1..<target.level { way.append(FidelityPoint(level: level, rung: full(level))) }
        way.append(target)
      }
      // What costs no less than a later point is no use on the way to it.
      var kept: [FidelityPoint] = []
      for point in way.reversed() where kept.last.map({ cost(point) < cost($0) }) ?? true {
        kept.append(point)
      }
      points = kept.reversed()
      resources = points.map(cost)
    }
  }

  /// R of the target over r of the cheapest point.
  var range: Double { resources[resources.count - 1] / resources[0] }

  /// ⌊log_η(R/r)⌋.
  ///
  /// - Precondition: `eta > 1`.
  func brackets(eta: Double) -> Int {
    precondition(eta > 1, "expected η above 1, found \(eta)")
    return Int(clamping: floor(log(range) / log(eta) + 1e-9))
  }

  /// The points of a bracket's rungs, R η^-s first and R last, each the nearest that there is (in ratio).
  func rungs(bracket: Int, eta: Double) -> [FidelityPoint] {
    (0...bracket).map { i in
      let asked = log(resources[resources.count - 1]) - Double(bracket - i) * log(eta)
      let gaps = resources.map { abs(log($0) - asked) }
      return points[gaps.indices.min { (gaps[$0], $0) < (gaps[$1], $1) }!]
    }
  }
}

/// How many configurations Hyperband starts and keeps (Li et al., *Hyperband: A Novel Bandit-Based Approach
/// to Hyperparameter Optimization*, JMLR 18, 2018, algorithm 1).
package struct HyperbandBracket: Sendable, Hashable {
  /// At each rung, from R η^-s to R.
  package let counts: [Int]

  /// ⌈η^s (s_max + 1)/(s + 1)⌉ configurations, of which ⌊n η^-i⌋ reach rung i; one always does.
  ///
  /// - Parameters:
  ///   - index: s.
  ///   - largest: s_max.
  ///   - limit: configurations that there are.
  package init(_ index: Int, of largest: Int, eta: Double, limit: Int = .max) {
    precondition(index >= 0 && index <= largest)
    let exact = pow(eta, Double(index)) * Double(largest + 1) / Double(index + 1)
    let start = min(Int(clamping: (exact - 1e-9).rounded(.up)), limit)
    counts = (0...index).map {
      max(Int(clamping: floor(Double(start) / pow(eta, Double($0)) + 1e-9)), 1)
    }
  }
}

import Mixtures

/// Where a run can be measured: a model size, and how long it has trained.
package struct FidelityPoint: Sendable, Hashable, Codable, CustomStringConvertible {
  /// Of the sizes, from small to large.
  package var level: Int
  /// Of that size's rungs, from short to long.
  package var rung: Int

  package init(level: Int, rung: Int) {
    self.level = level
    self.rung = rung
  }

  package var description: String { "\(level):\(rung)" }
}

/// The sizes and lengths that runs can be measured at, and what that costs.
///
/// Costs are in runs of the target: to train one from its beginning and to measure it there costs 1.
package struct FidelityGrid: Sendable, Hashable, Codable {
  package struct Rung: Sendable, Hashable, Codable {
    /// Parameters of the model and tokens behind what is measured here, a decay's included.
    package var scale: Scale
    /// Of training from the beginning to where the run can be paused.
    package var trunkCost: Double
    /// Of measuring here: the decay that branches off, and the evaluation. Paid once for each run and rung.
    package var branchCost: Double

    package init(scale: Scale, trunkCost: Double, branchCost: Double = 0) {
      self.scale = scale
      self.trunkCost = trunkCost
      self.branchCost = branchCost
    }
  }

  /// Sizes from small to large, each with its rungs from short to long.
  package let levels: [[Rung]]
  /// What a mixture is judged by.
  package let target: FidelityPoint

  /// - Parameters:
  ///   - levels: with costs in any unit; they are divided by that of a run of the target.
  /// - Precondition: every level has rungs, trunks grow along them, and the target is one of them.
  package init(levels: [[Rung]], target: FidelityPoint) {
    precondition(
      levels.indices.contains(target.level)
        && levels[target.level].indices.contains(target.rung),
      "expected a target on the grid, found \(target)")
    for rungs in levels {
      precondition(
        !rungs.isEmpty && zip(rungs, rungs.dropFirst()).allSatisfy { $0.trunkCost < $1.trunkCost }
          && rungs[0].trunkCost > 0 && rungs.allSatisfy { $0.branchCost >= 0 },
        "expected rungs whose costs grow, found \(rungs)")
    }
    let end = levels[target.level][target.rung]
    let unit = end.trunkCost + end.branchCost
    self.levels = levels.map { rungs in
      rungs.map {
        Rung(
          scale: $0.scale, trunkCost: $0.trunkCost / unit, branchCost: $0.branchCost / unit)
      }
    }
    self.target = target
  }

  package subscript(point: FidelityPoint) -> Rung { levels[point.level][point.rung] }

  /// Whether a rung on the way can be measured for nothing.
  package var measuringIsFree: Bool {
    levels.allSatisfy { $0.allSatisfy { $0.branchCost == 0 } }
  }

  /// What it costs to bring a run from where it is paused to a rung, in runs of the target.
  ///
  /// - Parameters:
  ///   - from: the rung that it has reached; nil for a new run, or for one that must begin again.
  ///   - measuringOnTheWay: whether every rung on the way is measured, or the last alone.
  /// - Precondition: `to` is beyond `from`.
  package func extraCost(
    level: Int, from: Int?, to: Int, measuringOnTheWay: Bool = true
  ) -> Double {
    precondition(from ?? -1 < to, "expected a rung beyond \(from ?? -1), found \(to)")
    let rungs = levels[level]
    let trunk = rungs[to].trunkCost - (from.map { rungs[$0].trunkCost } ?? 0)
    let first = measuringOnTheWay ? (from ?? -1) + 1 : to
    return rungs[first...to].reduce(trunk) { $0 + $1.branchCost }
  }

  /// What new runs of a size cost that end at each of its rungs and are measured there alone, in runs of the target.
  func costs(level: Int) -> [Double] {
    levels[level].indices.map {
      extraCost(level: level, from: nil, to: $0, measuringOnTheWay: false)
    }
  }
}

/// A grid of a file may come from anywhere.
extension FidelityGrid {
  private enum CodingKeys: CodingKey { case levels, target }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    levels = try fields.decode([[Rung]].self, forKey: .levels)
    target = try fields.decode(FidelityPoint.self, forKey: .target)
    let isThere =
      levels.indices.contains(target.level) && levels[target.level].indices.contains(target.rung)
    guard isThere, levels.allSatisfy(Self.areSound) else {
      throw DecodingError.dataCorruptedError(
        forKey: .levels, in: fields,
        debugDescription: "expected rungs whose tokens and costs grow, and the target among them")
    }
  }

  private static func areSound(_ rungs: [Rung]) -> Bool {
    let costs = 1e-12...1e12
    let grow = zip(rungs, rungs.dropFirst()).allSatisfy { short, long in
      short.trunkCost < long.trunkCost && short.scale.tokens < long.scale.tokens
    }
    return grow && !rungs.isEmpty
      && rungs.allSatisfy { costs.contains($0.trunkCost) && 0...1e12 ~= $0.branchCost }
  }
}

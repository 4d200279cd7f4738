import GaussianProcesses
import MixtureMethods
import Mixtures
import Numerics

/// How well models tell losses at a size from runs there and at smaller sizes: R² on mixtures that were not
/// seen there.
///
/// The designs are those of Yen et al. (arXiv 2503.21023): half of the largest size's runs tell the others,
/// alone and with smaller sizes' runs of all mixtures; the same for the second largest. Theirs know the tested mixtures'
/// own smaller runs, which alone tell nearly all: beside them stand that trivial prediction, and designs without them.
package struct ExtrapolationCheck: Sendable {
  package enum Design: String, Sendable, Hashable, Codable, CaseIterable {
    /// Half of the largest size's runs.
    case e1 = "E1"
    /// And the next smaller size.
    case e2 = "E2"
    /// And all sizes.
    case e3 = "E3"
    /// Half of the second largest size's runs.
    case e4 = "E4"
    /// And the next smaller size.
    case e5 = "E5"
    /// E2, E3 and E5 where the tested mixtures have been run at no size: what is told of a mixture that nobody has
    /// tried. In the published designs its own smaller runs are known.
    case e2Unseen = "E2 unseen"
    case e3Unseen = "E3 unseen"
    case e5Unseen = "E5 unseen"

    /// How many sizes below the target's take part, and how far below the largest the target is.
    var depth: (target: Int, below: Int) {
      switch self {
      case .e1: (0, 0)
      case .e2, .e2Unseen: (0, 1)
      case .e3, .e3Unseen: (0, .max)
      case .e4: (1, 0)
      case .e5, .e5Unseen: (1, 1)
      }
    }

    /// Whether the tested mixtures' runs at smaller sizes are known.
    package var isSeen: Bool {
      switch self {
      case .e1, .e4, .e2Unseen, .e3Unseen, .e5Unseen: false
      case .e2, .e3, .e5: true
      }
    }
  }

  package enum Model: String, Sendable, Hashable, Codable, CaseIterable {
    case own = "scale-bo"
    case lastPoints = "scale-bo+last-points"
    case objectiveOnly = "scale-bo+objective-only"
    case mfms
    case admire
    /// The same mixture's losses one size down plus a constant: what a model of sizes must be better than.
    case sameMixture = "same mixture one size down"
  }

  /// R² of one model in one random split, a line of the journal.
  package struct Score: Sendable, Hashable, Codable {
    /// `E1`, or of an equal-compute comparison the rung that runs went to.
    package var design: String
    package var model: Model
    package var split: UInt64
    package var trained: Int
    package var tested: Int
    /// Of each held-out domain; nil of a model that knows the objective alone.
    package var outputs: [Double]?
    package var objective: Double
    /// Of the 95 % intervals of the objective, a run's own noise not included.
    package var covered: Int
  }

  package let table: FidelityTable

  package init(table: FidelityTable) { self.table = table }

  /// The designs that the table has sizes for.
  package var designs: [Design] {
    Design.allCases.filter { design in
      let (target, below) = design.depth
      let level = table.grid.target.level - target
      return level >= 0 && (below == 0 || level - 1 >= 0)
        && (target == 0 || testable(level).count >= 8)
        && (![.e3, .e3Unseen].contains(design) || level >= 2)
    }
  }

  /// The rung that a size's runs are judged at: the target's, or the last.
  private func end(_ level: Int) -> Int {
    level == table.grid.target.level ? table.grid.target.rung : table.grid.levels[level].count - 1
  }

  /// Mixtures with a run of this size that was measured to its end.
  private func testable(_ level: Int) -> [Int] {
    table.runs.indices.filter { mixture in
      table.runs[mixture][level].contains { $0.losses[end(level)] != nil }
    }
  }

  /// Runs of a mixture at a size, up to a rung.
  private func rows(_ mixture: Int, _ level: Int, through rung: Int? = nil) -> [ScaleData.Run] {
    table.runs[mixture][level].compactMap { run in
      let known = (0...(rung ?? end(level))).filter { run.losses[$0] != nil }
      guard !known.isEmpty else { return nil }
      let scales = known.map { table.grid.levels[level][$0].scale }
      return ScaleData.Run(
        weights: table.pool.mixtures[mixture].weights, parameters: Double(scales[0].parameters),
        tokens: scales.map { Double($0.tokens) }, losses: known.map { run.losses[$0]! })
    }
  }

  private func data(_ runs: [ScaleData.Run], level: Int) -> ScaleData {
    let scale = table.grid.levels[level][end(level)].scale
    return ScaleData(
      runs: runs,
      target: .init(parameters: Double(scale.parameters), tokens: Double(scale.tokens)),
      ownDomains: table.objective.domains.map { table.domains.firstIndex(of: $0) })
  }

  private func shuffled(_ mixtures: [Int], _ split: UInt64, _ stream: String) -> [Int] {
    var order = mixtures
    var generator = SeededGenerator(seed: split, stream: stream)
    generator.shuffle(&order)
    return order
  }

  /// - Returns: nil where the model cannot be fitted.
  package func score(_ design: Design, _ model: Model, split: UInt64) -> Score? {
    let (target, below) = design.depth
    let level = table.grid.target.level - target
    let order = shuffled(testable(level), split, "extrapolation split")
    let half = order.count / 2
    let test = Array(order.dropFirst(half))
    if model == .sameMixture {
      return design.isSeen
        ? shifted(Array(order.prefix(half)), test, level, design: design.rawValue, split: split)
        : nil
    }
    var runs = order.prefix(half).flatMap { rows($0, level) }
    let hidden = design.isSeen ? [] : Set(test)
    for smaller in (0..<level).reversed().prefix(below) {
      runs += table.runs.indices.filter { !hidden.contains($0) }.flatMap { rows($0, smaller) }
    }
    return score(
      model, data(runs, level: level), test: test, level: level, design: design.rawValue,
      split: split)
  }

  /// The losses of each output at the end of a size's runs, means over its runs; nil where it has none.
  private func measured(_ mixture: Int, _ level: Int) -> [Double]? {
    let known = table.runs[mixture][level].compactMap { $0.losses[end(level)] }
    guard !known.isEmpty else { return nil }
    return table.objective.domains.indices.map { d in Statistics.mean(known.map { $0[d] }) }
  }

  /// The trivial prediction: losses one size down plus the mean difference of the mixtures that both sizes have, with
  /// the interval of one more difference (Student's t).
  ///
  /// - Returns: nil where fewer than three mixtures tell the difference, or a tested one has no smaller run.
  private func shifted(
    _ known: [Int], _ test: [Int], _ level: Int, design: String, split: UInt64
  ) -> Score? {
    let pairs = known.compactMap { mixture in
      measured(mixture, level - 1).flatMap { small in measured(mixture, level).map { (small, $0) } }
    }
    let smaller = test.compactMap { measured($0, level - 1) }
    guard pairs.count >= 3, !test.isEmpty, smaller.count == test.count else { return nil }
    let outputs = table.objective.domains.indices
    let shift = outputs.map { d in Statistics.mean(pairs.map { $1[d] - $0[d] }) }
    let guesses = smaller.map { losses in outputs.map { losses[$0] + shift[$0] } }
    let truths = test.map { measured($0, level)! }
    func objectives(_ losses: [[Double]]) -> [Double] {
      losses.map { table.objective.value(of: $0) }
    }
    let errors = zip(
      objectives(pairs.map(\.1)),
      objectives(pairs.map { small, _ in outputs.map { small[$0] + shift[$0] } })
    ).map { $0 - $1 }
    let count = Double(errors.count)
    let reach =
      StudentT(degreesOfFreedom: count - 1).quantile(0.975)
      * (Statistics.variance(errors) ?? 0).squareRoot() * (1 + 1 / count).squareRoot()
    let (told, values) = (objectives(guesses), objectives(truths))
    return Score(
      design: design, model: .sameMixture, split: split, trained: pairs.count + smaller.count,
      tested: test.count,
      outputs: outputs.map { d in
        Self.determination(guesses.map { $0[d] }, truths.map { $0[d] })
      }, objective: Self.determination(told, values),
      covered: zip(told, values).count { abs($0 - $1) <= reach })
  }

  // MARK: Equal compute

  /// Runs of the target's size for the compute of so many at their end: the longer, the fewer.
  package struct Budget: Sendable, Hashable, Codable, CustomStringConvertible {
    package var rung: Int
    package var tokens: Int
    package var runs: Int

    package var description: String { "\(runs) × \(tokens)" }
  }

  /// A third of the mixtures is told. The others are enough for a quarter as many whole runs, four times as
  /// many of a quarter, and so on.
  package var budgets: [Budget] {
    let level = table.grid.target.level
    let rungs = table.grid.levels[level]
    let available = testable(level).count - testCount
    let whole = max(available / 4, 4)
    return (0...end(level)).compactMap { rung in
      let cost = rungs[rung].trunkCost + rungs[rung].branchCost
      let count = Int(clamping: (Double(whole) / cost).rounded())
      guard count <= available else { return nil }
      return Budget(rung: rung, tokens: rungs[rung].scale.tokens, runs: count)
    }
  }

  private var testCount: Int { testable(table.grid.target.level).count / 3 }

  package func score(_ budget: Budget, _ model: Model, split: UInt64) -> Score? {
    let level = table.grid.target.level
    let order = shuffled(testable(level), split, "equal compute")
    let runs = order.dropFirst(testCount).prefix(budget.runs).flatMap {
      rows($0, level, through: budget.rung).prefix(1)
    }
    return score(
      model, data(runs, level: level), test: Array(order.prefix(testCount)), level: level,
      design: "\(budget)", split: split)
  }

  // MARK: Models

  private func score(
    _ model: Model, _ data: ScaleData, test: [Int], level: Int, design: String, split: UInt64
  ) -> Score? {
    let objective = table.objective.lossFunction(of: table.objective.domains)
    let surrogate: (any TargetSurrogate)?
    var function = objective
    switch model {
    case .own: surrogate = Self.scale(data)
    case .lastPoints: surrogate = Self.scale(data.ends)
    case .objectiveOnly:
      function = LossFunction(coefficients: [1])
      surrogate = Self.scale(data.reduced(to: objective))
    case .mfms: surrogate = EndpointSurrogate(.product, data: data.ends)
    case .admire: surrogate = EndpointSurrogate(.linearTruncated, data: data.ends)
    case .sameMixture: return nil
    }
    guard let surrogate, !test.isEmpty else { return nil }
    let mixtures = test.map { table.pool.mixtures[$0].weights }
    let truths = test.map { measured($0, level)! }
    let values = truths.map { table.objective.value(of: $0) }
    let predictions = surrogate.targetValues(of: function, at: mixtures)
    let losses = model == .objectiveOnly ? nil : surrogate.targetLosses(at: mixtures)
    return Score(
      design: design, model: model, split: split, trained: data.count, tested: test.count,
      outputs: losses.map { losses in
        table.objective.domains.indices.map { d in
          Self.determination(losses.map { $0[d].mean }, truths.map { $0[d] })
        }
      }, objective: Self.determination(predictions.map(\.mean), values),
      covered: zip(predictions, values).count { $0.interval.contains($1) })
  }

  private static func scale(_ data: ScaleData) -> ScaleSurrogate? {
    ScaleFit.selected(for: data, runs: 64).flatMap {
      ScaleSurrogate(data: data, fit: $0)
    }
  }

  private static func determination(_ guesses: [Double], _ truths: [Double]) -> Double {
    let center = Statistics.mean(truths)
    func squares(_ errors: [Double]) -> Double { errors.reduce(0) { $0 + $1 * $1 } }
    return 1 - squares(zip(guesses, truths).map { $0 - $1 })
      / max(squares(truths.map { $0 - center }), 1e-300)
  }
}

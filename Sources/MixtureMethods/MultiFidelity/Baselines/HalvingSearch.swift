import Mixtures
import Numerics

/// Brackets of successive halving: many configurations with little of the resource, and the best share of
/// them with η times as much, until one or a few reach the target.
///
/// `successive-halving` repeats the bracket that starts with the least (Jamieson and Talwalkar, 2016),
/// `hyperband` goes through all of them, from the one that starts with the least to the one that runs at the
/// target alone (Li et al., 2018), `bohb` is Hyperband whose configurations come from a ratio of
/// densities (Falkner, Klein and Hutter, 2018), and `smac` one whose configurations a forest chooses. A bracket waits
/// for all runs of a rung before it promotes.
struct HalvingSearch: FidelityMethod {
  enum Brackets: Sendable { case deepest, all }
  enum Proposals: Sendable { case uniform, densities, forest }

  let context: FidelityContext
  private let path: ResourcePath
  private let eta: Double
  private let proposals: Proposals
  /// s of each bracket, from the first on and then again.
  private let cycle: [Int]
  /// The configurations of each bracket so far.
  private var memory: [[Mixture]] = []
  /// Those configurations, to be looked up.
  private var remembered: Set<[Double]> = []
  /// Brackets that need no more runs.
  private var finished = 0
  /// What got to the target in them or was lost: of a pool it is not drawn again.
  private var answered: Set<[Double]> = []

  init(
    _ brackets: Brackets, proposals: Proposals = .uniform, along kind: ResourcePath.Kind,
    eta: Double = 3, context: FidelityContext
  ) {
    self.context = context
    self.proposals = proposals
    self.eta = eta
    path = ResourcePath(kind, along: context.grid)
    let deepest = path.brackets(eta: eta)
    cycle = brackets == .all ? Array((0...deepest).reversed()) : [deepest]
  }

  var measuresOnTheWay: Bool { context.grid.measuringIsFree }

  mutating func next(runs: [FidelityRun], budgetLeft: Double) -> FidelityStep? {
    let index = RunIndex(runs, context: context)
    // Of a pool, brackets may come that have nothing to run.
    while true {
      switch advance(finished, index, runs) {
      case .step(let step): return step
      case .waiting, .exhausted: return nil
      case .finished(let last):
        finished += 1
        answered.formUnion(last.map(\.weights))
      }
    }
  }

  func recommendation(runs: [FidelityRun]) -> FidelityRecommendation? {
    context.incumbent(runs).map { FidelityRecommendation(mixture: $0) }
  }

  private enum Progress {
    case step(FidelityStep)
    case waiting
    /// With the configurations that got to the target or were lost.
    case finished([Mixture])
    /// Of a pool nothing is left.
    case exhausted
  }

  private mutating func advance(
    _ bracket: Int, _ index: RunIndex, _ runs: [FidelityRun]
  ) -> Progress {
    let depth = cycle[bracket % cycle.count]
    let rungs = path.rungs(bracket: depth, eta: eta)
    let eligible = context.candidates.map { all in
      all.filter { mixture in
        !answered.contains(mixture.weights)
          && rungs.allSatisfy { context.reaches($0, with: mixture) }
      }
    }
    if let eligible, eligible.isEmpty { return .exhausted }
    let counts = HyperbandBracket(
      depth, of: cycle[0], eta: eta, limit: eligible?.count ?? .max
    ).counts
    if memory.count == bracket { memory.append([]) }
    var field: [(mixture: Mixture, value: Double)] = []
    var lost: [Mixture] = []
    for (rung, point) in rungs.enumerated() {
      let kept = field.indices.sorted { (field[$0].value, $0) < (field[$1].value, $1) }
        .prefix(counts[rung]).map { field[$0] }.filter { $0.value.isFinite }.map(\.mixture)
      field = []
      var isWaiting = false
      for place in 0..<(rung == 0 ? counts[0] : kept.count) {
        guard
          let mixture = rung == 0
            ? configuration(place, of: bracket, eligible, index, runs) : kept[place]
        else { break }
        switch index.state(of: mixture, at: point) {
        case .measured(let value): field.append((mixture, value))
        case .underWay: isWaiting = true
        case .missing:
          if let step = index.step(bringing: mixture, to: point) { return .step(step) }
          field.append((mixture, .infinity))
        }
      }
      if isWaiting { return .waiting }
      lost += field.filter { !$0.value.isFinite }.map(\.mixture)
    }
    return .finished(field.map(\.mixture) + lost)
  }

  /// Configuration `place` of a bracket, drawn where it has not been.
  private mutating func configuration(
    _ place: Int, of bracket: Int, _ eligible: [Mixture]?, _ index: RunIndex, _ runs: [FidelityRun]
  ) -> Mixture? {
    if place < memory[bracket].count { return memory[bracket][place] }
    var generator = SeededGenerator(
      seed: context.seed, stream: "bracket \(bracket) configuration \(place)")
    let drawn: Mixture?
    if let known = known(in: eligible, runs) {
      // Made anew, it has its earlier configurations from the runs, which began in the same order.
      drawn = known
    } else {
      let rest = eligible.map { all in all.filter { !memory[bracket].contains($0) } }
      let new = proposals == .forest ? rest?.filter { !remembered.contains($0.weights) } : rest
      // Where a forest has nothing new to choose, the draw must not depend on when it is made: nothing shows it.
      let isOpen = proposals != .uniform && new?.isEmpty != true
      drawn =
        (isOpen ? proposal(from: new, index, runs, using: &generator) : nil)
        ?? uniform(from: new?.isEmpty == true ? rest : new, using: &generator)
    }
    if let drawn {
      memory[bracket].append(drawn)
      remembered.insert(drawn.weights)
    }
    return drawn
  }

  /// The first configuration among the runs that is not remembered. Of a pool, only those of a forest can be read
  /// off the runs: as SMAC does, it tries a new one as long as there is one.
  private func known(in eligible: [Mixture]?, _ runs: [FidelityRun]) -> Mixture? {
    guard eligible == nil || proposals == .forest else { return nil }
    return runs.first { run in
      !remembered.contains(run.mixture.weights) && eligible?.contains(run.mixture) ?? true
    }?.mixture
  }

  private func uniform(
    from rest: [Mixture]?, using generator: inout SeededGenerator
  ) -> Mixture? {
    guard let rest else { return context.uniformMixture(using: &generator) }
    return rest.isEmpty ? nil : rest[generator.integer(below: rest.count)]
  }

  /// - Returns: nil for the share that is drawn at random, and where there is too little to learn from.
  private func proposal(
    from rest: [Mixture]?, _ index: RunIndex, _ runs: [FidelityRun],
    using generator: inout SeededGenerator
  ) -> Mixture? {
    let randomShare = proposals == .forest ? ForestProposal.randomShare : 1.0 / 3
    if generator.uniform() < randomShare { return nil }
    var mixtures: [Mixture] = []
    var seen: Set<[Double]> = []
    for run in runs where seen.insert(run.mixture.weights).inserted { mixtures.append(run.mixture) }
    if proposals == .forest, mixtures.count < ForestProposal.first { return nil }
    // From the dearest point that enough is known of.
    for point in path.points.reversed() {
      let known = mixtures.compactMap { mixture -> (weights: [Double], value: Double)? in
        guard let run = index.run(of: mixture, level: point.level),
          let losses = run.losses(at: point.rung)
        else { return nil }
        return (mixture.weights, context.objective.value(of: losses))
      }
      if proposals == .forest {
        guard let forest = ForestProposal(known, seed: context.seed) else { continue }
        return forest.best(of: rest, context: context, using: &generator)
      }
      if let ratio = DensityRatio(known) {
        return ratio.best(of: rest, context: context, using: &generator)
      }
    }
    return nil
  }
}

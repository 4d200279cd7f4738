import Foundation
import GaussianProcesses
import Mixtures
import Numerics
import Testing

@testable import MixtureMethods

/// Two losses that want different mixtures, at two sizes and three lengths.
private enum Conflict {
  static let domains = ["books", "web", "code"]
  static let grid = FidelityGrid(
    levels: [(50_000, 1.0), (200_000, 4.0)].map { parameters, unit in
      [1, 2, 4].map { length in
        FidelityGrid.Rung(
          scale: Scale(
            size: "\(parameters / 1000)k", parameters: parameters, tokens: 250_000 * length),
          trunkCost: unit * Double(length))
      }
    }, target: FidelityPoint(level: 1, rung: 2))

  static func context(
    front: [String]? = ["books", "code"], objective: Objective = .mean(of: ["books", "code"]),
    seed: UInt64 = 1, budget: Double = 5
  ) -> FidelityContext {
    var context = FidelityContext(
      domains: domains, objective: objective.measuring(front ?? []), grid: grid, seed: seed,
      budget: budget, replicates: true)
    context.front = front
    return context
  }

  /// Of books, code and web.
  static func loss(_ domain: String, _ w: [Double], at point: FidelityPoint) -> Double {
    let scale = grid[point].scale
    let level =
      1.5 + 12 * pow(Double(scale.parameters), -0.25) + 30 * pow(Double(scale.tokens), -0.3)
    // Web helps both a little.
    let share =
      switch domain {
      case "books": w[0] + 0.3 * w[1]
      case "code": w[2] + 0.15 * w[1]
      default: w[1]
      }
    return level + 0.6 * exp(-4 * share)
  }

  static func search(
    _ context: FidelityContext, steps: Int = .max
  ) throws -> (runs: [FidelityRun], steps: [FidelityStep]) {
    var method = try makeFidelityMethod(named: "scale-bo", context: context)
    var runs: [FidelityRun] = []
    var taken: [FidelityStep] = []
    var left = context.budget
    while taken.count < steps, let step = method.next(runs: runs, budgetLeft: left) {
      #expect(context.admits(step, runs: runs))
      let cost = context.cost(of: step, runs: runs, measuringOnTheWay: method.measuresOnTheWay)
      guard cost <= left + 1e-9 else { break }
      left -= cost
      var run = runs.count
      var goal = 0
      switch step {
      case .start(let mixture, let point):
        goal = point.rung
        runs.append(
          FidelityRun(id: run, mixture: mixture, level: point.level, seed: UInt64(run)))
      case .resume(let id, let rung): (run, goal) = (id, rung)
      }
      var noise = SeededGenerator(seed: 5, stream: "\(run)")
      let own = 0.002 * noise.normal()
      for rung in ((runs[run].reached ?? -1) + 1)...goal
      where rung == goal || method.measuresOnTheWay {
        let point = FidelityPoint(level: runs[run].level, rung: rung)
        runs[run].measurements.append(
          .init(
            rung: rung,
            losses: context.outputs.map {
              loss($0, runs[run].mixture.weights, at: point) + own
            }))
      }
      runs[run].reached = goal
      taken.append(step)
    }
    return (runs, taken)
  }

  static func atTarget(_ mixture: Mixture) -> [Double] {
    ["books", "code"].map { loss($0, mixture.weights, at: grid.target) }
  }
}

@Suite("A search for a front over sizes") struct FrontSearchTests {
  @Test("finds nearly all that the two losses can have together")
  func finds() throws {
    let context = Conflict.context()
    let (runs, _) = try Conflict.search(context)
    var method = try #require(
      try makeFidelityMethod(named: "scale-bo", context: context) as? any PredictsFront)
    let told = method.front(runs: runs)
    let front = try #require(told)
    #expect(front.domains == ["books", "code"] && front.members.count >= 4)
    let losses = front.members.map { $0.losses.map(\.mean) }
    #expect(Pareto.front(of: losses).count == losses.count)
    #expect(zip(losses, losses.dropFirst()).allSatisfy { $0[0] < $1[0] && $0[1] > $1[1] })
    // Against the best that there is, on a fine grid.
    let all = (0...60).flatMap { a in
      (0...60 - a).map { b in
        Conflict.atTarget(
          Mixture(
            domains: Conflict.domains, proportionalTo: [Double(a), Double(b), Double(60 - a - b)]))
      }
    }
    let best = Pareto.hypervolume(all, below: front.reference)
    let own = Pareto.hypervolume(
      front.members.map { Conflict.atTarget($0.mixture) }, below: front.reference)
    #expect(own > 0.85 * best, "\(own) of \(best)")
    #expect(front.hypervolume.low <= front.hypervolume.mean)
    #expect(front.hypervolume.mean <= front.hypervolume.high)
    // What was run at the target is not much less of the front than a search for the mean alone runs.
    let target = Set(runs.filter { $0.level == 1 && $0.reached == 2 }.map(\.mixture))
    let found = target.map(Conflict.atTarget)
    let plain = try Conflict.search(Conflict.context(front: nil)).runs
    let others = Set(plain.filter { $0.level == 1 && $0.reached == 2 }.map(\.mixture))
      .map(Conflict.atTarget)
    let reference = [3.2, 3.2]
    #expect(
      Pareto.hypervolume(found, below: reference) >= 0.95
        * Pareto.hypervolume(others, below: reference))
    // It hands over the lowest mean all the same.
    let handed = method.recommendation(runs: runs)
    let recommended = try #require(handed).mixture
    let mean = Conflict.atTarget(recommended).reduce(0, +)
    #expect(mean < all.map { $0.reduce(0, +) }.min()! + 0.05)
  }

  @Test("proposes what the runs so far imply, and other steps for another front")
  func determinism() throws {
    let context = Conflict.context(budget: 3)
    let whole = try Conflict.search(context, steps: 14)
    try #require(whole.steps.count > 10)
    // A method made anew in the middle goes on as if nothing had happened.
    for count in [4, 9, whole.steps.count - 1] {
      let before = try Conflict.search(context, steps: count)
      #expect(before.steps == Array(whole.steps.prefix(count)))
      var method = try makeFidelityMethod(named: "scale-bo", context: context)
      let paid = before.steps.indices.reduce(0.0) { sum, place in
        let earlier = try! Conflict.search(context, steps: place).runs
        return sum
          + context.cost(
            of: before.steps[place], runs: earlier, measuringOnTheWay: method.measuresOnTheWay)
      }
      let next = method.next(runs: before.runs, budgetLeft: context.budget - paid)
      #expect(next == whole.steps[count], "after \(count) steps")
    }
    let other = try Conflict.search(
      Conflict.context(front: ["books", "web"], budget: 3), steps: 14)
    #expect(other.steps != whole.steps)
  }

  @Test("takes a domain that the objective does not count")
  func uncounted() throws {
    for objective in [
      Objective.mean(of: ["web"]),
      Objective(
        targets: ["web", "books"], proportionalTo: [1, 1], aggregate: .worst),
    ] {
      let context = Conflict.context(objective: objective, budget: 1.5)
      #expect(Set(context.outputs) == ["books", "web", "code"])
      let losses = context.outputs.map {
        Conflict.loss($0, [0.2, 0.3, 0.5], at: .init(level: 1, rung: 2))
      }
      let plain = objective.domains.map {
        Conflict.loss($0, [0.2, 0.3, 0.5], at: .init(level: 1, rung: 2))
      }
      #expect(abs(context.objective.value(of: losses) - objective.value(of: plain)) < 1e-12)
      let (runs, _) = try Conflict.search(context)
      var method = try #require(
        try makeFidelityMethod(named: "scale-bo", context: context) as? any PredictsFront)
      let told = method.front(runs: runs)
      let front = try #require(told)
      #expect(front.members.count > 2)
    }
  }

  @Test("has none to tell where none is sought, and before a model")
  func absent() throws {
    var method = try #require(
      try makeFidelityMethod(named: "scale-bo", context: Conflict.context(front: nil))
        as? any PredictsFront)
    let runs = try Conflict.search(Conflict.context(), steps: 6).runs
    let plain = method.front(runs: runs)
    #expect(plain.map(\.members.count) == nil)
    var other = try #require(
      try makeFidelityMethod(named: "scale-bo", context: Conflict.context()) as? any PredictsFront)
    let early = other.front(runs: [])
    #expect(early.map(\.members.count) == nil)
  }
}

import Foundation
import Mixtures
import Numerics
import ProxyModels
import RunTables
import Runs
import Studies

/// The runs of a table over mixtures, model sizes and budgets, in an order that is balanced over the
/// sizes at any time.
struct TestbedPlan: Sendable {
  /// What is asked of one size.
  struct Level {
    /// Of the longest run.
    var scale: Scale
    /// The first of the mixtures.
    var mixtures: Int
    /// How many of these get all seeds; the others get the first.
    var replicated: Int
  }

  /// In the order of work.
  let steps: [(request: RunRequest, claim: RunClaim)]
  private let sizes: [String]
  private let trainer: TrainerChoice

  /// - Parameter rungs: shares of the longest run.
  init(
    levels: [Level], seeds: [UInt64], rungs: [Double], trainer: TrainerChoice
  ) throws {
    self.trainer = trainer
    sizes = levels.map(\.scale.size)
    let mixtures = MixtureSpread.mixtures(
      levels.map(\.mixtures).max() ?? 0, over: trainer.domains,
      availableTokens: trainer.availableTokens, seed: 1)
    // A size's n-th run of m stands at (n + ½)/m: whatever has finished, has at every size.
    var placed: [(place: Double, level: Int, name: String, request: RunRequest)] = []
    for (index, level) in levels.enumerated() {
      let conditions = try trainer.conditions(of: level.scale.size)
      let ladder = try trainer.ladder(level.scale, rungs: rungs)
      for (ordinal, seed) in seeds.enumerated() {
        let count = ordinal == 0 ? level.mixtures : min(level.replicated, level.mixtures)
        for place in 0..<count {
          let requests = Self.requests(
            conditions, mixtures[place], seed: seed, ladder: ladder)
          for request in requests {
            placed.append(
              (
                (Double(place) + 0.5) / Double(count), index,
                "\(level.scale.size)-\(place + 1)-\(seed)", request
              ))
          }
        }
      }
    }
    // Of runs that stand together the longer first, so that the cores end together.
    let sorted = placed.enumerated().sorted {
      ($0.element.place, -$0.element.level, $0.offset)
        < ($1.element.place, -$1.element.level, $1.offset)
    }
    steps = sorted.enumerated().map { ordinal, run in
      (
        run.element.request,
        RunClaim(
          plan: RunGrid.testbed, purpose: .grid, name: run.element.name, ordinal: ordinal)
      )
    }
  }

  /// One run to the last rung; where it would read other text if it were shorter, a run to each.
  private static func requests(
    _ conditions: RunConditions, _ mixture: Mixture, seed: UInt64, ladder: [Int]
  ) -> [RunRequest] {
    if RunKey.needsLength(nil, conditions) {
      return ladder.map {
        RunRequest(conditions: conditions, mixture: mixture, tokens: $0, seed: seed)
      }
    }
    return [
      RunRequest(
        key: RunKey(conditions: conditions, mixture: mixture, seed: seed),
        to: ladder[ladder.count - 1], measures: ladder, ladder: ladder)
    ]
  }

  /// Tokens at which runs are measured, each once.
  var lengths: [Int] { Set(steps.flatMap(\.request.measures)).sorted() }

  /// The same as a plan that costs what its operations are.
  var list: ListPlan {
    let trainer = trainer
    return ListPlan(
      name: RunGrid.testbed, purpose: .grid, steps: steps,
      price: RunPrice { trainer.operations(of: $0).last ?? 0 })
  }

  // MARK: - The table

  /// Those of a journal's runs that are asked for, by size.
  func record(of ledger: RunLedger, in folder: String) -> TestbedRecord {
    let runs = steps.compactMap { request, claim -> TestbedRecord.Run? in
      guard let outcomes = ledger.outcomes(serving: request) else { return nil }
      return TestbedRecord.Run(
        name: claim.name, key: request.key, rungs: request.measures, outcomes: outcomes)
    }
    return TestbedRecord(
      folder: folder,
      runs: sizes.flatMap { size in runs.filter { $0.key.conditions.size == size } })
  }

  private struct Place: Hashable {
    var name: String
    var rungs: [Int]

    init(_ name: String, _ rungs: [Int]) { (self.name, self.rungs) = (name, rungs) }
  }

  /// The table of runs, a row for each rung, as `mixpipe replay` reads it.
  func table(of ledger: RunLedger) -> String {
    let domains = trainer.domains
    let heldOut = trainer.heldOut
    let headings =
      ["run", "size", "parameters", "step", "tokens", "seed", "operations"]
      + domains.map { "w_\($0)" } + heldOut.map { "loss_\($0)" }
    var lines = [TableLayout.line(headings)]
    // Looked up only: the order of a dictionary is never seen.
    let asked = Dictionary(
      steps.map { (Place($0.claim.name, $0.request.measures), $0.request) },
      uniquingKeysWith: { first, _ in first })
    for run in record(of: ledger, in: "").runs {
      guard let request = asked[Place(run.name, run.rungs)] else { continue }
      let weights = TableLayout.written(run.key.mixture.weights)
      let operations = trainer.operations(of: request)
      let batch = run.key.conditions.evaluator.trainer?.batchTokens ?? 1
      for (rung, found) in zip(run.rungs.indices, run.outcomes ?? []) {
        let losses = heldOut.map { name in
          guard let measured = found.outcome.result else { return "nan" }
          return measured.losses.first { $0.domain == name }.map { fixed($0.loss, 5) } ?? ""
        }
        lines.append(
          TableLayout.line(
            [
              run.name, run.key.conditions.size, "\(run.key.conditions.parameters)",
              "\(found.tokens / batch)", "\(found.tokens)", "\(run.key.seed)",
              String(format: "%.0f", operations[rung]),
            ] + weights + losses))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension ProxyEvaluator {
  /// What a run has cost when it is measured at each of its rungs: the trunk, the decay to every rung so
  /// far, their evaluations, by the usual count of operations.
  func operations(of request: RunRequest) -> [Double] {
    guard let size = ModelSize.named(request.scale.size) else { return [] }
    let configuration = configuration(of: size, tokens: request.to, seed: request.seed)
    let windows = (configuration.heldOutTokens + size.contextLength - 1) / size.contextLength
    let costs = configuration.costs(
      ofRungs: request.measures.map { $0 / configuration.batchTokens },
      heldOutTokens: corpus.domains.count * windows * size.contextLength)
    var branches = 0.0
    return costs.map { cost in
      branches += cost.branch
      return cost.trunk + branches
    }
  }
}

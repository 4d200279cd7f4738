import MixtureMethods
import Mixtures
import Runs

/// One search of one method: what it tries next, and what it hands over.
struct MethodSearch {
  let method: SearchDesign.Method
  let replicate: SearchDesign.Replicate
  /// How many trials it turned out to want; nil while it searches.
  private(set) var length: Int?
  /// What it found out since the plan last took its notes.
  var notes: [RunNote] = []

  private let design: SearchDesign
  private var model: any MixtureMethod
  /// What the method has taken in, from its first trial on.
  private var observations: [Observation] = []
  /// Of its first trials, so many, in runs.
  private var spent = (trials: 0, runs: 0.0)
  /// Its finalists, or its picks by rank; nil until they are needed.
  private var finalists: [Mixture]?
  private var picks: [Int: ComparisonPick] = [:]

  init(_ method: SearchDesign.Method, _ place: Int, of design: SearchDesign) throws {
    self.method = method
    self.design = design
    replicate = design.replicates[place]
    model = try design.makeMethod(method, place)
  }

  enum Step {
    /// The trial is there already, or there will be none.
    case passed
    case waits
    case asks(RunRequest, RunClaim)
  }

  /// What the method's turn in a round comes to.
  mutating func next(_ round: Int, after ledger: RunLedger) throws -> Step {
    guard length == nil else { return .passed }
    guard round < method.budget else { return end(at: round) }
    let claim = claim(round)
    if ledger[claim] != nil { return .passed }
    let known = max(0, round - (model.waitsForOutcomes ? 1 : design.lag) + 1)
    guard try observe(known, in: ledger) else { return .waits }
    if isSure(after: round) { return end(at: round) }
    let pending = (known..<round).map { ledger[self.claim($0)]!.request.mixture }
    // What has been spent is told by the trials, so that a resumed search knows it too.
    while spent.trials < round {
      spent.runs += ledger[self.claim(spent.trials)]!.request.runs
      spent.trials += 1
    }
    guard let suggestion = model.suggest(pending: pending, ordinal: round),
      spent.runs + (suggestion.procedure?.runs ?? 1) <= Double(method.budget) + 1e-9
    else { return end(at: round) }
    return .asks(
      RunRequest(
        conditions: design.conditions, mixture: suggestion.mixture, tokens: design.tokens,
        seed: replicate.seed, procedure: suggestion.procedure), claim)
  }

  private mutating func end(at round: Int) -> Step {
    length = round
    return .passed
  }

  /// Whether a search that may stop early should. It depends on the same outcomes as the next proposal.
  private func isSure(after round: Int) -> Bool {
    guard let first = design.stopsWhenSureAfter, round > first else { return false }
    return model.certainty()?.suffices(runs: design.freshSeeds.count) ?? false
  }

  /// Feeds the method its outcomes in the order of its proposals, one at a time: what it makes of them
  /// must not depend on how many were waiting.
  ///
  /// - Returns: false where one of the first `count` has not ended.
  private mutating func observe(_ count: Int, in ledger: RunLedger) throws -> Bool {
    while observations.count < count {
      guard let observation = ledger[claim(observations.count)]?.observation else { return false }
      model.update(with: [observation])
      observations.append(observation)
      if case .picks(let checkpoints) = design.handover, design.checkpointSeeds > 0,
        let place = checkpoints.firstIndex(of: observations.count)
      {
        try hand(rank: place + 1, in: ledger)
      }
    }
    return true
  }

  func claim(_ ordinal: Int) -> RunClaim {
    RunClaim(
      plan: design.plan, purpose: .search, name: method.name, ordinal: ordinal,
      replicate: replicate.number)
  }

  // MARK: - Handing over

  enum Finalist {
    case waits
    case none
    /// With what else the run does, where a training is handed over and no mixture.
    case mixture(Mixture, TrainingProcedure?)
  }

  /// What is to be trained again, by its place among the design's.
  mutating func finalist(_ place: Int, after ledger: RunLedger) throws -> Finalist {
    guard let length else { return .waits }
    switch design.handover {
    case .finalists(let count):
      if finalists == nil {
        guard try observe(length, in: ledger) else { return .waits }
        finalists = model.recommendations(count).map(\.mixture)
      }
      return finalists!.indices.contains(place) ? .mixture(finalists![place], nil) : .none
    case .picks:
      let (rank, checkpoint, _) = design.places[place]
      if let checkpoint, checkpoint >= length { return .none }
      if try pick(rank: rank, in: ledger) == nil {
        guard try observe(length, in: ledger) else { return .waits }
        if rank == 0 { try hand(rank: 0, in: ledger) }
      }
      guard let pick = picks[rank], let mixture = pick.mixture else { return .none }
      return .mixture(mixture, pick.procedure)
    }
  }

  private mutating func pick(rank: Int, in ledger: RunLedger) throws -> ComparisonPick? {
    if let known = picks[rank] { return known }
    let note = ledger.note(
      plan: design.plan, topic: ComparisonPick.topic, about: about(rank: rank))
    picks[rank] = try note?.decoded(as: ComparisonPick.self)
    return picks[rank]
  }

  private func about(rank: Int) -> String {
    "\(method.name) \(replicate.number ?? 0) \(rank == 0 ? "final" : "\(rank)")"
  }

  private mutating func hand(rank: Int, in ledger: RunLedger) throws {
    guard try pick(rank: rank, in: ledger) == nil else { return }
    let best = model.recommendations(1).first
    let fit =
      rank == 0
      ? (model as? any PredictsLosses)?.fitReport(of: observations, objective: design.objective)
      : nil
    // JSON holds no infinity.
    let pick = ComparisonPick(
      method: method.name, replicate: replicate.number ?? 0, trials: observations.count,
      isFinal: rank == 0, mixture: best?.mixture, procedure: best?.procedure,
      predicted: (best?.predicted?.mean).flatMap { $0.isFinite ? $0 : nil },
      fit: fit.flatMap { $0.isFinite ? $0 : nil })
    picks[rank] = pick
    notes.append(
      try RunNote(
        plan: design.plan, topic: ComparisonPick.topic, about: about(rank: rank), pick))
  }
}

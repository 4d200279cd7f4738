import Mixtures

/// A line of a journal as JSON has it. What many runs have in common is written once, before the first of
/// them, and then named by its number.
struct RunLine: Codable {
  enum Kind: String, Codable {
    case conditions, asked, claimed, attempted, lost, interrupted, ended, cancelled, noted
  }

  var event: Kind
  var at: Double?
  var run: Int?
  /// The number of the conditions, from 0 in the order of the journal.
  var conditions: Int?
  var shared: RunConditions?
  var weights: [Double]?
  var seed: UInt64?
  var procedure: TrainingProcedure?
  var length: Int?
  var from: Int?
  var to: Int?
  /// Left out where `to` is the only one.
  var measures: [Int]?
  var ladder: [Int]?
  var claim: RunClaim?
  var attempt: Int?
  var reason: String?
  var givenUp: Bool?
  var outcomes: [RungOutcome]?
  var note: RunNote?

  init(_ kind: Kind, run: Int? = nil, at: Double? = nil) {
    event = kind
    self.run = run
    self.at = at
  }

  init(_ shared: RunConditions, number: Int) {
    self.init(.conditions)
    conditions = number
    self.shared = shared
  }

  init(_ event: RunEvent, conditions: (RunConditions) -> Int) {
    switch event {
    case .asked(let request, let claim, let at):
      self.init(.asked, run: request.id, at: at)
      self.conditions = conditions(request.key.conditions)
      weights = request.key.mixture.weights
      seed = request.key.seed
      procedure = request.key.procedure
      length = request.key.length
      from = request.from
      to = request.to
      if request.measures != [request.to] { measures = request.measures }
      if request.ladder != [request.to] { ladder = request.ladder }
      self.claim = claim
    case .claimed(let run, let claim):
      self.init(.claimed, run: run)
      self.claim = claim
    case .attempted(let run, let attempt, let at):
      self.init(.attempted, run: run, at: at)
      self.attempt = attempt
    case .lost(let run, let attempt, let reason, let isGivenUp, let at):
      self.init(.lost, run: run, at: at)
      self.attempt = attempt
      self.reason = reason
      if isGivenUp { givenUp = true }
    case .interrupted(let run, let attempt, let reason, let at):
      self.init(.interrupted, run: run, at: at)
      self.attempt = attempt
      self.reason = reason
    case .ended(let run, let outcomes, let at):
      self.init(.ended, run: run, at: at)
      self.outcomes = outcomes
    case .cancelled(let run, let at): self.init(.cancelled, run: run, at: at)
    case .noted(let note):
      self.init(.noted)
      self.note = note
    }
  }

  /// The event; nil for a line that says what runs have in common.
  ///
  /// - Throws: ``RunContradiction`` where something is missing.
  func event(_ known: [RunConditions]) throws(RunContradiction) -> RunEvent? {
    func need<Value>(_ value: Value?, _ name: String) throws(RunContradiction) -> Value {
      guard let value else { throw RunContradiction(reason: "no '\(name)'") }
      return value
    }
    switch event {
    case .conditions: return nil
    case .asked:
      let number = try need(conditions, "conditions")
      guard known.indices.contains(number) else {
        throw RunContradiction(reason: "conditions \(number), which are not there")
      }
      return .asked(
        try request(under: known[number]), try need(claim, "claim"), at: try need(at, "at"))
    case .claimed: return .claimed(run: try need(run, "run"), try need(claim, "claim"))
    case .attempted:
      return .attempted(
        run: try need(run, "run"), attempt: try need(attempt, "attempt"), at: try need(at, "at"))
    case .lost:
      return .lost(
        run: try need(run, "run"), attempt: try need(attempt, "attempt"),
        reason: try need(reason, "reason"), isGivenUp: givenUp ?? false, at: try need(at, "at"))
    case .interrupted:
      return .interrupted(
        run: try need(run, "run"), attempt: try need(attempt, "attempt"),
        reason: try need(reason, "reason"), at: try need(at, "at"))
    case .ended:
      return .ended(
        run: try need(run, "run"), try need(outcomes, "outcomes"), at: try need(at, "at"))
    case .cancelled: return .cancelled(run: try need(run, "run"), at: try need(at, "at"))
    case .noted: return .noted(try need(note, "note"))
    }
  }

  private func request(
    under conditions: RunConditions
  ) throws(RunContradiction) -> RunRequest {
    guard let run, let to, let weights, let seed else {
      throw RunContradiction(reason: "no 'run', 'to', 'weights' or 'seed'")
    }
    guard let mixture = Mixture(domains: conditions.domains, exactly: weights) else {
      throw RunContradiction(
        reason: "expected \(conditions.domains.count) weights that sum to 1, found \(weights)")
    }
    let (measures, ladder) = (measures ?? [to], ladder ?? [to])
    guard measures.last == to, ladder.contains(to),
      length != nil || !RunKey.needsLength(procedure, conditions)
    else {
      throw RunContradiction(reason: "rungs that do not fit together")
    }
    return RunRequest(
      id: run,
      key: RunKey(
        conditions: conditions, mixture: mixture, seed: seed, procedure: procedure,
        length: length), from: from, to: to, measures: measures, ladder: ladder)
  }
}

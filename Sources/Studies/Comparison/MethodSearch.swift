import MixtureMethods
import Mixtures

/// One search of one method within a budget: what it tries next, and what it hands over.
struct MethodSearch {
  let name: String
  let replicate: Int
  /// The budget, in runs.
  let trials: Int
  private let lag: Int
  private let checkpoints: [Int]
  private let objective: Objective
  private var method: any MixtureMethod
  private let journal: PickJournal
  /// What the method has taken in, from its first trial on.
  private var observations: [Observation] = []
  /// How many trials it turned out to want; nil while it searches.
  private(set) var length: Int?

  init(
    name: String, replicate: Int, trials: Int, lag: Int, checkpoints: [Int],
    objective: Objective, method: any MixtureMethod, picks: PickJournal
  ) {
    self.name = name
    self.replicate = replicate
    self.trials = trials
    self.lag = lag
    self.checkpoints = checkpoints
    self.objective = objective
    self.method = method
    journal = picks
  }

  enum Step {
    /// The trial is there already, or there will be none.
    case passed
    case waits
    case asks(Suggestion, TrialClaim)
  }

  /// What the method's turn in a round comes to.
  mutating func next(_ round: Int, after ledger: TrialLedger) throws -> Step {
    guard length == nil else { return .passed }
    guard round < trials else {
      length = round
      return .passed
    }
    let claim = claim(round)
    if ledger[.search, claim] != nil { return .passed }
    let known = max(0, round - (method.waitsForOutcomes ? 1 : lag) + 1)
    guard try observe(known, in: ledger) else { return .waits }
    let pending = (known..<round).map { ledger[.search, self.claim($0)]!.request.mixture }
    // What has been spent is told by the trials, so that a resumed search knows it too.
    let spent = (0..<round).reduce(0.0) { $0 + ledger[.search, self.claim($1)]!.request.runs }
    guard let suggestion = method.suggest(pending: pending, ordinal: round),
      spent + (suggestion.procedure?.runs ?? 1) <= Double(trials) + 1e-9
    else {
      length = round
      return .passed
    }
    return .asks(suggestion, claim)
  }

  /// What it hands over, at its checkpoints and at its end; nil where a trial has not ended.
  mutating func picks(after ledger: TrialLedger) throws -> [ComparisonPick]? {
    guard let length else { return nil }
    let reached = checkpoints.filter { $0 < length }
    func known(_ trials: Int?) -> ComparisonPick? {
      journal.pick(method: name, replicate: replicate, trials: trials)
    }
    if known(nil) == nil || reached.contains(where: { known($0) == nil }) {
      guard try observe(length, in: ledger) else { return nil }
      try hand(isFinal: true)
    }
    return (reached.map { known($0) } + [known(nil)]).compactMap(\.self)
  }

  /// Feeds the method its outcomes in the order of its proposals, one at a time: what it makes of them
  /// must not depend on how many were waiting.
  ///
  /// - Returns: false where one of the first `count` has not ended.
  private mutating func observe(_ count: Int, in ledger: TrialLedger) throws -> Bool {
    while observations.count < count {
      guard let observation = ledger[.search, claim(observations.count)]?.observation else {
        return false
      }
      method.update(with: [observation])
      observations.append(observation)
      if checkpoints.contains(observations.count) { try hand(isFinal: false) }
    }
    return true
  }

  private func hand(isFinal: Bool) throws {
    if journal.pick(
      method: name, replicate: replicate, trials: isFinal ? nil : observations.count) != nil
    {
      return
    }
    let best = method.recommendations(1).first
    let fit =
      isFinal
      ? (method as? any PredictsLosses)?.fitReport(of: observations, objective: objective) : nil
    // JSON holds no infinity.
    try journal.append(
      ComparisonPick(
        method: name, replicate: replicate, trials: observations.count, isFinal: isFinal,
        mixture: best?.mixture,
        predicted: (best?.predicted?.mean).flatMap { $0.isFinite ? $0 : nil },
        fit: fit.flatMap { $0.isFinite ? $0 : nil }))
  }

  private func claim(_ ordinal: Int) -> TrialClaim {
    TrialClaim(name: name, ordinal: ordinal, replicate: replicate)
  }
}

import MixtureMethods
import Mixtures

/// A study's trials: the methods take turns, one trial a round, in the order of the configuration;
/// then their finalists take fresh seeds, one seed a round.
struct StudyPlan: TrialPlan {
  private let configuration: StudyConfiguration
  private let seeds: [UInt64]
  private var searches: [Search]
  /// The place in the sequence: the round, the method at turn, its finalist.
  private var round = 0
  private var turn = 0
  private var rank = 0
  private(set) var phase = TrialRequest.Purpose.search

  private struct Search {
    let name: String
    let trials: Int
    var method: any MixtureMethod
    /// How many of its trials the method has taken in, from the first on.
    var observed = 0
    /// How many trials it turned out to want; nil while it searches.
    var length: Int?
    /// Its finalists; nil until they are needed.
    var finalists: [Mixture]?

    /// Feeds the method its outcomes in the order of its proposals, one at a time: what it makes of
    /// them must not depend on how many were waiting.
    ///
    /// - Returns: false where one of the first `count` has not ended.
    mutating func observe(_ count: Int, in ledger: TrialLedger) -> Bool {
      while observed < count {
        let claim = TrialClaim(name: name, ordinal: observed)
        guard let observation = ledger[.search, claim]?.observation else { return false }
        method.update(with: [observation])
        observed += 1
      }
      return true
    }
  }

  init(
    _ configuration: StudyConfiguration, makeMethod: StudyRunner.MethodMaker
  ) throws {
    self.configuration = configuration
    seeds = configuration.freshSeeds(configuration.confirmationSeeds)
    let context = try configuration.methodContext()
    searches = try configuration.methods.map {
      var context = context
      context.trials = $0.trials
      return Search(name: $0.name, trials: $0.trials, method: try makeMethod($0.name, context))
    }
  }

  mutating func next(after ledger: TrialLedger) throws -> PlannedStep {
    switch phase {
    case .search: nextOfSearch(after: ledger)
    default: nextOfConfirmation(after: ledger)
    }
  }

  private mutating func nextOfSearch(after ledger: TrialLedger) -> PlannedStep {
    while searches.contains(where: { $0.length == nil }) {
      while turn < searches.count {
        guard searches[turn].length == nil else {
          turn += 1
          continue
        }
        guard round < searches[turn].trials else {
          searches[turn].length = round
          turn += 1
          continue
        }
        let claim = TrialClaim(name: searches[turn].name, ordinal: round)
        if ledger[.search, claim] != nil {
          turn += 1
          continue
        }
        let lag = searches[turn].method.waitsForOutcomes ? 1 : configuration.lag
        let known = max(0, round - lag + 1)
        guard searches[turn].observe(known, in: ledger) else { return .outcomes }
        if isSure(searches[turn]) {
          searches[turn].length = round
          turn += 1
          continue
        }
        let pending = (known..<round).map {
          ledger[.search, TrialClaim(name: claim.name, ordinal: $0)]!.request.mixture
        }
        guard
          let suggestion = searches[turn].method.suggest(pending: pending, ordinal: round)
        else {
          searches[turn].length = round
          turn += 1
          continue
        }
        turn += 1
        return .trial(
          TrialDemand(
            purpose: .search, mixture: suggestion.mixture, scale: configuration.scale,
            seed: configuration.seed, claim: claim, procedure: suggestion.procedure))
      }
      turn = 0
      round += 1
    }
    phase = .confirmation
    (round, turn, rank) = (0, 0, 0)
    return nextOfConfirmation(after: ledger)
  }

  /// Whether a search that may stop early should. It depends on the same outcomes as the next proposal.
  private func isSure(_ search: Search) -> Bool {
    guard configuration.stopsWhenSure == true, round > configuration.initialTrials,
      let certainty = search.method.certainty()
    else { return false }
    return certainty.suffices(runs: configuration.confirmationSeeds)
  }

  private mutating func nextOfConfirmation(after ledger: TrialLedger) -> PlannedStep {
    while round < seeds.count {
      while turn < searches.count {
        while rank < configuration.finalists {
          let claim = TrialClaim(name: searches[turn].name, ordinal: round, rank: rank)
          if ledger[.confirmation, claim] != nil {
            rank += 1
            continue
          }
          if searches[turn].finalists == nil {
            guard searches[turn].observe(searches[turn].length!, in: ledger) else {
              return .outcomes
            }
            searches[turn].finalists =
              searches[turn].method.recommendations(configuration.finalists).map(\.mixture)
          }
          guard rank < searches[turn].finalists!.count else { break }
          let mixture = searches[turn].finalists![rank]
          rank += 1
          return .trial(
            TrialDemand(
              purpose: .confirmation, mixture: mixture, scale: configuration.scale,
              seed: seeds[round], claim: claim))
        }
        rank = 0
        turn += 1
      }
      turn = 0
      round += 1
    }
    return .end
  }

  var rest: [Scale: Int] {
    var steps = 0
    for (index, search) in searches.enumerated() {
      let finalists =
        search.finalists?.count ?? min(configuration.finalists, search.length ?? search.trials)
      switch phase {
      case .search:
        if search.length == nil { steps += search.trials - round - (index < turn ? 1 : 0) }
        steps += finalists * seeds.count
      default:
        steps += finalists * (seeds.count - round)
        if index < turn { steps -= finalists }
        if index == turn { steps -= min(rank, finalists) }
      }
    }
    return steps > 0 ? [configuration.scale: steps] : [:]
  }
}

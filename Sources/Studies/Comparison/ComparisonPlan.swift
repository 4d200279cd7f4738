import MixtureMethods
import Mixtures

/// A comparison's trials, search by search: in each replicate the methods take turns, one trial a round;
/// then their picks take the fresh seeds, one seed a round. So a comparison that is cut short has whole
/// replicates.
struct ComparisonPlan: TrialPlan {
  private let configuration: ComparisonConfiguration
  private let seeds: (searches: [UInt64], fresh: [UInt64])
  private let makeMethod: StudyRunner.MethodMaker
  private let picks: PickJournal
  private var searches: [MethodSearch] = []
  /// The place in the sequence: replicate, round, method.
  private var replicate = 0
  private var round = 0
  private var turn = 0
  /// The fresh runs of the replicate, once its searches have ended.
  private var confirmations: [TrialDemand]?
  private(set) var phase = TrialRequest.Purpose.search

  init(
    _ configuration: ComparisonConfiguration, picks: PickJournal,
    makeMethod: @escaping StudyRunner.MethodMaker
  ) throws {
    self.configuration = configuration
    self.picks = picks
    self.makeMethod = makeMethod
    seeds = configuration.seeds
    searches = try makeSearches()
  }

  private func makeSearches() throws -> [MethodSearch] {
    guard replicate < configuration.replicates else { return [] }
    let context = try configuration.context(replicate: replicate)
    return try configuration.methods.map {
      MethodSearch(
        name: $0, replicate: replicate, trials: configuration.trials, lag: configuration.lag,
        checkpoints: configuration.checkpointSeeds > 0 ? configuration.checkpoints : [],
        objective: configuration.objective, method: try makeMethod($0, context), picks: picks)
    }
  }

  mutating func next(after ledger: TrialLedger) throws -> PlannedStep {
    while replicate < configuration.replicates {
      if phase == .search {
        if let step = try nextOfSearch(after: ledger) { return step }
        phase = .confirmation
      }
      if let step = try nextOfConfirmation(after: ledger) { return step }
      phase = .search
      replicate += 1
      (round, turn, confirmations) = (0, 0, nil)
      searches = try makeSearches()
    }
    return .end
  }

  /// Nil where all searches of the replicate have asked for their last trial.
  private mutating func nextOfSearch(after ledger: TrialLedger) throws -> PlannedStep? {
    while searches.contains(where: { $0.length == nil }) {
      while turn < searches.count {
        switch try searches[turn].next(round, after: ledger) {
        case .passed: turn += 1
        case .waits: return .outcomes
        case .asks(let suggestion, let claim):
          turn += 1
          return .trial(
            TrialDemand(
              purpose: .search, mixture: suggestion.mixture, scale: configuration.scale,
              seed: seeds.searches[replicate], claim: claim, procedure: suggestion.procedure))
        }
      }
      turn = 0
      round += 1
    }
    return nil
  }

  private mutating func nextOfConfirmation(after ledger: TrialLedger) throws -> PlannedStep? {
    if confirmations == nil {
      var picks: [ComparisonPick] = []
      for index in searches.indices {
        guard let found = try searches[index].picks(after: ledger) else { return .outcomes }
        picks += found
      }
      confirmations = demands(for: picks)
    }
    while turn < confirmations!.count {
      let demand = confirmations![turn]
      turn += 1
      if ledger[.confirmation, demand.claim] == nil { return .trial(demand) }
    }
    return nil
  }

  /// Seed after seed, so that what has finished is balanced at any time.
  private mutating func demands(for picks: [ComparisonPick]) -> [TrialDemand] {
    turn = 0
    return seeds.fresh.enumerated().flatMap { ordinal, seed in
      picks.compactMap { pick -> TrialDemand? in
        let limit = pick.isFinal ? configuration.confirmationSeeds : configuration.checkpointSeeds
        guard ordinal < limit, let mixture = pick.mixture else { return nil }
        let rank =
          pick.isFinal ? 0 : configuration.checkpoints.firstIndex(of: pick.trials)! + 1
        return TrialDemand(
          purpose: .confirmation, mixture: mixture, scale: configuration.scale, seed: seed,
          claim: TrialClaim(
            name: pick.method, ordinal: ordinal, rank: rank, replicate: pick.replicate))
      }
    }
  }

  var rest: [Scale: Int] {
    let methods = configuration.methods.count
    // Fixed mixtures take less; how much is known once their search has ended.
    let trials = searches.map { $0.length ?? $0.trials }
    let checkpoints = searches.map { search in
      configuration.checkpoints.count { $0 < search.length ?? search.trials }
    }
    let fresh = checkpoints.reduce(0) {
      $0 + configuration.confirmationSeeds + $1 * configuration.checkpointSeeds
    }
    var steps = 0
    switch phase {
    case .search:
      for (index, search) in searches.enumerated() where search.length == nil {
        steps += search.trials - round - (index < turn ? 1 : 0)
      }
      steps += fresh
    default: steps += (confirmations?.count ?? fresh) - (confirmations == nil ? 0 : turn)
    }
    if replicate < configuration.replicates - 1, methods > 0 {
      steps += (configuration.replicates - replicate - 1) * (trials.reduce(0, +) + fresh)
    }
    return [configuration.scale: max(steps, 0)]
  }
}

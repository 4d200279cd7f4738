import MixtureMethods
import Mixtures
import Runs

/// The runs of a study or a comparison, replicate by replicate: the methods take turns, one trial a round, in
/// the order of the configuration; then what they hand over takes the fresh seeds, one seed a round. So one
/// that is cut short has whole replicates.
struct SearchPlan: Plan {
  let name: String
  let price: RunPrice
  private(set) var phase = RunClaim.Purpose.search
  private let design: SearchDesign
  private let places: [(rank: Int, checkpoint: Int?, seeds: Int)]
  private var searches: [MethodSearch] = []
  /// The place in the sequence: replicate, round, method, and the place of what it hands over.
  private var replicate = 0
  private var round = 0
  private var turn = 0
  private var place = 0
  /// A step that waits until the notes made on the way to it are written.
  private var held: PlanStep?
  /// Of a run: the cost, and what it may be at most.
  private let unit: Double

  init(_ design: SearchDesign, price: RunPrice) throws {
    self.design = design
    self.price = price
    name = design.plan
    places = design.places
    unit = price.cost(
      RunRequest(
        conditions: design.conditions, mixture: .uniform(over: design.conditions.domains),
        tokens: design.tokens, seed: 0))
    searches = try makeSearches()
  }

  private func makeSearches() throws -> [MethodSearch] {
    guard replicate < design.replicates.count else { return [] }
    return try design.methods.map { try MethodSearch($0, replicate, of: design) }
  }

  mutating func next(after ledger: RunLedger) throws -> PlanStep {
    if let note = takeNote() { return note }
    if let step = held {
      held = nil
      return step
    }
    let step = try proceed(ledger)
    guard let note = takeNote() else { return step }
    if case .waits = step { return note }
    held = step
    return note
  }

  private mutating func takeNote() -> PlanStep? {
    guard let index = searches.firstIndex(where: { !$0.notes.isEmpty }) else { return nil }
    return .note(searches[index].notes.removeFirst())
  }

  private mutating func proceed(_ ledger: RunLedger) throws -> PlanStep {
    while replicate < design.replicates.count {
      if phase == .search {
        if let step = try nextOfSearch(after: ledger) { return step }
        phase = .confirmation
        (round, turn, place) = (0, 0, 0)
      }
      if let step = try nextOfConfirmation(after: ledger) { return step }
      guard replicate + 1 < design.replicates.count else { break }
      // The notes of these searches are to be written before they are gone.
      if searches.contains(where: { !$0.notes.isEmpty }) { return .waits }
      phase = .search
      replicate += 1
      (round, turn) = (0, 0)
      searches = try makeSearches()
    }
    return .end
  }

  /// Nil where all searches of the replicate have asked for their last trial.
  private mutating func nextOfSearch(after ledger: RunLedger) throws -> PlanStep? {
    while searches.contains(where: { $0.length == nil }) {
      while turn < searches.count {
        switch try searches[turn].next(round, after: ledger) {
        case .passed: turn += 1
        case .waits: return .waits
        case .asks(let request, let claim):
          turn += 1
          return .run(request, claim)
        }
      }
      turn = 0
      round += 1
    }
    return nil
  }

  /// Seed after seed, so that what has finished is balanced at any time.
  private mutating func nextOfConfirmation(after ledger: RunLedger) throws -> PlanStep? {
    while round < design.freshSeeds.count {
      while turn < searches.count {
        while place < places.count {
          let (rank, _, seeds) = places[place]
          let claim = claim(rank)
          guard round < seeds, ledger[claim] == nil else {
            place += 1
            continue
          }
          switch try searches[turn].finalist(place, after: ledger) {
          case .waits: return .waits
          case .none: place += 1
          case .mixture(let mixture, let procedure):
            place += 1
            return .run(
              RunRequest(
                conditions: design.conditions, mixture: mixture, tokens: design.tokens,
                seed: design.freshSeeds[round], procedure: procedure), claim)
          }
        }
        place = 0
        turn += 1
      }
      turn = 0
      round += 1
    }
    return nil
  }

  private func claim(_ rank: Int) -> RunClaim {
    RunClaim(
      plan: name, purpose: .confirmation, name: searches[turn].method.name, ordinal: round,
      rank: rank, replicate: searches[turn].replicate.number)
  }

  // MARK: - What is left

  var rest: RestOfWork {
    var runs = 0
    for (index, search) in searches.enumerated() {
      let length = search.length ?? search.method.budget
      if phase == .search {
        if search.length == nil { runs += length - round - (index < turn ? 1 : 0) }
        runs += handovers(length, from: 0)
      } else {
        runs += handovers(length, from: index < turn ? round + 1 : round)
        if index == turn {
          runs -= places.indices.count { $0 < place && isHandedOver($0, length, seed: round) }
        }
      }
    }
    let others = design.replicates.count - 1 - replicate
    if others > 0 {
      runs += others * design.methods.reduce(0) { $0 + $1.budget + handovers($1.budget, from: 0) }
    }
    return RestOfWork(runs: max(runs, 0), cost: unit * Double(max(runs, 0)))
  }

  /// How many runs with the seeds from one on what a search of so many trials hands over takes.
  private func handovers(_ length: Int, from seed: Int) -> Int {
    places.indices.reduce(0) { sum, place in
      isHandedOver(place, length, seed: 0)
        ? sum + max(places[place].seeds - seed, 0) : sum
    }
  }

  private func isHandedOver(_ place: Int, _ length: Int, seed: Int) -> Bool {
    let (_, checkpoint, seeds) = places[place]
    guard seed < max(seeds, 1) else { return false }
    if case .finalists = design.handover { return place < length }
    return checkpoint.map { $0 < length } ?? true
  }
}

import MixtureMethods
import Mixtures
import Numerics
import Runs

/// What a comparison says so far; always computed from its record.
package struct ComparisonAnalysis: Sendable {
  package struct Method: Sendable {
    package var name: String
    /// One for each search, in the order of the replicates; searches that have not ended are left out.
    package var searches: [Search]
    /// The objective over searches and fresh seeds; nil before the first.
    package var loss: Estimate?
    /// Fresh runs of final picks that diverged; they are not in `loss`.
    package var diverged: Int
    /// The objective minus the best method's, paired by search and seed; nil for the best itself.
    package var difference: Difference?
    /// Every held-out domain, in the order of the corpus, over searches and fresh seeds.
    package var domains: [(domain: String, loss: Estimate)]
    /// By how much the picks' own search runs flattered them, over the searches that ran their pick:
    /// the mean of the fresh seeds minus the search's loss.
    package var winnersCurse: Estimate?
    /// The mean of the fresh seeds minus what the method's model predicted of its pick.
    package var surprise: Estimate?
    /// What was handed over after so many trials, with the fresh seeds of the checkpoints.
    package var checkpoints: [(trials: Int, loss: Estimate)]
  }

  package struct Search: Sendable {
    package var replicate: Int
    /// Trials that have ended, those that diverged among them.
    package var trials: Int
    /// What it had spent after each trial, in runs at a fixed mixture; the budget counts these.
    package var spent: [Double]
    /// The runs that reweighed the domains, with what they held them to be worth.
    package var reweighted: [RunRecord]
    package var trialsDiverged: Int
    /// The time of its runs, shared ones in full: what it would have taken alone.
    package var seconds: Double
    /// The objective of each trial in order, nil where it diverged or runs.
    package var losses: [Double?]
    package var pick: ComparisonPick?
    /// The objective in the pick's own search run; nil for a mixture that the search never ran.
    package var ownLoss: Double?
    /// Over the fresh seeds.
    package var confirmed: Estimate?
  }

  package struct Difference: Sendable, Hashable {
    package var estimate: Estimate
    /// Adjusted for being one of several; below .05 is taken for a difference.
    package var pValue: Double

    package var isSignificant: Bool { pValue < 0.05 }
  }

  package let record: ComparisonRecord
  /// In the order of the configuration.
  package private(set) var methods: [Method]
  /// The index in `methods` of the lowest mean over fresh seeds; nil before any.
  package private(set) var best: Int?
  /// Fresh runs by method, search and checkpoint.
  private var fresh: [Place: [RunRecord]] = [:]

  private struct Place: Hashable {
    var method: String
    var replicate: Int
    var rank: Int
  }

  package init(of record: ComparisonRecord) {
    self.record = record
    let configuration = record.configuration
    methods = []
    var search: [Place: [(ordinal: Int, trial: RunRecord)]] = [:]
    for trial in record.trials {
      for claim in trial.claims {
        let place = Place(
          method: claim.name, replicate: claim.replicate ?? 0, rank: claim.rank ?? 0)
        switch claim.purpose {
        case .search: search[place, default: []].append((claim.ordinal, trial))
        case .confirmation: fresh[place, default: []].append(trial)
        default: break
        }
      }
    }
    for name in configuration.methods {
      let searches = (0..<configuration.replicates).compactMap { replicate in
        search[Place(method: name, replicate: replicate, rank: 0)].map {
          makeSearch(name, replicate, $0.sorted { $0.ordinal < $1.ordinal }.map(\.trial))
        }
      }
      methods.append(makeMethod(name, searches))
    }
    best = methods.indices.filter { methods[$0].loss != nil }
      .min { methods[$0].loss!.mean < methods[$1].loss!.mean }
    guard let best else { return }
    let others = methods.indices.filter { $0 != best && methods[$0].loss != nil }
    let found = others.map { difference(of: methods[$0].name, and: methods[best].name) }
    let adjusted = MultipleComparisons.holm(found.map { $0?.pValue ?? 1 })
    for ((index, losses), pValue) in zip(zip(others, found), adjusted) {
      methods[index].difference = losses.map {
        Difference(estimate: $0.estimate, pValue: pValue)
      }
    }
  }

  private func makeSearch(_ name: String, _ replicate: Int, _ trials: [RunRecord]) -> Search {
    let objective = record.configuration.objective
    let pick = record.picks.first {
      $0.method == name && $0.replicate == replicate && $0.isFinal
    }
    let own = trials.first {
      $0.request.mixture == pick?.mixture && $0.request.procedure == pick?.procedure
    }
    var total = 0.0
    let spent = trials.map { trial in
      total += trial.request.runs
      return total
    }
    return Search(
      replicate: replicate, trials: trials.count { $0.outcome != nil }, spent: spent,
      reweighted: trials.filter { $0.outcome?.result?.weights != nil },
      trialsDiverged: trials.count { $0.outcome?.hasDiverged ?? false },
      seconds: trials.reduce(0) { $0 + ($1.seconds) },
      // A run whose weights changed on the way has a loss, but no mixture to hand over with it.
      losses: trials.map {
        $0.request.procedure == nil ? $0.observation.flatMap(objective.value(of:)) : nil
      }, pick: pick,
      ownLoss: own?.observation.flatMap(objective.value(of:)),
      confirmed: Estimate(
        of: seededLosses(name, replicate: replicate, rank: 0, of: nil).map(\.loss)))
  }

  private func makeMethod(_ name: String, _ searches: [Search]) -> Method {
    let loss = crossed([losses(of: name)])
    func gaps(_ reference: (Search) -> Double?) -> Estimate? {
      Estimate(
        of: searches.compactMap { search in
          guard let confirmed = search.confirmed, let reference = reference(search) else {
            return nil
          }
          return confirmed.mean - reference
        })
    }
    return Method(
      name: name, searches: searches, loss: loss?.estimate,
      diverged: searches.reduce(0) { sum, search in
        sum
          + trials(name, replicate: search.replicate, rank: 0).count {
            $0.outcome?.hasDiverged ?? false
          }
      },
      difference: nil,
      domains: heldOutDomains.compactMap { domain in
        crossed([losses(of: name, domain: domain)]).map { (domain, $0.estimate) }
      },
      winnersCurse: gaps(\.ownLoss), surprise: gaps { $0.pick?.predicted },
      checkpoints: record.configuration.checkpoints.enumerated().compactMap { index, trials in
        crossed([losses(of: name, rank: index + 1)]).map { (trials, $0.estimate) }
      })
  }

  // MARK: - Losses

  /// Every held-out domain that a fresh run measured, in the order of the corpus.
  package var heldOutDomains: [String] {
    record.trials.lazy.compactMap(\.outcome?.result).first?.losses.map(\.domain) ?? []
  }

  private func trials(_ name: String, replicate: Int, rank: Int) -> [RunRecord] {
    fresh[Place(method: name, replicate: replicate, rank: rank)] ?? []
  }

  /// - Parameter domain: nil for the objective.
  private func seededLosses(
    _ name: String, replicate: Int, rank: Int, of domain: String?
  ) -> [SeededLoss] {
    trials(name, replicate: replicate, rank: rank).compactMap { trial in
      guard let observation = trial.observation else { return nil }
      let loss =
        domain.map { observation.loss(of: $0) }
        ?? record.configuration.objective.value(of: observation)
      return loss.map { SeededLoss(seed: trial.request.seed, loss: $0) }
    }
  }

  /// A method's fresh losses by replicate.
  private func losses(
    of name: String, rank: Int = 0, domain: String? = nil
  ) -> [[SeededLoss]] {
    (0..<record.configuration.replicates).map {
      seededLosses(name, replicate: $0, rank: rank, of: domain)
    }
  }

  /// The first's losses, minus the second's where there are two, for the searches and seeds that all
  /// have; nil where there is none.
  private func crossed(_ sides: [[[SeededLoss]]]) -> CrossedLosses? {
    let replicates = sides[0].indices.filter { index in sides.allSatisfy { !$0[index].isEmpty } }
    guard let first = replicates.first else { return nil }
    let seeds = sides[0][first].map(\.seed).filter { seed in
      replicates.allSatisfy { index in
        sides.allSatisfy { $0[index].contains { $0.seed == seed } }
      }
    }
    guard !seeds.isEmpty else { return nil }
    return CrossedLosses(
      replicates.map { index in
        seeds.map { seed in
          let values = sides.map { side in side[index].first { $0.seed == seed }!.loss }
          return values.count == 1 ? values[0] : values[0] - values[1]
        }
      })
  }

  /// One method's objective, or loss of a domain, minus another's, paired by search and seed.
  package func difference(
    of name: String, and other: String, domain: String? = nil
  ) -> CrossedLosses? {
    crossed([losses(of: name, domain: domain), losses(of: other, domain: domain)])
  }

  /// What a method had handed over after so many trials, minus what another handed over in the end.
  func difference(ofCheckpoint index: Int, of name: String, and other: String) -> CrossedLosses? {
    crossed([losses(of: name, rank: index + 1), losses(of: other)])
  }

  package subscript(name: String) -> Method? { methods.first { $0.name == name } }

  /// Best first; those without fresh runs last, in the order of the configuration.
  package var ranked: [Method] {
    methods.enumerated().sorted {
      ($0.element.loss?.mean ?? .infinity, $0.offset) < (
        $1.element.loss?.mean ?? .infinity, $1.offset
      )
    }.map(\.element)
  }

  /// Runs of one mixture with one seed, whoever asked for them: what was trained.
  package var runCount: Int { record.trials.count { $0.outcome != nil } }
}

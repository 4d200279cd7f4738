import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Reports
import Runs
import Studies

/// A comparison whose losses come from a fabricated study's formula: two searches of each method, checkpoints on
/// the way, fresh seeds for every pick.
struct FabricatedComparison {
  var study = FabricatedStudy()
  var trials = 8

  private static let methods = ["bo", "sobol", "mixlaws", "uniform"]

  private var configuration: ComparisonConfiguration {
    let own = study.configuration
    return ComparisonConfiguration(
      corpus: own.corpus, corpusDigest: own.corpusDigest, domains: own.domains,
      availableTokens: own.availableTokens, objective: own.objective, scale: own.scale, seed: 1,
      methods: Self.methods, trials: trials, replicates: 2, initialTrials: 5, lag: 2,
      confirmationSeeds: 4, checkpoints: [4], checkpointSeeds: 2, trainer: own.trainer)
  }

  var report: ComparisonReport {
    ComparisonReport(
      record, commands: ["mixpipe compare runs/methods --trials \(trials) --optimizer-seeds 2"])
  }

  var record: ComparisonRecord {
    let configuration = configuration
    let seeds = configuration.seeds
    var runs: [RunRecord] = []
    var picks: [ComparisonPick] = []
    func claim(
      _ name: String, _ purpose: RunClaim.Purpose, _ ordinal: Int, _ replicate: Int,
      rank: Int? = nil
    ) -> RunClaim {
      RunClaim(
        plan: ComparisonConfiguration.plan, purpose: purpose, name: name, ordinal: ordinal,
        rank: rank, replicate: replicate)
    }
    func add(_ mixture: Mixture, _ seed: UInt64, _ claim: RunClaim) -> Double {
      let result = study.result(mixture, seed: seed)
      runs.append(
        RunRecord(
          request: RunRequest(
            id: runs.count,
            key: RunKey(conditions: configuration.conditions, mixture: mixture, seed: seed),
            to: configuration.scale.tokens),
          claims: [claim],
          outcomes: [
            RungOutcome(tokens: configuration.scale.tokens, outcome: .finished(result))
          ]))
      let losses = configuration.objective.domains.map { name in
        result.losses.first { $0.domain == name }!.loss
      }
      return configuration.objective.value(of: losses)
    }
    for name in Self.methods {
      let all = study.mixtures(of: name == "mixlaws" ? "sobol" : name)
      let tried = Array(all.prefix(name == "uniform" ? 1 : trials))
      for (replicate, seed) in seeds.searches.enumerated() {
        let losses = tried.enumerated().map {
          add($0.element, seed, claim(name, .search, $0.offset, replicate))
        }
        for count in Set([min(4, tried.count), tried.count]).sorted() {
          let isFinal = count == tried.count
          let best = losses.prefix(count).indices.min { losses[$0] < losses[$1] }!
          picks.append(
            ComparisonPick(
              method: name, replicate: replicate, trials: count, isFinal: isFinal,
              mixture: tried[best],
              predicted: name == "bo" || name == "mixlaws" ? losses[best] + 0.004 : nil))
          for (ordinal, fresh) in seeds.fresh.prefix(isFinal ? 4 : 2).enumerated() {
            _ = add(
              tried[best], fresh,
              claim(name, .confirmation, ordinal, replicate, rank: isFinal ? 0 : 1))
          }
        }
      }
    }
    return ComparisonRecord(
      folder: "runs/methods", configuration: configuration, trials: runs, picks: picks)
  }
}

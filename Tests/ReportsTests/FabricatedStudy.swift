import Foundation
import MixtureMethods
import Mixtures
import Numerics
import Reports
import Runs
import Studies

/// A study whose losses come from a formula: each domain is learned from its own text and a little
/// from its neighbour's, with a bit of noise that seeds decide.
struct FabricatedStudy {
  var domains = ["books", "web", "code", "papers", "chat"]
  var heldOutOnly = ["reviews", "docs"]
  var folder = "runs/five-100k"
  var searchTrials = 16
  var confirmationSeeds = 5
  var noise = 0.004
  /// Search trials that diverge, by ordinal of bo.
  var divergedOrdinals: [Int] = [2]
  var allDiverge = false
  /// Whether the trainer tells bits per byte, as a user's own need not.
  var hasBitsPerByte = true
  /// Of the domains' mean if nil.
  var objective: Objective?

  var configuration: StudyConfiguration {
    StudyConfiguration(
      corpus: "corpora/built/five", corpusDigest: "3fd1c0ffee5eed0ddba11ad5caff01d5",
      domains: domains,
      availableTokens: domains.map { _ in 4_000_000 }, objective: objective ?? .mean(of: domains),
      scale: Scale(size: "100k", parameters: 100_352, tokens: 2_000_000), seed: 0,
      methods: [
        .init(name: "bo", trials: searchTrials), .init(name: "sobol", trials: searchTrials),
        .init(name: "uniform", trials: 1), .init(name: "natural", trials: 1),
      ],
      initialTrials: 5, lag: 2, finalists: 2, confirmationSeeds: confirmationSeeds,
      trainer: hasBitsPerByte
        ? .other(kind: "formula", settings: [:])
        : .other(kind: "command", settings: ["trainer": "a loop of ours"]))
  }

  func result(_ mixture: Mixture, seed: UInt64, shift: Double = 0) -> RunResult {
    var generator = SeededGenerator(seed: seed, stream: "\(mixture.weights)")
    var common = SeededGenerator(seed: seed, stream: "common")
    let offset = noise * common.normal()
    let losses = (domains + heldOutOnly).enumerated().map { index, domain in
      let own = mixture.weights[index % domains.count]
      let other = mixture.weights[(index + 1) % domains.count]
      let need = 0.1 + 0.1 * Double(index % 3)
      let loss =
        4.2 + 0.15 * Double(index % 4) - shift + 0.3 * exp(-(own + 0.4 * other) / need) + offset
        + noise * 0.5 * generator.normal()
      return DomainLoss(
        domain: domain, loss: loss, standardError: 0.01,
        bitsPerByte: hasBitsPerByte ? loss / 3.1 / log(2) : nil)
    }
    return RunResult(
      losses: losses, tokensSeen: mixture.weights.map { Int($0 * 2_000_000) },
      epochs: mixture.weights.map { $0 / 2 }, seconds: 31.5, tokensPerSecond: 63_000)
  }

  private func loss(_ mixture: Mixture) -> Double {
    let result = result(mixture, seed: 0)
    let objective = configuration.objective
    return objective.value(
      of: objective.domains.map { name in result.losses.first { $0.domain == name }!.loss })
  }

  /// Sobol's own spread; for bo, mixtures that come nearer and nearer to a good one.
  func mixtures(of method: String) -> [Mixture] {
    var generator = SeededGenerator(seed: 9, stream: method)
    func random() -> [Double] { domains.map { _ in -log(1 - generator.uniform()) } }
    switch method {
    case "bo":
      return (0..<searchTrials).map { trial in
        let share = min(1, Double(trial) / Double(max(searchTrials - 4, 1)))
        let goal = domains.indices.map { 0.6 + Double($0 % 3) }
        let drawn = random()
        let sum = drawn.reduce(0, +)
        let goalSum = goal.reduce(0, +)
        let weights = domains.indices.map { d -> Double in
          share * goal[d] / goalSum + (1.05 - share) * drawn[d] / sum
        }
        return Mixture(domains: domains, proportionalTo: weights)
      }
    case "sobol":
      return (0..<searchTrials).map { _ in Mixture(domains: domains, proportionalTo: random()) }
    case "natural":
      return [Mixture(domains: domains, proportionalTo: domains.indices.map { Double($0 + 1) })]
    default: return [.uniform(over: domains)]
    }
  }

  /// - Parameter confirms: whether the finalists have been trained again.
  func record(confirms: Bool = true, endedSearch: Int = .max) -> StudyRecord {
    var trials: [RunRecord] = []
    var clock = 1_795_000_000.0
    func add(
      _ purpose: RunClaim.Purpose, _ mixture: Mixture, _ seed: UInt64, _ name: String,
      _ ordinal: Int, rank: Int? = nil, diverges: Bool = false, ended: Bool = true
    ) {
      clock += 33
      let scale = configuration.scale
      let outcome =
        diverges
        ? RunOutcome.diverged(step: 90, reason: "loss is nan")
        : .finished(result(mixture, seed: seed))
      trials.append(
        RunRecord(
          request: RunRequest(
            id: trials.count,
            key: RunKey(conditions: configuration.conditions, mixture: mixture, seed: seed),
            to: scale.tokens),
          claims: [
            RunClaim(plan: "study", purpose: purpose, name: name, ordinal: ordinal, rank: rank)
          ], outcomes: ended ? [RungOutcome(tokens: scale.tokens, outcome: outcome)] : nil,
          askedAt: clock, endedAt: ended ? clock + 32 : nil))
    }
    for method in configuration.methods {
      for (ordinal, mixture) in mixtures(of: method.name).enumerated() where ordinal <= endedSearch
      {
        add(
          .search, mixture, 0, method.name, ordinal,
          diverges: allDiverge || (method.name == "bo" && divergedOrdinals.contains(ordinal)),
          ended: ordinal < endedSearch)
      }
    }
    guard confirms else {
      return StudyRecord(folder: folder, configuration: configuration, trials: trials)
    }
    for method in configuration.methods {
      let own = trials.filter {
        $0.purpose == .search && $0.claims[0].name == method.name
          && $0.outcome?.result != nil
      }.map(\.request.mixture).sorted { loss($0) < loss($1) }
      for (rank, mixture) in own.prefix(configuration.finalists).enumerated() {
        for seed in 0..<confirmationSeeds {
          add(.confirmation, mixture, UInt64(1000 + seed), method.name, seed, rank: rank)
        }
      }
    }
    return StudyRecord(folder: folder, configuration: configuration, trials: trials)
  }

  var transfer: TransferRecord {
    let record = record()
    let candidates = record.analysis.methods.compactMap { method in
      method.pick.map { TransferConfiguration.Candidate(name: method.method, mixture: $0) }
    }
    let scales = [
      configuration.scale, Scale(size: "400k", parameters: 400_000, tokens: 8_000_000),
      Scale(size: "1M", parameters: 1_000_000, tokens: 20_000_000),
    ]
    var trials: [RunRecord] = []
    for (place, scale) in scales.enumerated() {
      for candidate in candidates {
        for seed: UInt64 in 2000..<2003 {
          let outcome = RunOutcome.finished(
            result(candidate.mixture, seed: seed, shift: 0.4 * Double(place)))
          trials.append(
            RunRecord(
              request: RunRequest(
                id: trials.count,
                key: RunKey(
                  conditions: RunConditions(
                    corpus: "0", domains: domains, size: scale.size,
                    parameters: scale.parameters, evaluator: configuration.trainer),
                  mixture: candidate.mixture, seed: seed), to: scale.tokens),
              claims: [
                RunClaim(
                  plan: "transfer", purpose: .transfer, name: candidate.name,
                  ordinal: Int(seed - 2000))
              ], outcomes: [RungOutcome(tokens: scale.tokens, outcome: outcome)]))
        }
      }
    }
    return TransferRecord(
      folder: folder,
      configuration: TransferConfiguration(
        corpus: configuration.corpus, corpusDigest: configuration.corpusDigest,
        objective: configuration.objective, candidates: candidates, scales: scales,
        seeds: [2000, 2001, 2002], trainers: scales.map { _ in configuration.trainer }),
      trials: trials)
  }

  func report(confirms: Bool = true, endedSearch: Int = .max, hasTransfer: Bool = true) throws
    -> StudyReport
  {
    let record = record(confirms: confirms, endedSearch: endedSearch)
    let methods = record.analysis.methods
    return StudyReport(
      record: record, methods: methods, transfer: hasTransfer ? transfer : nil,
      model: try MethodInsight(of: record, methods: methods),
      commands: ["mixpipe study --configuration study.json", "mixpipe report runs/five-100k"])
  }
}

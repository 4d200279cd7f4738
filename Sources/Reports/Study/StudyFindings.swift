import Mixtures
import Numerics
import Runs
import Studies

/// What the report says that neither the journal nor the analysis says by itself.
package struct StudyFindings: Sendable {
  /// A finished search trial, for the chart of trials.
  package struct SearchTrial: Sendable {
    package var id: Int
    package var method: String
    /// From 1, among its method's.
    package var number: Int
    package var mixture: Mixture
    /// Nil where it diverged.
    package var loss: Double?
    package var cluster: Int
  }

  /// How one method's pick does on one domain.
  package struct DomainCell: Sendable {
    /// Nats per token, over the fresh seeds.
    package var loss: Estimate
    /// Nil where the trainer tells nothing of bytes, as a user's own need not.
    package var bitsPerByte: Estimate?
    /// From the reference mixture with the same seeds, its interval corrected for all differences of the
    /// table; nil without such.
    package var difference: Estimate?
    package var bitsPerByteDifference: Estimate?
  }

  package struct DomainRow: Sendable {
    package var domain: String
    package var isTrained: Bool
    /// What the objective gives it; nil where it does not count.
    package var objectiveWeight: Double?
    /// One for each of `rankedMethods`.
    package var cells: [DomainCell?]
  }

  /// Methods whose pick is confirmed, best first; then the others in the study's order. Their differences'
  /// intervals are corrected for the number of methods compared.
  package let rankedMethods: [MethodResult]
  /// How many of them are confirmed.
  package let confirmedCount: Int
  /// How many are compared with the best.
  package let methodComparisons: Int
  /// The fixed mixture that gains and prices are counted from: equal weights, or the corpus' own; nil
  /// where neither is confirmed.
  package let referenceName: String?
  /// How many differences from it are shown.
  package let domainComparisons: Int
  package let searchTrials: [SearchTrial]
  /// Of the search trials' mixtures; the first holds the lowest loss.
  package let clusters: [MixtureClusters.Cluster]
  /// The lowest loss within each cluster; nil where all its trials diverged.
  package let clusterBests: [Double?]
  package let domains: [DomainRow]
  /// Search trials asked for by the configuration, and those that ended.
  package let plannedTrials: Int
  package let endedTrials: Int
  package let divergedTrials: Int
  package let runningTrials: Int

  package init(record: StudyRecord, methods: [MethodResult]) {
    let configuration = record.configuration
    let confirmed = methods.enumerated().filter { $0.element.confirmed != nil }.sorted {
      ($0.element.confirmed!.mean, $0.offset) < ($1.element.confirmed!.mean, $1.offset)
    }.map(\.element)
    // Several methods are compared with the best.
    let comparisons = confirmed.count { $0.differenceFromBest != nil }
    methodComparisons = comparisons
    // What breaks the conditions is not handed over, however good it is.
    let allowed = confirmed.filter { $0.pick.map(configuration.broken)?.isEmpty ?? true }
    let ranked = allowed.isEmpty ? confirmed : allowed
    let rankedNames = Set(ranked.map(\.method))
    rankedMethods =
      ranked.map { method in
        var method = method
        method.differenceFromBest = method.differenceFromBest?.among(comparisons)
        return method
      } + methods.filter { !rankedNames.contains($0.method) }
    confirmedCount = ranked.count
    let reference = ["uniform", "natural"].lazy.compactMap { name in
      confirmed.first { $0.method == name }
    }.first
    referenceName = reference?.method

    // Trials in the order of their loss, diverged ones last, so that cluster A holds the best.
    var trials: [SearchTrial] = []
    for trial in record.trials where trial.purpose == .search {
      guard let outcome = trial.outcome else { continue }
      var loss: Double?
      if case .finished(let result) = outcome {
        loss = Self.objective(configuration.objective, of: result)
      }
      for claim in trial.claims {
        trials.append(
          SearchTrial(
            id: trial.request.id, method: claim.name, number: claim.ordinal + 1,
            mixture: trial.request.mixture, loss: loss, cluster: 0))
      }
    }
    let order = trials.indices.sorted {
      (trials[$0].loss ?? .infinity, $0) < (trials[$1].loss ?? .infinity, $1)
    }
    let clustering = MixtureClusters(sampling: order.map { trials[$0].mixture })
    for (place, index) in order.enumerated() {
      trials[index].cluster = clustering.assignment[place]
    }
    searchTrials = trials
    clusters = clustering.clusters
    clusterBests = clustering.clusters.map { trials[order[$0.members[0]]].loss }

    plannedTrials = configuration.methods.reduce(0) { $0 + $1.trials }
    endedTrials = trials.count
    divergedTrials = trials.count { $0.loss == nil }
    runningTrials = record.trials.count { $0.outcome == nil }
    let rows = Self.domainRows(
      record: record, methods: rankedMethods, reference: reference?.method)
    domainComparisons = rows.reduce(0) { sum, row in
      sum + row.cells.count { $0?.difference != nil }
    }
    domains = Self.corrected(rows, comparisons: domainComparisons)
  }

  /// Nil where a target was not measured.
  static func objective(_ objective: Objective, of result: RunResult) -> Double? {
    let losses = objective.domains.map { target in
      result.losses.first { $0.domain == target }?.loss
    }
    let known = losses.compactMap { $0 }
    return known.count == losses.count ? objective.value(of: known) : nil
  }

  private static func corrected(_ rows: [DomainRow], comparisons: Int) -> [DomainRow] {
    rows.map { row in
      var row = row
      row.cells = row.cells.map { cell in
        guard var cell else { return nil }
        cell.difference = cell.difference?.among(comparisons)
        cell.bitsPerByteDifference = cell.bitsPerByteDifference?.among(comparisons)
        return cell
      }
      return row
    }
  }

  /// Each held-out domain's loss under every method's pick, paired with the reference's by seed.
  private static func domainRows(
    record: StudyRecord, methods: [MethodResult], reference: String?
  ) -> [DomainRow] {
    func results(of mixture: Mixture?) -> [(seed: UInt64, result: RunResult)] {
      record.trials.compactMap { trial in
        guard trial.purpose == .confirmation, trial.request.mixture == mixture,
          case .finished(let result)? = trial.outcome
        else { return nil }
        return (trial.request.seed, result)
      }
    }
    let picks = methods.map { results(of: $0.pick) }
    let base = results(of: methods.first { $0.method == reference }?.pick)
    let names = picks.lazy.flatMap { $0 }.first?.result.losses.map(\.domain) ?? []
    let configuration = record.configuration

    func estimate(
      _ results: [(seed: UInt64, result: RunResult)], _ domain: String,
      less base: [(seed: UInt64, result: RunResult)]?, _ value: (DomainLoss) -> Double?
    ) -> Estimate? {
      func find(_ result: RunResult) -> Double? {
        result.losses.first { $0.domain == domain }.flatMap(value)
      }
      return Estimate(
        of: results.compactMap { seed, result in
          guard let value = find(result) else { return nil }
          guard let base else { return value }
          return base.first { $0.seed == seed }.flatMap { find($0.result) }.map { value - $0 }
        })
    }

    return names.map { domain in
      DomainRow(
        domain: domain, isTrained: configuration.domains.contains(domain),
        objectiveWeight: zip(configuration.objective.targets, configuration.objective.weights)
          .first { $0.0 == domain }?.1,
        cells: zip(methods, picks).map { method, results in
          guard let loss = estimate(results, domain, less: nil, { $0.loss }) else { return nil }
          let isReference = method.method == reference
          return DomainCell(
            loss: loss, bitsPerByte: estimate(results, domain, less: nil, { $0.bitsPerByte }),
            difference: isReference ? nil : estimate(results, domain, less: base, { $0.loss }),
            bitsPerByteDifference: isReference
              ? nil : estimate(results, domain, less: base, { $0.bitsPerByte }))
        })
    }
  }

  package var hasBitsPerByte: Bool {
    domains.contains { $0.cells.contains { $0?.bitsPerByte != nil } }
  }

  // MARK: The best

  package var best: MethodResult? { confirmedCount > 0 ? rankedMethods[0] : nil }
  package var runnerUp: MethodResult? { confirmedCount > 1 ? rankedMethods[1] : nil }
  package var reference: MethodResult? {
    rankedMethods[..<confirmedCount].first { $0.method == referenceName }
  }
  /// What the reference is called in sentences.
  package var referenceWords: String {
    switch referenceName {
    case "uniform": "equal weights"
    case "natural": "the corpus’s own proportions"
    default: referenceName ?? "a reference"
    }
  }

  /// The mixture to show at the top: the best confirmed one, else that of the lowest search loss.
  package var recommendation: MethodResult? {
    best
      ?? rankedMethods.filter { $0.pick != nil && $0.searchLoss != nil }
      .min { $0.searchLoss! < $1.searchLoss! }
  }

  /// In plain sentences: what the study found, and what it could not.
  package var verdict: String {
    guard let best, let estimate = best.confirmed else { return unconfirmedVerdict }
    guard let runnerUp, let difference = runnerUp.differenceFromBest else {
      return
        "\(best.method) is the only method confirmed so far; there is nothing to compare it with."
    }
    if runnerUp.pick == best.pick {
      return "\(best.method) and \(runnerUp.method) hand over the same mixture."
        + comparison(of: best, unless: runnerUp)
    }
    guard let interval = difference.interval else {
      return
        "\(best.method)’s mixture has the lowest loss, but \(Format.plural(estimate.count, "seed"))"
        + " cannot tell it from \(runnerUp.method)’s (difference \(Format.loss(difference.mean)))."
    }
    let numbers =
      "\(Format.loss(difference.mean)) nats per token (\(Format.loss(interval.lowerBound)) to \(Format.loss(interval.upperBound)), \(intervalWords(of: methodComparisons)))"
    let sentence =
      interval.lowerBound > 0
      ? "\(best.method)’s mixture beats the runner-up, \(runnerUp.method)’s, by \(numbers), "
        + "over \(Format.plural(difference.count, "fresh seed"))."
      : "\(best.method)’s mixture has the lowest loss, but cannot be told apart from "
        + "\(runnerUp.method)’s: the difference is \(numbers), over "
        + "\(Format.plural(difference.count, "fresh seed"))."
    return sentence + comparison(of: best, unless: runnerUp)
  }

  private func comparison(of best: MethodResult, unless runnerUp: MethodResult) -> String {
    guard let other = reference, other.method != best.method, other.method != runnerUp.method,
      let difference = other.differenceFromBest, let interval = difference.interval
    else { return "" }
    return interval.lowerBound > 0
      ? " It is \(Format.loss(difference.mean)) (\(Format.loss(interval.lowerBound)) to "
        + "\(Format.loss(interval.upperBound))) better than \(referenceWords)."
      : " Neither can it be told apart from \(referenceWords)."
  }

  private var unconfirmedVerdict: String {
    if endedTrials == 0 { return "No trial has ended yet, so there is nothing to recommend." }
    if divergedTrials == endedTrials {
      return "All \(endedTrials) trials diverged, so there is nothing to recommend; "
        + "a lower learning rate is the first thing to try."
    }
    guard let recommendation else { return "No method has a mixture to hand over yet." }
    return
      "So far the lowest loss in the search is \(recommendation.method)’s. It is not confirmed: "
      + "it was picked for a single run’s loss, which flatters it."
  }

  /// What is not there yet, a sentence each.
  package func missing(transfer: TransferResult?) -> [String] {
    var sentences: [String] = []
    if endedTrials < plannedTrials {
      sentences.append("\(endedTrials) of \(plannedTrials) search trials have ended.")
    }
    if runningTrials > 0 {
      sentences.append(
        "\(Format.plural(runningTrials, "trial")) had not ended when this was written.")
    }
    let unconfirmed = rankedMethods[confirmedCount...].filter { $0.pick != nil }.map(\.method)
    if !unconfirmed.isEmpty {
      sentences.append(
        "No fresh seeds yet for the pick of \(unconfirmed.joined(separator: ", ")).")
    }
    let without = rankedMethods.filter { $0.pick == nil && $0.trialsDiverged > 0 }
    for method in without {
      sentences.append(
        "\(method.method) has no pick: \(Format.plural(method.trialsDiverged, "trial")) diverged.")
    }
    if transfer == nil { sentences.append("No check at other model sizes has been run.") }
    return sentences
  }
}

import Mixtures
import Reports
import Studies

/// An estimate as programs read it.
struct EstimateSummary: Codable {
  var mean: Double
  var standardError: Double?
  /// 95 %, by Student's t.
  var low: Double?
  var high: Double?
  var count: Int

  init(_ estimate: Estimate) {
    mean = estimate.mean
    standardError = estimate.standardError
    low = estimate.interval?.lowerBound
    high = estimate.interval?.upperBound
    count = estimate.count
  }

  /// `4.0123 [4.0101, 4.0145]`.
  var text: String {
    guard let low, let high else { return fixed(mean, 4) }
    return "\(fixed(mean, 4)) [\(fixed(low, 4)), \(fixed(high, 4))]"
  }
}

/// A study's result: what `mixpipe study` prints at its end, as text or JSON.
struct StudySummary: Codable {
  struct Method: Codable {
    var method: String
    var trials: Int
    var diverged: Int
    /// What it hands over: each domain's share, and the same in the order of `domains`.
    var mixture: [String: Double]?
    var weights: [Double]?
    /// The objective in the search, nats per token.
    var searchLoss: Double?
    /// Over fresh seeds.
    var loss: EstimateSummary?
    /// The loss minus the best method's, paired by seed.
    var difference: EstimateSummary?
    var domains: [String: EstimateSummary]
    /// The constraints that its mixture breaks, as fixed ones may; nil where it breaks none.
    var breaks: [String]?
  }

  var folder: String
  var domains: [String]
  var targets: [String]
  var best: String?
  var methods: [Method]
  /// In plain sentences, those of the page.
  var verdict: String

  init(of record: StudyRecord) {
    let analysis = record.analysis
    verdict = StudyFindings(record: record, methods: analysis.methods).verdict
    folder = record.folder
    domains = record.configuration.domains
    targets = record.configuration.objective.targets
    best = analysis.best.map { analysis.methods[$0].method }
    methods = analysis.methods.map { result in
      let broken = result.pick.map(record.configuration.broken) ?? []
      return Method(
        method: result.method, trials: result.trialsFinished + result.trialsDiverged,
        diverged: result.trialsDiverged, mixture: result.pick.map(named),
        weights: result.pick?.weights,
        searchLoss: result.searchLoss, loss: result.confirmed.map(EstimateSummary.init),
        difference: result.differenceFromBest.map(EstimateSummary.init),
        domains: Dictionary(
          uniqueKeysWithValues: result.domains.map { ($0.domain, EstimateSummary($0.estimate)) }),
        breaks: broken.isEmpty ? nil : broken)
    }
  }

  var text: String {
    var table = TextTable(
      [
        .init("method", .left), .init("trials"), .init("search loss"), .init("fresh seeds, 95 %"),
        .init("above the best, 95 %"),
      ] + domains.map { .init($0) })
    for method in methods {
      let weights = method.weights.map { $0.map { fixed($0, 3) } } ?? domains.map { _ in "" }
      table.append(
        [
          method.method, "\(method.trials)", method.searchLoss.map { fixed($0, 4) } ?? "",
          method.loss?.text ?? "",
          method.method == best ? "best" : method.difference?.text ?? "",
        ] + weights)
    }
    let notes = methods.compactMap { method in
      method.breaks.map { "\(method.method) breaks \($0.joined(separator: ", "))" }
    }
    return ([table.text] + notes + (pick.map { [$0] } ?? []) + [verdict])
      .joined(separator: "\n")
  }

  /// What to train on.
  private var pick: String? {
    guard let winner = methods.first(where: { $0.method == best }), let weights = winner.weights
    else { return nil }
    let mixture = zip(domains, weights).map { "\($0)=\(fixed($1, 3))" }.joined(separator: ",")
    return
      (["Best: \(winner.method), \(mixture)"] + (sourceLine(domains, weights).map { [$0] } ?? []))
      .joined(separator: "\n")
  }
}

/// A transfer check's result.
struct TransferSummary: Codable {
  struct Candidate: Codable {
    var name: String
    /// Each domain's share, and the same in the order of `domains`.
    var mixture: [String: Double]
    var weights: [Double]
    /// One for each scale; absent where nothing has finished.
    var losses: [EstimateSummary?]
  }

  struct Correlation: Codable {
    var from: String
    var to: String
    var spearman: Double
    var spearmanLow: Double
    var spearmanHigh: Double
    var kendall: Double
  }

  struct Swap: Codable {
    var first: String
    var second: String
    var from: String
    var to: String
    var isSignificant: Bool
  }

  var domains: [String]
  var sizes: [String]
  var tokens: [Int]
  var candidates: [Candidate]
  var correlations: [Correlation]
  var swaps: [Swap]
  var verdict: String

  init(of result: TransferResult) {
    let scales = result.scales
    domains = result.candidates.first?.mixture.domains ?? []
    sizes = scales.map(\.size)
    tokens = scales.map(\.tokens)
    candidates = result.candidates.map {
      Candidate(
        name: $0.name, mixture: named($0.mixture), weights: $0.mixture.weights,
        losses: $0.losses.map { $0.map(EstimateSummary.init) })
    }
    correlations = result.correlations.map {
      Correlation(
        from: scales[$0.from].size, to: scales[$0.to].size, spearman: $0.spearman,
        spearmanLow: $0.spearmanInterval.lowerBound, spearmanHigh: $0.spearmanInterval.upperBound,
        kendall: $0.kendall)
    }
    swaps = result.swaps.map {
      Swap(
        first: $0.first, second: $0.second, from: scales[$0.from].size, to: scales[$0.to].size,
        isSignificant: $0.isSignificant)
    }
    verdict = result.verdict
  }

  var text: String {
    var table = TextTable([.init("mixture", .left)] + sizes.map { .init($0 + ", 95 %") })
    for candidate in candidates {
      table.append([candidate.name] + candidate.losses.map { $0?.text ?? "" })
    }
    var lines = [table.text]
    for correlation in correlations {
      lines.append(
        """
        \(correlation.from) to \(correlation.to): Spearman's ρ \(fixed(correlation.spearman, 2)) \
        [\(fixed(correlation.spearmanLow, 2)), \(fixed(correlation.spearmanHigh, 2))], \
        Kendall's τ \(fixed(correlation.kendall, 2))
        """)
    }
    for swap in swaps {
      lines.append(
        """
        \(swap.first) and \(swap.second) change places from \(swap.from) to \(swap.to)\
        \(swap.isSignificant ? "" : ", which may be chance")
        """)
    }
    lines.append(verdict)
    return lines.joined(separator: "\n")
  }
}

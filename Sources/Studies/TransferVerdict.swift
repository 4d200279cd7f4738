import Foundation
import Mixtures

/// A transfer check in one or two sentences, about its smallest and its largest scale. Says no more
/// than the intervals do.
struct TransferVerdict {
  private let analysis: TransferAnalysis
  private let correlations: [TransferResult.RankCorrelation]
  private let swaps: [TransferResult.Swap]
  private let small = 0
  private let large: Int
  /// Candidates that have finished at both ends.
  private let shared: [Int]

  init(
    _ analysis: TransferAnalysis, correlations: [TransferResult.RankCorrelation],
    swaps: [TransferResult.Swap]
  ) {
    self.analysis = analysis
    large = analysis.scales.count - 1
    let large = large
    self.correlations = correlations.filter { $0.from == 0 && $0.to == large }
    self.swaps = swaps.filter { $0.from == 0 && $0.to == large }
    shared = analysis.names.indices.filter {
      !analysis.losses[0][$0].isEmpty && !analysis.losses[large][$0].isEmpty
    }
  }

  var text: String {
    var sentences = [conclusion]
    if let divergence { sentences.append(divergence) }
    if analysis.ended.count < analysis.ended.of {
      sentences.insert(
        "So far, with \(analysis.ended.count) of \(analysis.ended.of) trials:", at: 0)
    }
    return sentences.joined(separator: " ")
  }

  private var conclusion: String {
    guard large > small else {
      return "Cannot tell: \(name(small)) is the only size; give two at least."
    }
    guard shared.count > 1 else {
      return "Cannot tell: fewer than two mixtures have finished at both "
        + "\(name(small)) and \(name(large))."
    }
    guard seeds > 1 else {
      return "Cannot tell: with one seed at a size, a difference and noise look the same; "
        + "give three seeds or more."
    }
    let caution = seeds == 2 ? "With only two seeds: " : ""
    return caution + [order, leader].compactMap(\.self).joined(separator: " ")
  }

  /// The fewest seeds that a comparison at either end rests on.
  private var seeds: Int {
    var fewest = Int.max
    for (place, a) in shared.enumerated() {
      for b in shared[(place + 1)...] {
        for scale in [small, large] {
          let comparison = analysis.comparison(of: a, with: b, at: scale)
          fewest = min(fewest, comparison.difference?.count ?? 0)
        }
      }
    }
    return fewest
  }

  /// Whether the order of all is kept; nil for two candidates, of which `leader` says it all.
  private var order: String? {
    let significant = swaps.filter(\.isSignificant)
    if let swap = significant.first {
      let (before, after) = swap.differences
      let better = before.mean < 0 ? (swap.first, swap.second) : (swap.second, swap.first)
      let more = significant.count - 1
      return "The order at \(name(small)) is not that at \(name(large)): \(better.0) beats "
        + "\(better.1) at \(name(small)) by \(size(before)) and loses to it at \(name(large)) by "
        + "\(size(after)), both significantly"
        + (more == 0 ? "." : "; so do \(more) more \(more == 1 ? "pair" : "pairs").")
    }
    guard shared.count > 2, let correlation = correlations.first else { return nil }
    let interval = correlation.spearmanInterval
    let rho =
      "ρ = \(fixed(correlation.spearman, 2)) "
      + "[\(fixed(interval.lowerBound, 2)), \(fixed(interval.upperBound, 2))]"
    let pairs = shared.count * (shared.count - 1) / 2
    let swapped =
      "\(swaps.count) of \(pairs) pairs \(swaps.count == 1 ? "swaps" : "swap"), "
      + (swaps.count == 1 ? "not significantly" : "none significantly")
    if swaps.isEmpty {
      let same = "The order of \(shared.count) mixtures at \(name(large)) is that at \(name(small))"
      return interval.lowerBound > 0
        ? "\(same): \(rho); no pair swaps."
        : "\(same), but \(seeds) seeds cannot tell it from chance: \(rho)."
    }
    if interval.lowerBound > 0 {
      return "The order of \(shared.count) mixtures at \(name(large)) is mostly that at "
        + "\(name(small)): \(rho); \(swapped)."
    }
    if interval.upperBound < 0 {
      return
        "The order of \(shared.count) mixtures at \(name(large)) is mostly the reverse of that "
        + "at \(name(small)): \(rho); \(swapped)."
    }
    return "Cannot tell with \(seeds) seeds whether the order of \(shared.count) mixtures "
      + "transfers: \(rho); \(swapped)."
  }

  /// Whether the best at the small scale is the best at the large one.
  private var leader: String {
    let before = ranked(at: small)[0]
    let after = ranked(at: large)
    if after[0] == before {
      let lead = analysis.comparison(of: after[1], with: before, at: large)
      let rival = analysis.names[after[1]]
      return lead.isSignificant
        ? "\(analysis.names[before]) stays best at \(name(large)), ahead of \(rival) by "
          + "\(size(lead.difference!))."
        : "\(analysis.names[before]) has the lowest mean at \(name(large)) too, but its lead over "
          + "\(rival), \(size(lead.difference!)), may be chance."
    }
    let lead = analysis.comparison(of: before, with: after[0], at: large)
    let best = "the best at \(name(small))"
    return lead.isSignificant
      ? "At \(name(large)) \(analysis.names[after[0]]) beats \(analysis.names[before]), \(best), by "
        + "\(size(lead.difference!))."
      : "At \(name(large)) \(analysis.names[after[0]]) has the lowest mean, but its lead over "
        + "\(analysis.names[before]), \(best), \(size(lead.difference!)), may be chance."
  }

  private var divergence: String? {
    var runs: [String] = []
    for (scale, counts) in analysis.diverged.enumerated() {
      for (candidate, count) in counts.enumerated() where count > 0 {
        runs.append(
          "\(analysis.names[candidate]) at \(name(scale)) with \(count) "
            + (count == 1 ? "seed" : "seeds"))
      }
    }
    return runs.isEmpty ? nil : "Diverged: \(runs.joined(separator: ", "))."
  }

  /// The shared candidates by their mean, the lowest first.
  private func ranked(at scale: Int) -> [Int] {
    shared.sorted {
      (analysis.estimate(of: $0, at: scale)!.mean, $0)
        < (analysis.estimate(of: $1, at: scale)!.mean, $1)
    }
  }

  /// A scale by its size, and by its tokens where the size alone is ambiguous.
  private func name(_ scale: Int) -> String {
    let scales = analysis.scales
    return scales.filter { $0.size == scales[scale].size }.count == 1
      ? scales[scale].size : "\(scales[scale].size) (\(scales[scale].tokens) tokens)"
  }

  /// A difference without its sign, with its margin: `0.012 ± 0.006`.
  private func size(_ difference: Estimate) -> String {
    let margin = difference.margin ?? .infinity
    let digits = margin < 0.002 ? 4 : 3
    return "\(fixed(abs(difference.mean), digits)) ± \(fixed(margin, digits))"
  }
}

private func fixed(_ value: Double, _ digits: Int) -> String {
  // Without the sign of a zero.
  let text = String(format: "%.\(digits)f", value)
  return Double(text) == 0 ? String(format: "%.\(digits)f", 0.0) : text
}

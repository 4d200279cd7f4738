import Foundation
import Mixtures
import Studies

/// What the recommended mixture costs on held-out domains that its objective does not count.
extension StudyFindings {
  /// How one guard fared.
  package struct Guarded: Sendable {
    package var domain: String
    package var limit: Double
    package var loss: Estimate

    /// Nil where the interval holds the limit.
    package var isMet: Bool? {
      guard let interval = loss.interval else { return nil }
      if interval.upperBound <= limit { return true }
      return interval.lowerBound > limit ? false : nil
    }
  }

  /// The best method's differences from the reference on every domain, and whether the objective counts it.
  package var prices: [(row: DomainRow, difference: Estimate)] {
    guard confirmedCount > 0 else { return [] }
    return domains.compactMap { row in row.cells[0]?.difference.map { (row, $0) } }
  }

  package func guards(_ objective: Objective) -> [Guarded] {
    guard confirmedCount > 0 else { return [] }
    return objective.limits.compactMap { limit in
      domains.first { $0.domain == limit.domain }?.cells[0].map {
        Guarded(
          domain: limit.domain, limit: limit.loss,
          loss: $0.loss.among(objective.limits.count))
      }
    }
  }

  /// A sentence or two: what other domains pay, what they gain, what was guarded. Nil before anything is
  /// confirmed, and without a reference.
  package func priceWords(_ objective: Objective) -> String? {
    guard let best, let reference else { return nil }
    guard best.method != reference.method else {
      return
        "\(referenceWords.capitalizedAtStart) are the best found: there is no gain and no price."
    }
    let others = prices.filter { $0.row.objectiveWeight == nil }
    let found = PriceSentences(
      others.map { ($0.row.domain, $0.difference.mean, $0.difference.isCertain) },
      against: referenceWords, comparisons: domainComparisons)
    var sentences = found.sentences
    let guards = guards(objective)
    if objective.limits.isEmpty {
      if found.hasPrice { sentences.append("Nothing was guarded.") }
    } else {
      for entry in guards {
        let gap = Format.fixed(abs(entry.limit - entry.loss.mean), 4)
        let words =
          switch entry.isMet {
          case true: "is met, with \(gap) to spare"
          case false: "is missed by \(gap)"
          case nil:
            "may or may not be met (\(gap) \(entry.loss.mean <= entry.limit ? "below" : "above"))"
          }
        sentences.append(
          "The guard \(entry.domain) ≤ \(Format.number(entry.limit, 4)) \(words).")
      }
    }
    return sentences.joined(separator: " ")
  }
}

import Mixtures
import Studies

// Mixtures, and what is known of a mean.

extension Format {
  /// `books 41.2 %, web 58.8 %`; equal shares of many domains by their number.
  package static func weights(_ mixture: Mixture) -> String {
    let count = mixture.domains.count
    if count > 6, mixture.weights.allSatisfy({ abs($0 * Double(count) - 1) < 1e-9 }) {
      return "equal shares of \(count) domains (\(Format.share(1 / Double(count))) each)"
    }
    return zip(mixture.domains, mixture.weights).map { "\($0) \(Format.share($1))" }.joined(
      separator: ", ")
  }

  /// As the command line takes it.
  package static func specification(_ mixture: Mixture) -> String {
    // Rounded so that the sum stays one: the largest remainders are rounded up.
    let units = mixture.weights.map { $0 * 10_000 }
    var whole = units.map { Int($0) }
    let order = units.indices.sorted {
      (units[$1] - Double(whole[$1]), $0) < (units[$0] - Double(whole[$0]), $1)
    }
    for index in order.prefix(max(10_000 - whole.reduce(0, +), 0)) { whole[index] += 1 }
    return zip(mixture.domains, whole).map { domain, units in
      "\(domain)=\(Format.number(Double(units) / 10_000, 4))"
    }.joined(separator: ",")
  }

  /// Each source's share in a mixture of domains in two levels, such as web/health and web/news; nil where
  /// there is one level.
  static func sources(of mixture: Mixture) -> String? {
    let levels = MixtureLevels(mixture.domains)
    guard levels.areTwo else { return nil }
    let shares = zip(levels.sources, levels.shares(of: mixture.weights)).map {
      "\($0) \(Format.share($1))"
    }
    return "By source: " + shares.joined(separator: ", ") + "."
  }

  /// `4.1234 ± 0.0021`.
  static func plusMinus(_ estimate: Estimate?) -> String {
    guard let estimate else { return "–" }
    return Format.loss(estimate.mean) + (estimate.margin.map { " ± " + Format.loss($0) } ?? "")
  }

  static func difference(_ estimate: Estimate?) -> String {
    guard let estimate else { return "–" }
    return Format.difference(estimate.mean)
      + (estimate.interval.map { " (\(Format.interval($0)))" } ?? "")
  }
}

import Mixtures

/// The finished trials, those of one mixture together.
struct ObservedMixtures: Sendable {
  let objective: Objective
  private(set) var entries: [(mixture: Mixture, values: [Double])] = []

  init(objective: Objective) { self.objective = objective }

  /// Takes in what has a finite value; diverged trials have none.
  mutating func append(_ observations: [Observation]) {
    for observation in observations {
      guard let value = objective.value(of: observation), value.isFinite else { continue }
      if let index = entries.firstIndex(where: { $0.mixture == observation.mixture }) {
        entries[index].values.append(value)
      } else {
        entries.append((observation.mixture, [value]))
      }
    }
  }

  /// The mixtures of the lowest mean objective.
  func best(_ count: Int) -> [Recommendation] {
    entries.map {
      Recommendation(
        mixture: $0.mixture, observed: $0.values.reduce(0, +) / Double($0.values.count))
    }.enumerated().sorted {
      $0.element.observed! != $1.element.observed!
        ? $0.element.observed! < $1.element.observed! : $0.offset < $1.offset
    }.prefix(max(count, 0)).map(\.element)
  }

  /// The mean objective of a mixture's trials.
  func value(of mixture: Mixture) -> Double? {
    entries.first { $0.mixture == mixture }.map { $0.values.reduce(0, +) / Double($0.values.count) }
  }
}

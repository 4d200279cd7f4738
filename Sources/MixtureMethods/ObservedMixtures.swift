import Mixtures

/// The finished trials, those of one mixture together.
struct ObservedMixtures: Sendable {
  let objective: Objective
  /// What may be handed over; nil where anything may.
  let feasible: FeasibleMixtures?
  private(set) var entries: [Entry] = []

  struct Entry: Sendable {
    var mixture: Mixture
    /// The objective, with what limits that are exceeded cost.
    var values: [Double]
    /// The same without.
    var measured: [Double]
  }

  init(objective: Objective, feasible: FeasibleMixtures? = nil) {
    self.objective = objective
    self.feasible = feasible
  }

  /// Takes in what has a finite value; diverged trials have none.
  mutating func append(_ observations: [Observation]) {
    for observation in observations {
      guard let value = objective.value(of: observation), value.isFinite,
        let measured = objective.measured(in: observation)
      else { continue }
      if let index = entries.firstIndex(where: { $0.mixture == observation.mixture }) {
        entries[index].values.append(value)
        entries[index].measured.append(measured)
      } else {
        entries.append(
          Entry(mixture: observation.mixture, values: [value], measured: [measured]))
      }
    }
  }

  /// The mixtures of the lowest mean objective of those that may be handed over. Where none may, the
  /// feasible ones nearest to the best.
  func best(_ count: Int) -> [Recommendation] {
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    let means = entries.map {
      mean($0.values) + (feasible?.pull?.value(at: $0.mixture.weights) ?? 0)
    }
    let places = entries.indices.sorted { a, b in
      means[a] != means[b] ? means[a] < means[b] : a < b
    }
    let order = places.map { entries[$0] }
    // What a table rounds is as good as kept.
    let allowed = order.filter { feasible?.contains($0.mixture.weights, tolerance: 1e-4) ?? true }
    if !allowed.isEmpty || order.isEmpty {
      return allowed.prefix(max(count, 0)).map {
        Recommendation(mixture: $0.mixture, observed: mean($0.measured))
      }
    }
    var found: [Recommendation] = []
    for entry in order where found.count < count {
      let mixture = Mixture(
        domains: entry.mixture.domains,
        proportionalTo: feasible!.nearest(to: entry.mixture.weights))
      if !found.contains(where: { $0.mixture == mixture }) {
        found.append(Recommendation(mixture: mixture))
      }
    }
    return found
  }

  /// The mean objective of a mixture's trials, without what limits cost.
  func value(of mixture: Mixture) -> Double? {
    entries.first { $0.mixture == mixture }.map {
      $0.measured.reduce(0, +) / Double($0.measured.count)
    }
  }
}

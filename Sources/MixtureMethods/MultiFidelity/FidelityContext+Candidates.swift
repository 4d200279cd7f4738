import Mixtures
import Numerics

extension FidelityContext {
  /// The feasible mixtures of the pool, in its order; nil where any mixture can be had.
  package var candidates: [Mixture]? {
    pool.map { $0.mixtures.filter { feasible.contains($0.weights) } }
  }

  /// Of these what can be run at the target: what is handed over should be something that can be had there. All, where
  /// nothing can.
  package var targetCandidates: [Mixture]? {
    candidates.map { all in
      let final = all.filter { reaches(grid.target, with: $0) }
      return final.isEmpty ? all : final
    }
  }

  /// The candidates in random order.
  ///
  /// - Parameter stream: orders of different streams are independent.
  func shuffledCandidates(_ stream: String) -> [Mixture]? {
    guard var candidates else { return nil }
    var generator = SeededGenerator(seed: seed, stream: stream)
    generator.shuffle(&candidates)
    return candidates
  }

  /// A mixture from the uniform distribution on the simplex, drawn onto what is feasible.
  func uniformMixture(using generator: inout SeededGenerator) -> Mixture {
    let weights = Simplex.dirichlet(
      parts: domains.count, concentration: 1, using: &generator)
    return Mixture(domains: domains, proportionalTo: FeasibleSpread(feasible).drawn(weights))
  }

  /// The objective of each of a run's measurements, from short to long; not those that are no numbers.
  package func values(of run: FidelityRun) -> [(rung: Int, value: Double)] {
    run.measurements.map { ($0.rung, objective.value(of: $0.losses)) }.filter(\.1.isFinite)
  }

  /// The mixture of the lowest objective at the highest fidelity that anything was measured at, by size and
  /// then length: what a method without a model hands over.
  ///
  /// Several runs of one mixture count with their mean. Of a pool it is one that can be run at the target, if such a one
  /// was measured.
  func incumbent(_ runs: [FidelityRun]) -> Mixture? {
    let final = targetCandidates.map(Set.init)
    return incumbent(runs) { final?.contains($0) ?? true } ?? incumbent(runs) { _ in true }
  }

  private func incumbent(_ runs: [FidelityRun], among isEligible: (Mixture) -> Bool) -> Mixture? {
    var top: FidelityPoint?
    var entries: [(mixture: Mixture, values: [Double])] = []
    for run in runs
    where feasible.contains(run.mixture.weights) && isEligible(run.mixture) {
      for (rung, value) in values(of: run) {
        let point = FidelityPoint(level: run.level, rung: rung)
        if let best = top, (point.level, point.rung) < (best.level, best.rung) { continue }
        if top != point {
          top = point
          entries = []
        }
        if let place = entries.firstIndex(where: { $0.mixture == run.mixture }) {
          entries[place].values.append(value)
        } else {
          entries.append((run.mixture, [value]))
        }
      }
    }
    let means = entries.map { Statistics.mean($0.values) }
    return means.indices.min { (means[$0], $0) < (means[$1], $1) }.map { entries[$0].mixture }
  }
}

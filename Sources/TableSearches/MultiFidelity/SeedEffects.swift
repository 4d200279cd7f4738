import MixtureMethods
import Mixtures
import Numerics

/// What a seed does to all mixtures alike: the same first parameters and the same order of the text shift every
/// run of a seed. Where only some mixtures have a second seed, their means would be shifted against the others'.
struct SeedEffects {
  /// [mixture][level][replicate].
  let runs: [[[FidelityTable.Run]]]
  let objective: Objective

  /// The seed that most mixtures have at a level, the lowest of several; nil where nobody says.
  ///
  /// - Parameter rung: where they were measured; nil for anywhere.
  func mainSeed(level: Int, rung: Int?) -> UInt64? {
    var counts: [(seed: UInt64, count: Int)] = []
    for levels in runs {
      for run in levels[level] where rung.map({ run.losses[$0] != nil }) ?? true {
        guard let seed = run.seed else { continue }
        if let place = counts.firstIndex(where: { $0.seed == seed }) {
          counts[place].count += 1
        } else {
          counts.append((seed, 1))
        }
      }
    }
    return counts.max { ($0.count, $1.seed) < ($1.count, $0.seed) }?.seed
  }

  /// The objective of each mixture's replicates at a point as if all had the seed that most have: of each other
  /// seed its mean difference is taken off, over the mixtures that have both.
  ///
  /// - Returns: [mixture][replicate], and how many differences were taken off.
  func freed(at point: FidelityPoint) -> (values: [[Double]], effects: Int) {
    let known = runs.map { levels in
      levels[point.level].compactMap { run in
        run.losses[point.rung].map { (seed: run.seed, value: objective.value(of: $0)) }
      }
    }
    guard let main = mainSeed(level: point.level, rung: point.rung) else {
      return (known.map { $0.map(\.value) }, 0)
    }
    var effects: [UInt64: Double] = [:]
    for seed in Set(known.joined().compactMap(\.seed)) where seed != main {
      let differences = known.compactMap { replicates -> Double? in
        guard let own = replicates.first(where: { $0.seed == seed }),
          let other = replicates.first(where: { $0.seed == main })
        else { return nil }
        return own.value - other.value
      }
      if !differences.isEmpty { effects[seed] = Statistics.mean(differences) }
    }
    return (
      known.map { replicates in
        replicates.map { $0.value - ($0.seed.flatMap { effects[$0] } ?? 0) }
      }, effects.count
    )
  }

  /// The standard deviation of one run about its mixture's mean; nil without replicates enough.
  func noise(at point: FidelityPoint) -> Double? {
    let (values, effects) = freed(at: point)
    guard let pooled = Statistics.pooledVariance(values), pooled.degreesOfFreedom > effects else {
      return nil
    }
    let squares = pooled.variance * Double(pooled.degreesOfFreedom)
    return (squares / Double(pooled.degreesOfFreedom - effects)).squareRoot()
  }
}

import Foundation
import Mixtures
import Numerics

/// A smooth stand-in for the trainer behind a table: for each held-out domain an ensemble of exponential
/// mixing laws and what they leave over as random waves.
///
/// The laws have the form that `mixlaws` and `olmix` fit, so these find on a landscape more of what they
/// assume than on the table itself. The waves, and how the laws are fitted, are no method's own; the
/// Gaussian processes of `bo` and `bo-raw` have neither in their prior.
///
/// It is defined over the convex hull of the table's mixtures: nothing is known beyond.
package struct Landscape: Sendable {
  /// How well it gives losses of runs that it has not seen, in five folds.
  package struct Quality: Sendable, Codable {
    /// R² of each output, in the order of the pool's.
    package var outputs: [Double]
    /// R² of the objective.
    package var objective: Double
    /// Root mean square error of the objective, nats per token.
    package var error: Double
  }

  package let hull: MixtureHull
  package let objective: Objective
  package let quality: Quality
  private let laws: [[LandscapeLaw]]
  private let features: RandomFeatures
  /// (m, d).
  private let coefficients: Matrix

  private static let members = 4
  private static let featureCount = 300
  private static let lengthscales = [0.3, 0.6, 1.2]
  private static let ridges = [1e-3, 1e-2, 1e-1, 1]

  /// - Parameter seed: of the resampling and the waves.
  package init(fittedTo pool: RunPool, seed: UInt64 = 1) {
    hull = MixtureHull(of: pool.mixtures.map(\.weights))
    objective = pool.objective
    let mixtures = pool.mixtures.map(\.weights)
    let outputs = pool.outputs.count
    var order = Array(0..<pool.count)
    var generator = SeededGenerator(seed: seed, stream: "landscape folds")
    generator.shuffle(&order)
    let folds = (0..<5).map { fold in order.indices.filter { $0 % 5 == fold }.map { order[$0] } }

    /// What laws that have seen `train` leave over at `indices`: (runs, d).
    func residuals(_ laws: [[LandscapeLaw]], _ indices: [Int]) -> Matrix {
      Matrix(
        rows: indices.map { i in
          (0..<outputs).map { pool.losses[i][$0] - Self.mean(laws[$0], mixtures[i]) }
        })
    }
    let foldLaws = folds.map { test in
      let train = Set(order).subtracting(test).sorted()
      return Self.laws(pool, train, seed: seed)
    }
    // The lengthscale and the ridge of the least error over all folds, each output in units of its spread.
    let spreads = (0..<outputs).map { d in
      max(Statistics.variance(pool.losses.map { $0[d] })!, 1e-18)
    }
    var best = (error: Double.infinity, lengthscale: 0.6, ridge: 1.0)
    var predicted = Matrix(rows: pool.count, columns: outputs)
    for lengthscale in Self.lengthscales {
      let waves = RandomFeatures(
        parts: pool.domains.count, count: Self.featureCount, lengthscale: lengthscale, seed: seed
      ).matrix(at: mixtures)
      let columns = Array(0..<waves.columns)
      for ridge in Self.ridges {
        var error = 0.0
        var guesses = Matrix(rows: pool.count, columns: outputs)
        for (fold, test) in folds.enumerated() {
          let train = Set(order).subtracting(test).sorted()
          let fit = RandomFeatures.coefficients(
            waves.submatrix(rows: train, columns: columns), residuals(foldLaws[fold], train),
            ridge: ridge)
          let rest = waves.submatrix(rows: test, columns: columns).times(fit)
          for (row, i) in test.enumerated() {
            for d in 0..<outputs {
              guesses[i, d] = Self.mean(foldLaws[fold][d], mixtures[i]) + rest[row, d]
              error += pow(guesses[i, d] - pool.losses[i][d], 2) / spreads[d]
            }
          }
        }
        if error < best.error {
          best = (error, lengthscale, ridge)
          predicted = guesses
        }
      }
    }
    quality = Self.quality(of: predicted, pool)
    laws = Self.laws(pool, Array(0..<pool.count), seed: seed)
    features = RandomFeatures(
      parts: pool.domains.count, count: Self.featureCount, lengthscale: best.lengthscale, seed: seed
    )
    coefficients = RandomFeatures.coefficients(
      features.matrix(at: mixtures), residuals(laws, Array(0..<pool.count)), ridge: best.ridge)
  }

  /// For each output laws through all of the runs and through samples of them with replacement.
  private static func laws(_ pool: RunPool, _ train: [Int], seed: UInt64) -> [[LandscapeLaw]] {
    var generator = SeededGenerator(seed: seed, stream: "landscape samples")
    let counts = (0..<members).map { member in
      var counts = [Double](repeating: member == 0 ? 1 : 0, count: train.count)
      if member > 0 { for _ in train { counts[generator.integer(below: train.count)] += 1 } }
      return counts
    }
    let mixtures = train.map { pool.mixtures[$0].weights }
    return pool.outputs.indices.map { d in
      let losses = train.map { pool.losses[$0][d] }
      return counts.map { LandscapeLaw(mixtures: mixtures, losses: losses, counts: $0) }
    }
  }

  private static func mean(_ laws: [LandscapeLaw], _ mixture: [Double]) -> Double {
    laws.reduce(0) { $0 + $1.loss(at: mixture) } / Double(laws.count)
  }

  private static func quality(of predicted: Matrix, _ pool: RunPool) -> Quality {
    // Of losses that do not vary there is nothing to explain.
    func determination(_ guesses: [Double], _ truths: [Double]) -> Double {
      Statistics.determination(of: truths, by: guesses) ?? 0
    }
    let guesses = (0..<pool.count).map { pool.objective.value(of: predicted.row($0)) }
    return Quality(
      outputs: pool.outputs.indices.map { d in
        determination(predicted.column(d), pool.losses.map { $0[d] })
      },
      objective: determination(guesses, pool.values),
      error: Statistics.rootMeanSquare(zip(guesses, pool.values).map { $0 - $1 }))
  }

  /// The loss of each output.
  package func losses(at mixture: [Double]) -> [Double] {
    let rest = coefficients.times(features.values(at: mixture), transposingSelf: true)
    return laws.indices.map { Self.mean(laws[$0], mixture) + rest[$0] }
  }

  package func value(at mixture: [Double]) -> Double { objective.value(of: losses(at: mixture)) }

  /// The lowest objective over the hull: descents from every promising mixture of the table and from many
  /// between them.
  ///
  /// - Parameter starts: how many descents.
  package func minimum(starts: Int = 48, seed: UInt64 = 1) -> (mixture: [Double], value: Double) {
    var generator = SeededGenerator(seed: seed, stream: "landscape starts")
    var candidates = hull.vertices
    for _ in 0..<2000 {
      let corners = 2 + generator.integer(below: 4)
      let shares = Simplex.dirichlet(parts: corners, concentration: 1, using: &generator)
      var mixture = [Double](repeating: 0, count: hull.parts)
      for share in shares {
        let vertex = hull.vertices[generator.integer(below: hull.vertices.count)]
        for j in mixture.indices { mixture[j] += share * vertex[j] }
      }
      candidates.append(mixture)
    }
    let values = candidates.map { value(at: $0) }
    let order = candidates.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var best = (mixture: candidates[order[0]], value: values[order[0]])
    for index in order.prefix(starts) {
      let found = hull.minimize(from: candidates[index]) { value(at: $0) }
      if found.value < best.value { best = found }
    }
    return best
  }
}

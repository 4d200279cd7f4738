import Foundation
import Mixtures
import Numerics

/// Maximizes a smooth function over mixtures, in the coordinates z = wᵉ of its kernel.
///
/// On the surface Σ zʲ^(1/e) = 1 the kernel has no slope that blows up where a weight vanishes, so that
/// ascents run along faces of the simplex and end in its corners as they do inside. All ascents advance
/// together: one call evaluates a point of each.
package struct MixtureSearch: Sendable {
  /// How many of the candidates ascents begin at.
  package var starts = 10
  /// Evaluations of each ascent.
  package var evaluations = 40
  /// Candidates to choose the starts from.
  package var candidates = 2048

  package init() {}

  /// The most outputs times domains that are searched with all candidates. An evaluation costs about as much as
  /// there are of these, so that with more of them there are fewer candidates.
  package static let mostTerms = 32 * 32

  /// How many candidates, of so many, to look at.
  package static func affordable(_ candidates: Int, outputs: Int, parts: Int) -> Int {
    let terms = outputs * parts
    return terms <= mostTerms
      ? candidates : max(candidates * mostTerms / terms, min(candidates, 512))
  }

  /// - Parameters:
  ///   - incumbents: mixtures worth starting at, with their neighbours, the most promising first.
  ///   - score: the function at each mixture.
  ///   - evaluate: the function and its gradients in z, (k, p), as it continues off the simplex.
  /// - Returns: where each ascent ended, best first, all of it feasible.
  package func maxima(
    over feasible: FeasibleMixtures, exponent: Double, incumbents: [[Double]], seed: UInt64,
    score: ([[Double]]) -> [Double],
    evaluate: (EmbeddedMixtures) -> (values: [Double], gradients: Matrix)
  ) -> [(mixture: [Double], value: Double)] {
    let parts = feasible.domains.count
    guard parts > 1 else { return [([1], score([[1]])[0])] }
    let pool = pool(over: feasible, exponent: exponent, incumbents: incumbents, seed: seed)
    let scores = score(pool)
    var ascents = chosenStarts(pool, scores, exponent: exponent).map { place -> any MixtureAscent in
      feasible.isWholeSimplex
        ? SurfaceAscent(from: pool[place], exponent: exponent)
        : ConstrainedAscent(from: pool[place], exponent: exponent, feasible: feasible)
    }
    for _ in 0..<evaluations {
      let active = ascents.indices.filter { !ascents[$0].hasEnded }
      guard !active.isEmpty else { break }
      let points = EmbeddedMixtures(
        active.map { ascents[$0].trialMixture }, parts: parts, exponent: exponent)
      let found = evaluate(points)
      for (x, ascent) in active.enumerated() {
        ascents[ascent].take(
          value: found.values[x], gradient: found.gradients.column(x))
      }
    }
    // Weights that nobody could train with are none; kept only where that costs nothing.
    let ends = ascents.map(\.mixture)
    let cleaned = ends.map { mixture in
      let kept = mixture.map { $0 < 1e-4 ? 0 : $0 }
      let sum = kept.reduce(0, +)
      let scaled = kept.map { $0 / sum }
      return feasible.isWholeSimplex ? scaled : feasible.nearest(to: scaled)
    }
    let values = score(ends + cleaned)
    return ends.indices.map { i in
      values[i + ends.count] >= values[i] - 1e-6 * max(1, abs(values[i]))
        ? (cleaned[i], values[i + ends.count]) : (ends[i], values[i])
    }.filter { $0.1.isFinite }.enumerated().sorted {
      $0.element.1 != $1.element.1 ? $0.element.1 > $1.element.1 : $0.offset < $1.offset
    }.map { ($0.element.0, $0.element.1) }
  }

  /// Feasible mixtures spread over all of them, their faces and corners, and around the incumbents.
  package func pool(
    over feasible: FeasibleMixtures, exponent: Double, incumbents: [[Double]], seed: UInt64
  ) -> [[Double]] {
    let pool = pool(
      parts: feasible.domains.count, exponent: exponent, incumbents: incumbents, seed: seed)
    if feasible.isWholeSimplex { return pool }
    // Every other one is drawn in along its ray, as the even spread fills the inside then; the others go
    // to the nearest wall, where the best often lies.
    let spread = FeasibleSpread(feasible)
    return pool.enumerated().map { index, mixture in
      if feasible.contains(mixture, tolerance: 1e-12) { return mixture }
      return index % 2 == 0 && feasible.maximumDomains == nil
        ? spread.drawn(mixture) : feasible.nearest(to: mixture)
    }
  }

  private func pool(
    parts: Int, exponent: Double, incumbents: [[Double]], seed: UInt64
  ) -> [[Double]] {
    var pool: [[Double]] = [[Double](repeating: 1 / Double(parts), count: parts)]
    let isPaired = paired(parts: parts, incumbents)
    for i in 0..<parts {
      pool.append((0..<parts).map { $0 == i ? 1 : 0 })
      for j in 0..<i where isPaired[i] && isPaired[j] {
        pool.append((0..<parts).map { $0 == i || $0 == j ? 0.5 : 0 })
      }
    }
    pool += incumbents
    let rest = max(candidates - pool.count, candidates / 2)
    var generator = SeededGenerator(seed: seed, stream: "candidates")
    // Half over the whole simplex, from even to sparse.
    pool += SobolSequence.simplexPoints(parts: parts, count: rest / 4, seed: seed)
    for concentration in [0.1, 0.3, 3] {
      for _ in 0..<rest / 12 {
        pool.append(
          Simplex.dirichlet(parts: parts, concentration: concentration, using: &generator))
      }
    }
    // Half near the incumbents: a step of .02 to .3 in z, sometimes with a domain left out.
    guard !incumbents.isEmpty else { return pool }
    for n in 0..<rest / 2 {
      let center = incumbents[
        min(n % (incumbents.count + 3), incumbents.count - 1) % incumbents.count]
      let size = 0.02 * pow(15, generator.uniform())
      var z = center.map { max(pow($0, exponent) + size * generator.normal(), 0) }
      if n % 4 == 0 { z[generator.integer(below: parts)] = 0 }
      let weights = z.map { pow($0, 1 / exponent) }
      let sum = weights.reduce(0, +)
      if sum > 0 { pool.append(weights.map { $0 / sum }) }
    }
    return pool
  }

  /// Whether a domain is tried in equal shares with others, one by one. Of many domains those that the incumbents
  /// hold most of are, so that such pairs are a quarter of the candidates at most.
  private func paired(parts: Int, _ incumbents: [[Double]]) -> [Bool] {
    guard parts > 32 else { return [Bool](repeating: true, count: parts) }
    let most = max(Int((Double(candidates) / 2).squareRoot()), 2)
    let held = (0..<parts).map { part in incumbents.reduce(0) { $0 + $1[part] } }
    let order = held.indices.sorted { (-held[$0], $0) < (-held[$1], $1) }
    var result = [Bool](repeating: false, count: parts)
    for part in order.prefix(most) { result[part] = true }
    return result
  }

  /// The best candidates that are not close to a better one.
  private func chosenStarts(_ pool: [[Double]], _ scores: [Double], exponent: Double) -> [Int] {
    let order = pool.indices.filter { scores[$0].isFinite }.sorted {
      scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1
    }
    var chosen: [Int] = []
    for candidate in order.prefix(400) where chosen.count < starts {
      let isNew = chosen.allSatisfy { other in
        zip(pool[candidate], pool[other]).reduce(0) {
          $0 + pow(pow($1.0, exponent) - pow($1.1, exponent), 2)
        } > 0.01
      }
      if isNew { chosen.append(candidate) }
    }
    return chosen
  }
}

/// A climb that asks for the function's value and gradient at its trial mixture and is told.
protocol MixtureAscent {
  /// Where it is.
  var mixture: [Double] { get }
  /// What it wants to know the value of.
  var trialMixture: [Double] { get }
  var hasEnded: Bool { get }
  mutating func take(value: Double, gradient upward: [Double])
}

/// One projected quasi-Newton ascent on Σ zʲ^(1/e) = 1, z ≥ 0, which asks for the function's value at its
/// trial point and is told.
struct SurfaceAscent: MixtureAscent {
  private let exponent: Double
  private var point: [Double]
  private var value = -Double.infinity
  /// Of -f, along the surface.
  private var gradient: [Double] = []
  private var trial: [Double]
  private var direction: [Double] = []
  private var step = 1.0
  private var halvings = 0
  private var history = CurvatureHistory(memory: 8)
  private(set) var hasEnded = false

  init(from mixture: [Double], exponent: Double) {
    self.exponent = exponent
    point = mixture.map { pow($0, exponent) }
    trial = point
  }

  /// Where the ascent is.
  var mixture: [Double] { Self.weights(point, exponent) }
  /// What it wants to know the value of.
  var trialMixture: [Double] { Self.weights(trial, exponent) }

  private static func weights(_ z: [Double], _ exponent: Double) -> [Double] {
    let weights = z.map { pow($0, 1 / exponent) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }

  mutating func take(value: Double, gradient upward: [Double]) {
    let isFirst = gradient.isEmpty
    let expected = isFirst ? 0 : slope(to: trial)
    guard isFirst || (value.isFinite && value >= self.value - 1e-4 * expected) else {
      halvings += 1
      step *= 0.3
      if halvings > 8 {
        if history.isEmpty {
          hasEnded = true
          return
        }
        history.forget()
        aim()
      } else {
        propose()
      }
      return
    }
    // What scaling z back onto the surface would undo is taken out.
    var down = upward.map { -$0 }
    let radial = dot(down, trial)
    for j in down.indices { down[j] -= radial * pow(trial[j], 1 / exponent - 1) }
    if !isFirst {
      history.append(
        step: zip(trial, point).map { $0 - $1 }, change: zip(down, gradient).map { $0 - $1 })
      if value - self.value < 1e-7 * max(1, abs(value)) { hasEnded = true }
    }
    (point, self.value, gradient) = (trial, value, down)
    aim()
  }

  /// Chooses a direction: coordinates at zero that would go below it stay.
  private mutating func aim() {
    let free = point.indices.map { point[$0] > 1e-9 || gradient[$0] < 0 }
    let reduced = point.indices.map { free[$0] ? gradient[$0] : 0 }
    let length = dot(reduced, reduced).squareRoot()
    guard length > 1e-7 else {
      hasEnded = true
      return
    }
    direction = history.descentDirection(of: reduced)
    for j in direction.indices where !free[j] { direction[j] = 0 }
    if !(dot(direction, reduced) < -1e-8 * length * dot(direction, direction).squareRoot()) {
      history.forget()
      direction = reduced.map { -$0 }
    }
    let size = dot(direction, direction).squareRoot()
    // No step turns the mixture over: at most .3 of the surface's radius.
    step = min(history.isEmpty ? 0.05 / size : 1, 0.3 / size)
    halvings = 0
    propose()
  }

  private mutating func propose() {
    var z = zip(point, direction).map { max($0 + step * $1, 0) }
    let radius = pow(z.reduce(0) { $0 + pow($1, 1 / exponent) }, exponent)
    for j in z.indices { z[j] /= radius }
    trial = z
  }

  /// How much -f is expected to change along the way to a point, to first order.
  private func slope(to other: [Double]) -> Double {
    zip(gradient, zip(other, point)).reduce(0) { $0 + $1.0 * ($1.1.0 - $1.1.1) }
  }
}

import Foundation
import GaussianProcesses
import Numerics

/// A size of the table forecast from the smaller ones alone, beside what its runs gave.
package struct ForecastCheck: Sendable, Hashable, Codable {
  package var parameters: Double
  package var tokens: Double
  /// Over the largest size that it was forecast from.
  package var reach: Double
  /// That were forecast and run.
  package var mixtures: Int
  /// The mean objective that was forecast less what was measured, and the deviation that was told.
  package var levelError: Double
  package var levelDeviation: Double
  /// Root mean square of the differences from the mean, forecast less measured; what was told; and of those measured.
  package var contrastError: Double
  package var contrastDeviation: Double
  package var spread: Double
  /// Of the half that was forecast as the best, two mixtures at least, the mean square of the differences from their mean,
  /// forecast less measured, over what was told; nil where it was not kept.
  package var contenders: Double?
  /// Spearman's; nil where nothing varies.
  package var rank: Double?
  /// Of the mixture forecast as the best, over the best.
  package var regret: Double
  /// Of 95 % intervals, how many held: of each objective, and of each difference of two.
  package var levelsHeld: Double
  package var contrastsHeld: Double

  /// Every size but the smallest, the largest three at most, from small to large; the intervals of each are calibrated
  /// by those before it.
  ///
  /// - Parameters:
  ///   - least: mixtures of a size that is checked.
  ///   - runs: the most that hyperparameters are fitted to.
  ///   - level: how far the level at each size may be from the law that is expected.
  package static func all(
    _ data: ScaleData, _ function: LossFunction, least: Int = 5, runs: Int = 60,
    level: LevelPrior = .free
  ) -> [ForecastCheck] {
    var found: [ForecastCheck] = []
    for size in Set(data.runs.map(\.parameters)).sorted().dropFirst().suffix(3) {
      if let check = ForecastCheck(
        data, function, size: size, least: least, runs: runs, level: level,
        factors: factors(found))
      {
        found.append(check)
      }
    }
    return found
  }

  /// - Returns: nil with fewer than four mixtures below that size or `least` at it, or where no fit succeeds.
  private init?(
    _ data: ScaleData, _ function: LossFunction, size: Double, least: Int, runs: Int,
    level: LevelPrior, factors: ScaleSurrogate.VarianceFactors
  ) {
    let own = data.runs.filter { $0.parameters == size }
    // The target's length, or the one that most of its runs have got to.
    var counts: [(tokens: Double, count: Int)] = []
    for tokens in own.flatMap(\.tokens) {
      if let place = counts.firstIndex(where: { $0.tokens == tokens }) {
        counts[place].count += 1
      } else {
        counts.append((tokens, 1))
      }
    }
    let isAsked = { (entry: (tokens: Double, count: Int)) in
      size == data.target.parameters && entry.tokens == data.target.tokens && entry.count >= least
    }
    guard
      let tokens =
        (counts.first(where: isAsked)
        ?? counts.max(by: { ($0.count, $0.tokens) < ($1.count, $1.tokens) }))?.tokens
    else { return nil }
    var data = data
    data.runs = data.runs.filter { $0.parameters < size }
    data.target = .init(parameters: size, tokens: tokens, isOfRuns: true)
    var mixtures: [[Double]] = []
    var truths: [Double] = []
    for run in own {
      guard let place = run.tokens.firstIndex(of: tokens), !mixtures.contains(run.weights) else {
        continue
      }
      mixtures.append(run.weights)
      truths.append(function.value(of: run.losses[place]))
    }
    let smaller = Set(data.runs.map(\.weights)).count
    guard smaller >= 4, mixtures.count >= least,
      let surrogate = ScaleFit.selected(for: data, runs: runs, level: level).flatMap({
        ScaleSurrogate(data: data.withRungs(atMost: 4), fit: $0)
      })
    else { return nil }
    let joint = surrogate.joint(function, at: surrogate.targetQueries(mixtures))
    self.init(
      parameters: size, tokens: tokens,
      reach: size / (data.runs.map(\.parameters).max() ?? size), means: joint.means,
      covariance: joint.covariance, truths: truths, factors: factors)
  }

  /// - Parameters:
  ///   - means: that were forecast, n.
  ///   - covariance: that was told, (n, n).
  ///   - factors: by which intervals are calibrated; errors and deviations are told without.
  init(
    parameters: Double, tokens: Double, reach: Double, means: [Double], covariance: Matrix,
    truths: [Double], factors: ScaleSurrogate.VarianceFactors = .init()
  ) {
    let n = truths.count
    self.parameters = parameters
    self.tokens = tokens
    self.reach = reach
    mixtures = n
    let errors = zip(means, truths).map { $0 - $1 }
    let center = Statistics.mean(errors)
    levelError = center
    let common = covariance.elements.reduce(0, +) / Double(n * n)
    levelDeviation = max(common, 0).squareRoot()
    let contrasts = Self.contrasts(errors, covariance)
    contrastError = contrasts.error.squareRoot()
    contrastDeviation = contrasts.told.squareRoot()
    spread = (Statistics.variance(truths) ?? 0).squareRoot()
    rank = RankCorrelation.spearman(means, truths)
    let order = means.indices.sorted { (means[$0], $0) < (means[$1], $1) }
    regret = truths[order[0]] - truths.min()!
    let half = order.prefix(Self.contenders(of: n))
    let among = Self.contrasts(
      half.map { errors[$0] }, Matrix(rows: half.map { i in half.map { covariance[i, $0] } }))
    contenders = n > 1 ? among.error / max(among.told, 1e-24) : nil
    let sums = (0..<n).map { covariance.column($0).reduce(0, +) / Double(n) }
    var calibrated = covariance
    for i in 0..<n {
      for j in 0..<n {
        calibrated[i, j] = factors.applied(
          to: covariance[i, j], with: sums[i] + sums[j], shared: common)
      }
    }
    let coverage = IntervalCoverage(errors: errors, covariance: calibrated)
    (levelsHeld, contrastsHeld) = (coverage.levels, coverage.contrasts)
  }

  /// Of so many mixtures.
  private static func contenders(of count: Int) -> Int { min(max((count + 1) / 2, 2), count) }

  /// The mean square of errors less their mean, and what of it was told.
  private static func contrasts(
    _ errors: [Double], _ covariance: Matrix
  ) -> (error: Double, told: Double) {
    let center = Statistics.mean(errors)
    let apart = errors.map { $0 - center }
    let freedom = Double(max(errors.count - 1, 1))
    let common = covariance.elements.reduce(0, +) / Double(errors.count)
    return (
      dot(apart, apart) / freedom, max(covariance.diagonal.reduce(0, +) - common, 0) / freedom
    )
  }

  /// What variances of later forecasts are multiplied by for what came of these: means of squares, drawn toward one as
  /// by four levels, and by contrasts of eight mixtures, that were just as expected (an inverse-gamma prior's mean).
  ///
  /// Contrasts are never taken to be surer than they were told: what all mixtures err by together, as where contrasts
  /// grow otherwise than before, is one piece of news of each size, and a search looks where most is promised, which is
  /// least like what was checked.
  ///
  /// Those of contenders are learned from the half that was forecast as the best, drawn toward ``contenderPrior`` as by
  /// contrasts of eight mixtures: a covariance that holds for mixtures good and bad tells good ones apart less surely than
  /// they are. In pools of 48 mixtures of five tables of real runs, after a few short runs to some at the target, mixtures
  /// within two deviations of the best differed from it by .6 to .75 of what was told, and the worst third by .8 to 1.7;
  /// of 600 told to be the best with probability .25 .35 .45 .55 .64 .75, .60 .47 .59 .81 .77 .82 were without this, and
  /// of .26 .35 .45 .55 .64 .74, .39 .47 .54 .48 .82 .76 with it.
  package static func factors(_ checks: [ForecastCheck]) -> ScaleSurrogate.VarianceFactors {
    var level = (sum: 4.0, count: 4.0)
    var contrast = (sum: 8.0, count: 8.0)
    var contender = (sum: 8 * ScaleSurrogate.VarianceFactors.contenderPrior, count: 8.0)
    for check in checks {
      level.sum += pow(check.levelError / max(check.levelDeviation, 1e-12), 2)
      level.count += 1
      // Neighbours err together: of many mixtures a dozen are news.
      let weight = Double(min(check.mixtures - 1, 12))
      contrast.sum += weight * pow(check.contrastError / max(check.contrastDeviation, 1e-12), 2)
      contrast.count += weight
      if let contenders = check.contenders {
        let weight = Double(min(Self.contenders(of: check.mixtures) - 1, 12))
        contender.sum += weight * contenders
        contender.count += weight
      }
    }
    return .init(
      level: min(level.sum / level.count, 25),
      contrast: min(max(contrast.sum / contrast.count, 1), 25),
      contender: min(contender.sum / contender.count, 25))
  }
}

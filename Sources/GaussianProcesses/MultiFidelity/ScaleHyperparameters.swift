import Foundation

/// The hyperparameters of losses over mixtures, sizes and lengths, for standardized outcomes.
///
/// With t = (ln N*/N, ln D*/D), which is zero at the target, and the warp u(t) = (exp(p t) - 1) / p, a measurement is
///
/// a level that all mixtures share, v₀ + v₁ u_N + v₂ u_D + v₃ u_N u_D + δ(t), of wide priors: a power law in N and one
/// in D, and what such laws get wrong, δ, a Matérn process of deviation Δ over t. δ cancels wherever mixtures are
/// compared; its variance is what it costs to go beyond the sizes that were run;
///
/// a contrast f(w, t) of mean g(t) m(w), see ``ScarcityPrior``, and covariance
/// g(t) g(t') (M(r) + S² ψ(t) ψ(t')) k(w, w'), M Matérn's function of smoothness 5/2 and r the distance
/// in u over lengthscales of size and length, u_D times exp(-c ln N*/N): how mixtures differ at one fidelity goes the
/// less with how they differ at another the farther they are apart, and small models may change less with length.
/// Contrasts grow as g(t) = exp(-a·t). What S is of fades instead beside the rest, as ψ(t) = exp(b·t), b·t growing
/// away from the target: what small models and short runs mind more, as a model of little capacity pays for variety;
/// k = A² M(‖√w - √w'‖ / ℓ) + L²/k Σᵢⱼ sᵢ uᵢⱼ uᵢⱼ' + B² k Σⱼ (wⱼ - 1/k) (wⱼ' - 1/k) + R² [w = w'], with
/// uᵢⱼ = ln((εᵢ + wⱼ) / (εᵢ + 1/k)) as in BiMix's law (arXiv 2405.14908), what Data Mixing Laws (arXiv 2403.16952) are as
/// logarithms, and a residual of each mixture for itself, which it has at all sizes. The floors are
/// ε/20, ε and 10 ε, of the shares s of a ``ScaleLaw``;
///
/// the noise of a run, τ² exp(κ unevenness) g(t) g(t'), the same at all of its lengths, and a jitter of each
/// measurement. Where runs are judged (``ScaleData/Target/isOfRuns``) both are part of what is asked for: a mixture that
/// was run to the target is worth what was measured.
package struct ScaleHyperparameters: Sendable, Hashable {
  package var logs: [Double]

  package init(logs: [Double]) {
    precondition(logs.count == Index.count, "expected \(Index.count) numbers, found \(logs.count)")
    self.logs = logs
  }

  /// All as logarithms, but for a, b, c and κ.
  package enum Index {
    package static let amplitude = 0
    package static let lengthscale = 1
    package static let law = 2
    package static let floor = 3
    package static let residual = 4
    package static let noise = 5
    package static let jitter = 6
    package static let sizeScale = 7
    package static let lengthScale = 8
    package static let warp = 9
    package static let sizeGrowth = 10
    package static let lengthGrowth = 11
    package static let levelDeviation = 12
    package static let levelScale = 13
    package static let noiseSlope = 14
    package static let linear = 15
    package static let lengthBySize = 16
    package static let fading = 17
    package static let fadingBySize = 18
    package static let fadingByLength = 19
    package static let count = 20
  }

  /// Standard deviations of v₀, v₁, v₂, v₃, as shares of a loss; of v₀ ten standardized units at least, where there is no
  /// such share, and no more in searches (``LevelPrior``). In forecasts it must not be less than what laws are off by at
  /// the target, however little mixtures matter: with ten units alone, which were 5 % of a loss on a table of two sizes,
  /// Chinchilla's law at sixteen times the larger one was missed by 4 % and two deviations, and one that flattens sooner
  /// by 17 % and five.
  static let levels = (constant: 0.5, bySize: 0.05, byLength: 0.05, byBoth: 0.002)
  fileprivate static let leastConstant = 10.0
  /// Of the levels of two outputs at the target.
  static let levelCorrelation = 0.6
  /// The mean of v₁ and v₂, as shares of a loss: what the losses of language models fall by as N or D grow by a factor
  /// of e, and how this flattens, as of Chinchilla's law (arXiv 2203.15556) between 20M and 1B parameters at 20 tokens
  /// each: .09 at 35M, .05 at 1B.
  static let typicalSlope = 0.055
  static let typicalWarp = 0.16

  static func warped(_ t: Double, _ power: Double) -> Double { expm1(power * t) / power }

  /// What is believed before any run. The two linear parts, L and B, leave .02 to .09 of the variance of a loss over
  /// mixtures unexplained on laws of Data Mixing Laws', RegMix's and our own runs, with L .9 to 1.1 and B .5 to 1, and .01
  /// to .19 where it was planted, with L .1 to .8 and B .7 to 1.1; A has the rest. Lengthscales are from how well runs rank
  /// mixtures for others: against 400k parameters at 500k tokens, 50k ranks with ρ .52 at 100k tokens, .88 at 175k, .97 at 300k, .99 at 500k (our
  /// own testbed); against 937M at 35G tokens, 122M with ρ .73, .92, .98 at 2G, 4G and 10G; RegMix's 1M models rank as
  /// its 1B ones with .97; it may as well be nothing where small models learn other things or never repeat what is scarce.
  ///
  /// Growth is from how much mixtures move losses: for each factor of e in size more by .02 (RegMix, 1M to 60M), .06 (our
  /// own, 50k to 2.5M), .07 (Data Mixing Laws, 70M to 410M) and .09 (our own, 50k to 400k), and for each in length by .02
  /// to .06 (Data Mixing Laws), .2 to .4 and, for runs of a few tokens for each parameter, .6 (our own); outputs differ
  /// in it by as much again. With none expected and deviations of .075 and .125, 95 % intervals of differences held 80, 89,
  /// 91 and 92 % in pools of five tables of real runs, from few and short runs to many and long ones; with .06 ± .1 and
  /// .2 ± .25 87, 95, 94 and 93 %, and with these, as something may fade, 88, 94, 95 and 93 %.
  ///
  /// What fades is little: as likely as not under a twentieth of what lasts, at the target; with b of .4 it is 2.5
  /// times that at a tenth of the size. On those designs mixtures chosen with it lost .103 .101 .070 .026 of what random
  /// ones do, and .137 .105 .081 .028 without; where small models were planted to mind other things (twelve problems),
  /// mixtures that had not been run were ranked with ρ .32 .61 .68 .86 and .30 .47 .62 .84.
  ///
  /// δ is from what laws fitted to smaller sizes miss: little at twice the size, a tenth of a loss and more at seventeen
  /// times.
  ///
  /// Deviations are narrow, as most runs are short ones of small models: the likelihood learns from them how alike these
  /// are, which says little of the target. With twice the deviations searches handed over worse mixtures. That of the size's
  /// lengthscale is not as narrow: runs at the target, each of which is followed by a fit at first, tell it.
  package static let priors: [HyperparameterPrior] = [
    .normal(mean: log(0.5), deviation: 0.35), .normal(mean: 0.9, deviation: 0.4),
    .normal(mean: 0, deviation: 0.3), .normal(mean: log(0.02), deviation: 0.5),
    .normal(mean: log(0.12), deviation: 0.4), .normal(mean: -4.5, deviation: 1),
    .normal(mean: -7, deviation: 1.5), .normal(mean: log(8), deviation: 0.7),
    .normal(mean: log(3.5), deviation: 0.4), .normal(mean: log(typicalWarp), deviation: 0.25),
    .normal(mean: 0.1, deviation: 0.15), .normal(mean: 0.25, deviation: 0.3),
    .normal(mean: log(0.08), deviation: 0.35), .normal(mean: log(3), deviation: 0.2),
    .normal(mean: 0, deviation: 0.25), .normal(mean: log(0.75), deviation: 0.3),
    .normal(mean: 0, deviation: 0.075), .normal(mean: log(0.05), deviation: 1),
    .normal(mean: 0.4, deviation: 0.3), .normal(mean: 0.4, deviation: 0.4),
  ]

  /// The largest factor in size, and in length, between runs whose contrasts the priors' rates are from.
  static let knownFactor = 100.0

  /// What is believed where runs are at those fidelities, and the target: as ``priors``, but over more than a hundredfold in
  /// size or length contrasts grow and fade by no more than over that.
  ///
  /// A rate for each factor of e that goes on without end says of 1M for 1B, a thousand times the size and the tokens, that
  /// contrasts grew from nothing and that small models know nothing of the target. From RegMix's runs at 1M and 60M, taken to
  /// have had 25 tokens for a parameter, differences at 1B were told to .75 nats and missed by .11, ρ .56; with this to .12,
  /// .05 and .76, where they vary by .05.
  static func priors(over cells: [ScaleCell]) -> [HyperparameterPrior] {
    func share(_ distances: [Double]) -> Double {
      let all = distances + [0]
      return min(1, log(knownFactor) / max(all.max()! - all.min()!, 1e-9))
    }
    let (bySize, byLength) = (share(cells.map(\.size)), share(cells.map(\.length)))
    var result = priors
    for (index, share) in [
      (Index.sizeGrowth, bySize), (Index.fadingBySize, bySize), (Index.lengthGrowth, byLength),
      (Index.fadingByLength, byLength),
    ] {
      guard share < 1, case .normal(let mean, let deviation) = priors[index] else { continue }
      result[index] = .normal(mean: share * mean, deviation: share * deviation)
    }
    return result
  }

  private func power(_ index: Int, _ factor: Double = 1) -> Double { exp(factor * logs[index]) }

  var squaredAmplitude: Double { power(Index.amplitude, 2) }
  var lengthscale: Double { power(Index.lengthscale) }
  var squaredLaw: Double { power(Index.law, 2) }
  /// ε₁, ε₂ and ε₃.
  var floors: [Double] { [0.05, 1, 10].map { $0 * power(Index.floor) } }
  var squaredLinear: Double { power(Index.linear, 2) }
  var squaredResidual: Double { power(Index.residual, 2) }
  var noise: Double { power(Index.noise) }
  var jitter: Double { power(Index.jitter) + Self.leastJitter }
  var sizeScale: Double { power(Index.sizeScale) }
  var lengthScale: Double { power(Index.lengthScale) }
  var warp: Double { power(Index.warp) }
  var squaredLevel: Double { power(Index.levelDeviation, 2) }
  var levelScale: Double { power(Index.levelScale) }
  var noiseSlope: Double { logs[Index.noiseSlope] }

  /// What a difference in length counts at a size.
  func stretch(_ cell: ScaleCell) -> Double { exp(-logs[Index.lengthBySize] * cell.size) }

  static let leastJitter = 1e-6

  /// g.
  func growth(_ cell: ScaleCell) -> Double {
    exp(-logs[Index.sizeGrowth] * cell.size - logs[Index.lengthGrowth] * cell.length)
  }

  /// S ψ.
  func fading(_ cell: ScaleCell) -> Double {
    exp(
      logs[Index.fading] + logs[Index.fadingBySize] * cell.size
        + logs[Index.fadingByLength] * cell.length)
  }
}

/// How far the level at the target may be from the law that is expected before any run.
package enum LevelPrior: Sendable, Hashable {
  /// Half a loss: what a forecast of a size that was never run needs.
  case free
  /// Ten standardized units: what a search does better with, whose first runs at the target then tell how good a mixture
  /// is by what they lose, not only by how they differ. With a free level, searches of a problem of 24 domains, where that is 3 %
  /// of a loss, ended .70 gaps from the best after ten runs of the target, .19 with this.
  case near

  /// The standard deviation of v₀, in standardized units.
  func constant(unit: Double) -> Double {
    let least = ScaleHyperparameters.leastConstant
    return self == .free ? max(ScaleHyperparameters.levels.constant * unit, least) : least
  }
}

/// How losses rise where little is left of a domain. Of the two the one is used that the runs are likelier by.
///
/// With 41 runs of our own testbed, 13 of Data Mixing Laws and 32 of RegMix at the largest size, one floor left .09, .07
/// and .63 of the variance over mixtures that had not been run unexplained, three leave .03, .05 and .40; 95 % intervals
/// held 86, 100 and 91 % there, and hold 94, 100 and 94 %. On landscapes that were planted without such bends three floors
/// alone made searches worse.
package enum ScaleLaw: Sendable, Hashable, CaseIterable {
  /// With one floor for all outputs.
  case plain
  /// With three, whose sums have other bends for each output.
  case bent

  /// s, of the three floors; they sum to one.
  var shares: [Double] {
    switch self {
    case .plain: [0, 1, 0]
    case .bent: [0.1, 0.5, 0.4]
    }
  }
}

/// A fidelity, as logarithms of ratios to the target's.
package struct ScaleCell: Sendable, Hashable {
  /// ln(N*/N).
  package var size: Double
  /// ln(D*/D).
  package var length: Double

  package init(size: Double, length: Double) {
    self.size = size
    self.length = length
  }

  package static let target = ScaleCell(size: 0, length: 0)
}

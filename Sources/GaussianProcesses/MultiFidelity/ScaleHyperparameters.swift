import Foundation
import Numerics

/// The hyperparameters of one output over mixtures, sizes and lengths, for standardized outcomes.
///
/// With s(N) = ((N*/N)^δ - 1) / δ, zero at the target's size N*, a run's value a at the target's length and its
/// amplitude b (see ``LearningCurve``) are
///
/// a = t₁ + t₂ s + (1 + ρ s) f(w) + g(w, s) + noise,  b = t₃ + t₄ s + φ f(w) + h(w) + noise.
///
/// f has the covariance of ``Hyperparameters`` without its constant: Matérn's function, a mixing law. To it come
/// a law of each domain for itself, L²/k Σⱼ uⱼ uⱼ' with uⱼ = ln((ε + wⱼ) / (ε + 1/k)): losses are linear in
/// BiMix's logarithms, with coefficients of each output's own. And a residual of variance R² of each mixture for
/// itself, which runs of all sizes share: a mixture that is better than the law where it is cheap will be so at
/// the target. The bias
/// g has covariance G² c(s, s') M(w, w'), M the same Matérn's function of amplitude one and
/// c = (1 - θ) min(s, s') + θ s s': nothing at the target, and the less the nearer a size is to it. h has
/// covariance H² M. The tᵢ have wide priors: a power law in N, one in D by the curve, and their product.
package struct ScaleHyperparameters: Sendable, Hashable {
  /// The flat form: those of ``Hyperparameters``, of which the noise is that of a, then ρ, φ, ln G, ln H, the
  /// noise of b (its variance's logarithm), ln δ, θ (its logit), ln α, ln β, ln γ², ln σ², ln R, ln L, ln ε.
  package var logs: [Double]

  package init(logs: [Double]) { self.logs = logs }

  static let extra = 14
  /// Standard deviations of t₁ … t₄.
  static let trends = (value: 10.0, valueBySize: 10.0, amplitude: 20.0, amplitudeBySize: 5.0)

  enum Index {
    static let sizeFactor = 0
    static let amplitudeFactor = 1
    static let bias = 2
    static let amplitudeSpread = 3
    static let amplitudeNoise = 4
    static let sizeExponent = 5
    static let biasShare = 6
    static let curve = 7
    static let wander = 9
    static let jitter = 10
    static let residual = 11
    static let law = 12
    static let floor = 13
  }

  /// Where the first of those that are not in ``Hyperparameters`` is.
  var first: Int { logs.count - Self.extra }
  /// Those of f.
  var mixture: Hyperparameters { Hyperparameters(logs: Array(logs.prefix(first))) }

  private func extra(_ index: Int) -> Double { logs[first + index] }

  var sizeFactor: Double { extra(Index.sizeFactor) }
  var amplitudeFactor: Double { extra(Index.amplitudeFactor) }
  var squaredBias: Double { exp(2 * extra(Index.bias)) }
  var squaredAmplitudeSpread: Double { exp(2 * extra(Index.amplitudeSpread)) }
  var amplitudeNoise: Double { exp(extra(Index.amplitudeNoise)) }
  var squaredResidual: Double { exp(2 * extra(Index.residual)) }
  var squaredLaw: Double { exp(2 * extra(Index.law)) }
  var floor: Double { exp(extra(Index.floor)) }
  var sizeExponent: Double { exp(extra(Index.sizeExponent)) }
  var biasShare: Double { 1 / (1 + exp(-extra(Index.biasShare))) }
  var curve: LearningCurve {
    LearningCurve(
      exponent: exp(extra(Index.curve)), timescale: exp(extra(Index.curve + 1)),
      wander: exp(extra(Index.wander)),
      jitter: exp(extra(Index.jitter)) + LearningCurve.leastJitter)
  }

  /// s of a size, from ln(N*/N).
  func deficit(_ logRatio: Double) -> Double { expm1(sizeExponent * logRatio) / sizeExponent }

  /// ds / d ln δ.
  func deficitSlope(_ logRatio: Double) -> Double {
    logRatio * exp(sizeExponent * logRatio) - deficit(logRatio)
  }

  /// c(s, s').
  func biasFactor(_ a: Double, _ b: Double) -> Double {
    let common = a * b > 0 ? min(abs(a), abs(b)) : 0
    return (1 - biasShare) * common + biasShare * a * b
  }

  /// dc / da; half of the corner's where both are the same.
  func biasFactorSlope(_ a: Double, _ b: Double) -> Double {
    var common = 0.0
    if a * b > 0 {
      let sign = a > 0 ? 1.0 : -1.0
      common = abs(a) < abs(b) ? sign : abs(a) == abs(b) ? 0.5 * sign : 0
    }
    return (1 - biasShare) * common + biasShare * b
  }

  /// dc / d logit θ.
  func biasFactorShareSlope(_ a: Double, _ b: Double) -> Double {
    let common = a * b > 0 ? min(abs(a), abs(b)) : 0
    return biasShare * (1 - biasShare) * (a * b - common)
  }
}

/// Which terms a scale surrogate has.
package struct ScaleForm: Sendable, Hashable, Codable {
  /// Of f(w), and the link.
  package var mixture: SurrogateForm

  /// A law of each domain for itself: what an output needs of its own is then not a hyperparameter, and all
  /// outputs can share theirs.
  package var hasDomainLaws: Bool

  package init(mixture: SurrogateForm, hasDomainLaws: Bool = false) {
    self.mixture = mixture
    self.hasDomainLaws = hasDomainLaws
  }

  /// The prior of each hyperparameter, in the flat order. What the runs cannot tell is fixed.
  func priorList(own: Int?, inputs: ScaleInputs) -> [HyperparameterPrior] {
    typealias Index = ScaleHyperparameters.Index
    let base = mixture.priorList(parts: inputs.points.parts, own: own)
    var extra = [HyperparameterPrior](repeating: .fixed(0), count: ScaleHyperparameters.extra)
    extra[Index.sizeFactor] = .normal(mean: 0, deviation: 0.3)
    extra[Index.amplitudeFactor] = .normal(mean: 0, deviation: 1)
    // RegMix's 1M and 1B models rank mixtures with a correlation of .97 (Liu et al., arXiv 2407.01492), which
    // leaves a quarter of the spread where s is 15.
    extra[Index.bias] = .normal(mean: log(0.1), deviation: 1)
    extra[Index.amplitudeSpread] = .normal(mean: 0, deviation: 1)
    extra[Index.amplitudeNoise] = .normal(mean: -3, deviation: 1)
    // Losses of language models fall as powers of .05 to .35 of their parameters.
    extra[Index.sizeExponent] = .normal(mean: log(0.2), deviation: 0.7)
    extra[Index.biasShare] = .normal(mean: 0, deviation: 1.5)
    extra[Index.curve] = .normal(mean: log(0.5), deviation: 0.5)
    extra[Index.curve + 1] = .normal(mean: log(0.1), deviation: 1)
    extra[Index.wander] = .normal(mean: -1, deviation: 1.5)
    extra[Index.jitter] = .normal(mean: -6, deviation: 1.5)
    extra[Index.residual] = .normal(mean: log(0.1), deviation: 1)
    if hasDomainLaws {
      extra[Index.law] = .normal(mean: log(0.5), deviation: 1)
      extra[Index.floor] = .normal(mean: log(0.01), deviation: 1.5)
    } else {
      extra[Index.law] = .fixed(-.infinity)
    }
    func fix(_ indices: [Int]) { for i in indices { extra[i] = .fixed(extra[i].start) } }
    if inputs.logSizeRatios.allSatisfy({ abs($0) < 1e-9 }) {
      fix([Index.sizeFactor, Index.bias, Index.sizeExponent, Index.biasShare])
    }
    if inputs.patterns.allSatisfy({ $0.count == 1 }) {
      fix([Index.amplitudeNoise, Index.wander, Index.jitter])
      if inputs.patterns.allSatisfy({ abs($0[0] - 1) < 1e-9 }) {
        fix([
          Index.amplitudeFactor, Index.amplitudeSpread, Index.curve, Index.curve + 1,
        ])
      }
    }
    return base + extra
  }
}

/// Where runs were measured, as the kernels of every output see it.
package struct ScaleInputs: Sendable {
  /// Each mixture once.
  let points: EmbeddedMixtures
  /// Of each run, which of the points it is, n.
  let places: [Int]
  /// ln(N*/N) of each run, n.
  let logSizeRatios: [Double]
  /// The lengths at which some run was measured, in target's tokens; each list once.
  let patterns: [[Double]]
  /// Of each run, which of the patterns, n.
  let patternOf: [Int]
  /// Of each point, the first run at the target's size; nil without one, and where runs are not what counts.
  let targetRuns: [Int?]
  let targetIsOfRuns: Bool

  var count: Int { places.count }

  package init(_ data: ScaleData, exponent: Double) {
    var mixtures: [[Double]] = []
    var patterns: [[Double]] = []
    func place<Element: Equatable>(of element: Element, in list: inout [Element]) -> Int {
      if let found = list.firstIndex(of: element) { return found }
      list.append(element)
      return list.count - 1
    }
    places = data.runs.map { place(of: $0.weights, in: &mixtures) }
    logSizeRatios = data.runs.map { log(data.target.parameters / $0.parameters) }
    patternOf = data.runs.map { run in
      place(of: run.tokens.map { $0 / data.target.tokens }, in: &patterns)
    }
    self.patterns = patterns
    points = EmbeddedMixtures(mixtures, parts: data.parts, exponent: exponent)
    var targetRuns = mixtures.map { _ in Int?.none }
    if data.target.isOfRuns {
      for run in places.indices.reversed() where logSizeRatios[run] == 0 {
        targetRuns[places[run]] = run
      }
    }
    self.targetRuns = targetRuns
    targetIsOfRuns = data.target.isOfRuns
  }
}

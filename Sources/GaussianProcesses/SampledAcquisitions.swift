import Foundation
import Numerics

/// ``NoisyExpectedImprovement`` of a function of the losses that is not normal: its logarithm, averaged over
/// joint draws.
///
/// A draw in which nothing is gained still counts a little, the more the nearer it is to a gain (a softened
/// max(…, 0), as Ament et al., arXiv 2310.20708, section 4.2), so that the slope does not vanish.
package struct SampledImprovement: Acquisition {
  private let samples: JointSamples
  /// The lowest value at a base mixture, in each draw.
  private let best: [Double]
  /// Gains much smaller than this are as good as none, nats per token.
  private let softness: Double

  /// - Parameter samples: with the observed mixtures that could be best and the pending ones as its base.
  package init(_ samples: JointSamples) {
    self.samples = samples
    best = (0..<samples.draws).map { j in
      samples.baseValues.reduce(.infinity) { min($0, $1[j]) }
    }
    let deviations = samples.baseValues.map { (Statistics.variance($0) ?? 0).squareRoot() }
    let center = abs(Statistics.mean(best))
    softness = max(0.01 * Statistics.mean(deviations), 1e-9 * max(center, 1))
  }

  package func values(at mixtures: [[Double]]) -> [Double] {
    samples.values(at: mixtures).map { improvement($0).value }
  }

  package func evaluate(at points: EmbeddedMixtures) -> (values: [Double], gradients: Matrix) {
    samples.evaluate(at: points, improvement)
  }

  private func improvement(_ values: [Double]) -> (value: Double, adjoints: [Double]) {
    var logs = [Double](repeating: 0, count: values.count)
    var slopes = logs
    for j in values.indices {
      let u = (best[j] - values[j]) / softness
      // ln ln(1 + eᵘ) and its slope; below -30 the inner logarithm is eᵘ to the last digit.
      if u < -30 {
        (logs[j], slopes[j]) = (u, 1)
      } else {
        let soft = u > 30 ? u : log1p(exp(u))
        logs[j] = log(soft)
        slopes[j] = 1 / ((1 + exp(-u)) * soft)
      }
    }
    let total = logSumExp(logs)
    return (
      total + log(softness / Double(values.count)),
      logs.indices.map { -exp(logs[$0] - total) * slopes[$0] / softness }
    )
  }
}

/// How low the expected value of a function of the losses is.
package struct SampledMean: Acquisition {
  private let samples: JointSamples

  package init(_ samples: JointSamples) { self.samples = samples }

  package func values(at mixtures: [[Double]]) -> [Double] {
    samples.values(at: mixtures).map { -Statistics.mean($0) }
  }

  package func evaluate(at points: EmbeddedMixtures) -> (values: [Double], gradients: Matrix) {
    samples.evaluate(at: points) { values in
      (-Statistics.mean(values), values.map { _ in -1 / Double(values.count) })
    }
  }
}

/// How low the posterior mean of a sum of losses is.
package struct PosteriorMean: Acquisition {
  private let posterior: JointObjective

  package init(_ posterior: JointObjective) { self.posterior = posterior }

  package func values(at mixtures: [[Double]]) -> [Double] {
    posterior.values(at: mixtures).means.map { -$0 }
  }

  package func evaluate(at points: EmbeddedMixtures) -> (values: [Double], gradients: Matrix) {
    posterior.evaluate(at: points) { _, mean, _, covariances in
      (-mean, -1, 0, covariances.map { _ in 0 })
    }
  }
}

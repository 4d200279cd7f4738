import GaussianProcesses
import Numerics

extension CompositeSurrogate {
  /// Σ cᵈ Lᵈ at each mixture, with the noise of a run where it is of runs.
  func predictions(
    _ coefficients: [Double], at mixtures: [[Double]], ofRuns: Bool
  ) -> [Prediction] {
    let latent = weightedSum(coefficients, at: mixtures)
    guard ofRuns else { return latent }
    // Noise is a share of the loss under a logarithmic link, and losses differ little from run to run.
    let losses = (0..<outputs).map { Statistics.mean(data.losses.column($0)) }
    let noise = noiseDeviation(coefficients, losses: losses)
    return latent.map {
      Prediction(
        mean: $0.mean, deviation: ($0.deviation * $0.deviation + noise * noise).squareRoot())
    }
  }

  /// Σ cᵈ Lᵈ of each finished run, and as the others predict it.
  func leftOut(_ coefficients: [Double]) -> [(observed: Double, predicted: Prediction)] {
    zip(0..<data.count, leaveOneOut(coefficients)).map { run, prediction in
      (dot(coefficients, data.losses.row(run)), prediction)
    }
  }
}

import GaussianProcesses
import Numerics

extension CompositeSurrogate {
  /// A function of the losses at each mixture, with the noise of a run where it is of runs.
  func predictions(
    of function: LossFunction, at mixtures: [[Double]], ofRuns: Bool
  ) -> [Prediction] {
    let latent = values(of: function, at: mixtures)
    guard ofRuns else { return latent }
    // Noise is a share of the loss under a logarithmic link, and losses differ little from run to run.
    let losses = (0..<outputs).map { Statistics.mean(data.losses.column($0)) }
    let noise = noiseDeviation(function, losses: losses)
    return latent.map {
      Prediction(
        mean: $0.mean, deviation: ($0.deviation * $0.deviation + noise * noise).squareRoot())
    }
  }

  /// A function of the losses of each finished run, and as the others predict it.
  func leftOut(
    _ function: LossFunction
  ) -> [(observed: Double, predicted: Prediction)] {
    zip(0..<data.count, leaveOneOut(function)).map { run, prediction in
      (function.value(of: data.losses.row(run)), prediction)
    }
  }
}

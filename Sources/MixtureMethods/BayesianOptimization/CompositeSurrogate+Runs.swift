import GaussianProcesses
import Mixtures

extension CompositeSurrogate {
  /// A function of the losses at each mixture, with the noise of a run there where it is of runs.
  func predictions(
    of function: LossFunction, at mixtures: [[Double]], ofRuns: Bool
  ) -> [Prediction] {
    let latent = values(of: function, at: mixtures)
    guard ofRuns else { return latent }
    let losses = losses(at: mixtures).map { $0.map(\.mean) }
    return mixtures.indices.map { x in
      let noise = noiseDeviation(function, losses: losses[x], at: mixtures[x])
      return Prediction(
        mean: latent[x].mean,
        deviation: (latent[x].deviation * latent[x].deviation + noise * noise).squareRoot())
    }
  }

  /// The function's value in each finished run, and as the others predict it.
  func leftOut(_ function: LossFunction) -> [(observed: Double, predicted: Prediction)] {
    zip(0..<data.count, leaveOneOut(function)).map { run, prediction in
      (function.value(of: data.losses.row(run)), prediction)
    }
  }
}

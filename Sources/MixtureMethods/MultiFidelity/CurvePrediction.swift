import Mixtures
import Numerics

/// A method whose model tells the whole learning curve of a run.
package protocol PredictsCurves: FidelityMethod {
  /// The objective of a run of a mixture at each rung of a size as it would be measured, its own noise
  /// included; nil before there is a model.
  mutating func predictedCurve(
    of mixture: Mixture, level: Int, runs: [FidelityRun]
  ) -> [Prediction]?
}

/// A method whose model tells what mixtures give at the target.
package protocol PredictsTarget: FidelityMethod {
  /// The objective of some mixtures at the target, a run's own noise not included unless runs are judged there: means,
  /// and their covariance, both triangles; nil before there is a model.
  mutating func targetBelief(
    of mixtures: [Mixture], runs: [FidelityRun]
  ) -> (means: [Double], covariance: Matrix)?
}

import Mixtures

/// A method whose model tells the whole learning curve of a run.
package protocol PredictsCurves: FidelityMethod {
  /// The objective of a run of a mixture at each rung of a size as it would be measured, its own noise
  /// included; nil before there is a model.
  mutating func predictedCurve(
    of mixture: Mixture, level: Int, runs: [FidelityRun]
  ) -> [Prediction]?
}

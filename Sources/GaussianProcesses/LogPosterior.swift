import Numerics

/// The logarithm of a marginal likelihood times the priors' density, a function of hyperparameters.
package protocol LogPosterior {
  /// Of each hyperparameter, in the flat order.
  var priors: [HyperparameterPrior] { get }
  /// What each is measured in by an ascent, so that it does not zigzag along those that are known best.
  var units: [Double] { get }
  /// Value and gradient in the flat hyperparameters; nil where a covariance cannot be factored.
  func value(at logs: [Double]) -> (value: Double, gradient: [Double])?
}

extension LogPosterior {
  package var units: [Double] { priors.map { _ in 1 } }

  /// The best of several ascents.
  ///
  /// - Parameters:
  ///   - starts: hyperparameters to begin at; fixed ones are overwritten.
  ///   - iterations: of each ascent.
  ///   - valueTolerance: ends an ascent that gains less, relative to the value.
  /// - Returns: nil where no start has a value.
  package func maximized(
    from starts: [[Double]], iterations: Int, valueTolerance: Double = 1e-5
  ) -> (logs: [Double], value: Double)? {
    var optimizer = LimitedMemoryBFGS()
    optimizer.maximumIterations = iterations
    optimizer.maximumEvaluations = iterations + iterations / 2 + 5
    optimizer.gradientTolerance = 1e-3
    optimizer.valueTolerance = valueTolerance
    let free = priors.indices.filter { !priors[$0].isFixed }
    let units = units
    var best: (logs: [Double], value: Double)?
    for start in starts {
      var logs = start
      for (i, prior) in priors.enumerated() {
        if case .fixed(let value) = prior { logs[i] = value }
      }
      guard value(at: logs) != nil else { continue }
      let result = optimizer.minimize(from: free.map { logs[$0] / units[$0] }) { x in
        for (i, value) in zip(free, x) { logs[i] = value * units[i] }
        guard let (value, gradient) = value(at: logs) else {
          return (.infinity, x.map { _ in 0 })
        }
        return (-value, free.map { -gradient[$0] * units[$0] })
      }
      if best == nil || -result.value > best!.value {
        for (i, value) in zip(free, result.point) { logs[i] = value * units[i] }
        best = (logs, -result.value)
      }
    }
    return best
  }

  /// Adds the priors' densities to a likelihood and its gradient, which vanishes along what is fixed.
  func addPriors(at logs: [Double], to value: inout Double, _ gradient: inout [Double]) {
    for (i, prior) in priors.enumerated() {
      if prior.isFixed {
        gradient[i] = 0
      } else {
        let (density, slope) = prior.logDensity(logs[i])
        value += density
        gradient[i] += slope
      }
    }
  }
}

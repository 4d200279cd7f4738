import Foundation
import Mixtures
import Numerics

extension MixturePull {
  /// Adds factors times its gradients in coordinates y = wᵉ, (k, p).
  func addGradients(
    at points: EmbeddedMixtures, times factors: [Double], to gradients: inout Matrix
  ) {
    for x in factors.indices {
      let weights = points.weights.column(x)
      let own = gradient(at: weights)
      for j in weights.indices {
        // dw/dy = w^(1 - e) / e.
        let slope = pow(max(weights[j], 0), 1 - points.exponent) / points.exponent
        gradients[j, x] += factors[x] * own[j] * slope
      }
    }
  }
}

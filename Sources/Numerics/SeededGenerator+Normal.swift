import Foundation

extension SeededGenerator {
  /// Standard normal, by Box and Muller's transform (one of the pair; the other is dropped, so that
  /// the generator's state is all there is).
  package mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * .pi * uniform())
  }

  /// Exponential with mean one.
  package mutating func exponential() -> Double { -log(1 - uniform()) }
}

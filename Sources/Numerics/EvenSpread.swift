/// The golden ratio's conjugate, (√5 - 1)/2: any number of its multiples in a row lie evenly modulo one.
package let goldenRatio = 0.618_033_988_749_894_9

extension Collection {
  /// At most so many of the elements, in even steps from the first.
  package func evenly(atMost most: Int) -> [Element] {
    guard count > most else { return Array(self) }
    return (0..<most).map { self[index(startIndex, offsetBy: $0 * count / most)] }
  }
}

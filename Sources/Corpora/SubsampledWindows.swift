import Numerics

/// Which windows of a text a run reads that is to read a part of it.
///
/// The text is cut into stretches of ``stretch`` tokens, which hold whole documents or long pieces of them. They are
/// taken in steps of the golden ratio from one that the seed draws, so that any number of them lies evenly over the text
/// (the three-distance theorem) and a smaller part is the beginning of every larger one, for models of any context
/// length that divides a stretch.
struct SubsampledWindows {
  /// In tokens: several windows of all built-in sizes.
  static let stretch = 1024

  /// Of the text.
  let tokens: Int
  let contextLength: Int
  let seed: UInt64
  /// Of the domain.
  let name: String

  private var windowCount: Int { (tokens - 1) / contextLength }
  private var stretchCount: Int { max((tokens - 1) / Self.stretch, 1) }

  /// The windows of about so many tokens, one at least, ascending.
  ///
  /// - Precondition: the text fills a window.
  func places(tokens wanted: Int) -> [Int] {
    precondition(windowCount > 0, "expected more than \(contextLength) tokens, found \(tokens)")
    let count = min(max((wanted + contextLength / 2) / contextLength, 1), windowCount)
    var generator = SeededGenerator(seed: seed, stream: "part of \(name)")
    var current = generator.integer(below: stretchCount)
    let stride = goldenStride(stretchCount)
    var places: [Int] = []
    places.reserveCapacity(count)
    while places.count < count {
      places += windows(of: current).prefix(count - places.count)
      current = (current + stride) % stretchCount
    }
    return places.sorted()
  }

  /// The last stretch has what is left of the text.
  private func windows(of place: Int) -> Range<Int> {
    let end = place == stretchCount - 1 ? windowCount : (place + 1) * Self.stretch / contextLength
    return place * Self.stretch / contextLength..<end
  }
}

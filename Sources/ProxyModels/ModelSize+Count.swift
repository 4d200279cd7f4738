import Foundation

extension ModelSize {
  /// The vocabulary that sizes are named for.
  static let nominalVocabulary = 1024

  /// The size of a name: the ladder's, or for any other number of parameters, such as `200k` or `3M`, the
  /// shape that suits it best (``near(_:)``). Nil for what is no such number, and where no shape is near it.
  package static func named(_ name: String) -> ModelSize? {
    if let size = ladder.first(where: { $0.name == name }) { return size }
    guard let count = count(of: name) else { return nil }
    let name = self.name(of: count)
    return ladder.first { $0.name == name } ?? near(count)
  }

  /// What a name such as `200k` or `2.5M` counts; nil for any other word.
  package static func count(of name: String) -> Double? {
    let factor: Double? =
      switch name.last {
      case "k", "K": 1e3
      case "m", "M": 1e6
      case "b", "B": 1e9
      default: nil
      }
    let digits = name.dropLast()
    guard let factor, digits.first?.isNumber == true,
      digits.allSatisfy({ $0.isNumber || $0 == "." }),
      let value = Double(digits), value > 0, value * factor <= 1e15
    else { return nil }
    return (value * factor).rounded()
  }

  /// The one way that a number of parameters is written: `200k`, `2.5M`.
  private static func name(of count: Double) -> String {
    let (value, unit) = count < 1e6 ? (count / 1e3, "k") : (count / 1e6, "M")
    return (value == value.rounded() ? "\(Int(value))" : "\(value)") + unit
  }

  /// The shape for a number of parameters at ``nominalVocabulary``: of all depths and of all widths in
  /// steps of 16, those within 20 % of the number; and of these the one for which the distance of its
  /// logarithm from the number's is least, half the distance of the logarithm of width over depth from
  /// the ladder's added. The ladder's, between two of its sizes, goes straight in logarithms.
  ///
  /// - Returns: nil where none is within 20 %.
  static func near(_ count: Double) -> ModelSize? {
    let neighbour = ladder.min {
      abs(log(nominalCount($0) / count)) < abs(log(nominalCount($1) / count))
    }!
    let proportion = ladderProportion(at: count)
    let name = name(of: count)
    var best: (size: ModelSize, distance: Double)?
    for width in stride(from: 16, through: 1024, by: 16) {
      // An embedding that is too large alone: so are all wider ones.
      guard Double(nominalVocabulary * width) < 1.2 * count else { break }
      for layers in 1...16 {
        let size = ladderSize(
          name, layers: layers, width: width, heads: width / headSize(ofWidth: width),
          context: neighbour.contextLength)
        let found = nominalCount(size)
        guard abs(found / count - 1) <= 0.2 else { continue }
        let distance =
          abs(log(found / count)) + abs(log(Double(width) / Double(layers) / proportion)) / 2
        if distance < best?.distance ?? .infinity { best = (size, distance) }
      }
    }
    return best?.size
  }

  /// The first of the ladder that is half again as large at least; nil at its end.
  package var nextOfLadder: ModelSize? {
    Self.ladder.first { Self.nominalCount($0) >= 1.5 * Self.nominalCount(self) }
  }

  private static func nominalCount(_ size: ModelSize) -> Double {
    Double(size.parameterCount(vocabularySize: nominalVocabulary))
  }

  /// Width over depth; at the ladder's ends that of its last size.
  private static func ladderProportion(at count: Double) -> Double {
    func proportion(_ size: ModelSize) -> Double { Double(size.width) / Double(size.layers) }
    let above = ladder.firstIndex { nominalCount($0) >= count } ?? ladder.count
    let (lower, upper) = (ladder[max(above - 1, 0)], ladder[min(above, ladder.count - 1)])
    let span = log(nominalCount(upper) / nominalCount(lower))
    let share = span > 0 ? log(count / nominalCount(lower)) / span : 0
    return proportion(lower) * pow(proportion(upper) / proportion(lower), share)
  }

  /// Channels of a head, as the ladder has them: more in wide models, and a part of the width.
  private static func headSize(ofWidth width: Int) -> Int {
    let wanted = width < 128 ? 16 : width < 384 ? 32 : 64
    return [64, 32, 16].first { $0 <= wanted && width % $0 == 0 }!
  }
}

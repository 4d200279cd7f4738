/// The shape of a proxy model under a name of its own. The name is the number of parameters at a
/// vocabulary of 1,024, rounded.
package struct ModelSize: Sendable, Hashable, Codable {
  package var name: String
  package var layers: Int
  /// Channels of the residual stream; a multiple of 16.
  package var width: Int
  package var heads: Int
  /// Channels inside the gated unit; a multiple of 16, about 8/3 of the width.
  package var hiddenWidth: Int
  /// Positions of one sequence.
  package var contextLength: Int

  /// - Precondition: widths and the size of a head are multiples of 16, which the kernels rely on.
  package init(
    name: String, layers: Int, width: Int, heads: Int, hiddenWidth: Int, contextLength: Int
  ) {
    precondition(layers > 0 && contextLength > 0, "expected at least one layer and one position")
    precondition(width % 16 == 0, "expected a width in multiples of 16, found \(width)")
    precondition(hiddenWidth % 16 == 0, "expected a hidden width in 16s, found \(hiddenWidth)")
    precondition(
      heads > 0 && width % (16 * heads) == 0,
      "expected heads of a size in multiples of 16, found \(heads) in a width of \(width)")
    self.name = name
    self.layers = layers
    self.width = width
    self.heads = heads
    self.hiddenWidth = hiddenWidth
    self.contextLength = contextLength
  }

  package var headSize: Int { width / heads }

  /// All parameters, the embedding counted once: it serves as the output layer too.
  package func parameterCount(vocabularySize: Int) -> Int {
    vocabularySize * width + layers * (4 * width * width + 3 * width * hiddenWidth + 2 * width)
      + width
  }

  /// Multiplications and additions of training on one token, forward and backward, by the usual
  /// count 6N + 12LTd: attention as if nothing were masked, N without the gains.
  package func trainingOperationsPerToken(vocabularySize: Int) -> Double {
    let matrices =
      vocabularySize * width + layers * (4 * width * width + 3 * width * hiddenWidth)
    return 6 * Double(matrices) + 12 * Double(layers * contextLength * width)
  }

  /// Each two or three times the last.
  package static let ladder: [ModelSize] = [
    ladderSize("50k", layers: 2, width: 32, heads: 2, context: 128),
    ladderSize("100k", layers: 2, width: 48, heads: 3, context: 128),
    ladderSize("250k", layers: 4, width: 64, heads: 4, context: 128),
    ladderSize("500k", layers: 4, width: 96, heads: 6, context: 128),
    ladderSize("1M", layers: 4, width: 128, heads: 4, context: 128),
    ladderSize("2.5M", layers: 5, width: 192, heads: 6, context: 256),
    ladderSize("6M", layers: 7, width: 256, heads: 8, context: 256),
    ladderSize("12M", layers: 7, width: 384, heads: 6, context: 256),
    ladderSize("25M", layers: 8, width: 512, heads: 8, context: 256),
  ]

  static func ladderSize(
    _ name: String, layers: Int, width: Int, heads: Int, context: Int
  ) -> ModelSize {
    // 8/3 of the width, to the nearest 16: three matrices of the gated unit then cost what two of
    // four times the width would (Touvron et al., https://arxiv.org/abs/2302.13971, section 2.2).
    let hidden = (width * 8 + 24) / 48 * 16
    return ModelSize(
      name: name, layers: layers, width: width, heads: heads, hiddenWidth: hidden,
      contextLength: context)
  }
}

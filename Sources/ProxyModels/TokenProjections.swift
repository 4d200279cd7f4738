// M rows (tokens of a micro-batch), C channels, V vocabulary entries.

/// Query, key and value of the first layer for each entry of the vocabulary.
///
/// Before positions turn them they depend on the token alone, as the first layer sees nothing but its
/// embedding: whoever measures a model on much text computes them once for each entry, to the same bits.
final class TokenProjections: Sendable {
  /// (V, 3C).
  let rows: FloatBuffer
  let stride: Int
  private let channels: Int

  /// Numbers up to which a table is worth its place in the caches.
  static let mostNumbers = 1 << 21

  static func areWorthwhile(for layout: ParameterLayout, tokens: Int) -> Bool {
    layout.vocabularySize * Workspace.oddLines(3 * layout.size.width) <= mostNumbers
      && tokens >= 4 * layout.vocabularySize
  }

  init(layout: ParameterLayout) {
    channels = 3 * layout.size.width
    stride = Workspace.oddLines(channels)
    rows = FloatBuffer(count: layout.vocabularySize * stride)
  }

  /// Copies the rows of some tokens to rows `stride` apart.
  func gather(
    _ tokens: UnsafeBufferPointer<UInt16>, into to: UnsafeMutablePointer<Float>, stride: Int
  ) {
    for (row, token) in tokens.enumerated() {
      (to + row * stride).update(from: rows.base + Int(token) * self.stride, count: channels)
    }
  }
}

extension ProxyModel {
  /// The table of the present parameters, nil where it would cost more than it saves or have other bits.
  ///
  /// - Parameters:
  ///   - tokens: that will be measured on.
  ///   - workspace: any; its contents are overwritten.
  func tokenProjections(tokens: Int, workspace w: Workspace) -> TokenProjections? {
    guard TokenProjections.areWorthwhile(for: layout, tokens: tokens) else { return nil }
    let (vocabulary, c) = (layout.vocabularySize, layout.size.width)
    let table = TokenProjections(layout: layout)
    for first in stride(from: 0, to: vocabulary, by: w.rows) {
      let count = min(w.rows, vocabulary - first)
      let to = table.rows.base + first * table.stride
      let entries = UnsafePointer(parameters.base) + (layout.embedding + first * c)
      if let bfloat16 {
        bfloat16.firstProjections(
          rows: count, x: entries, xStride: c, to: to, stride: table.stride, workspace: w)
        continue
      }
      // How OpenBLAS rounds depends on a row's place.
      if case .blas = layers[0].attention.products { return nil }
      kernels.normalize(
        count, c, entries, c, parameters.base + layout.layers[0].attentionGain, Self.normEpsilon,
        w.layers[0].attentionNorm, w.widthStride, w.layers[0].attentionInverse)
      layers[0].attention.forward(
        parameters.base, kernels, rows: count, x: w.layers[0].attentionNorm,
        xStride: w.widthStride, y: to, yStride: table.stride, scratch: w.matrixPanels)
    }
    return table
  }
}

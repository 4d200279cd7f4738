import Foundation
import Numerics

extension ProxyModel {
  /// Sets the parameters at which a run starts; the seed alone decides what is drawn.
  ///
  /// A matrix has variance 1/inputs, so that what goes through keeps its size at any width; those
  /// that write to the residual stream have 1/√(2L) of that deviation, since 2L of them add up
  /// (Radford et al., 2019, section 2.3).
  func initialize(_ configuration: TrainingConfiguration) {
    let outward = 1 / Double(2 * layout.size.layers).squareRoot()
    for tensor in layout.tensors {
      var generator = SeededGenerator(seed: configuration.seed, stream: "init " + tensor.name)
      let deviation =
        switch tensor.kind {
        case .gain: 0.0
        case .embedding: configuration.embeddingDeviation
        case .matrix:
          (1 / Double(tensor.shape[1])).squareRoot()
            * (tensor.name.hasSuffix("o_proj.weight") || tensor.name.hasSuffix("down_proj.weight")
              ? outward : 1)
        }
      for i in tensor.range {
        parameters.base[i] = tensor.kind == .gain ? 1 : Float(deviation * generator.normal())
      }
    }
    if configuration.commonChannel > 0 {
      setCommonChannel(to: configuration.commonChannel)
      aimHeads(
        atNeighbours: configuration.neighbourHeads,
        share: configuration.commonChannel
          / (pow(configuration.commonChannel, 2)
          + Double(layout.size.width) * pow(configuration.embeddingDeviation, 2)).squareRoot())
    }
    parametersChanged()
  }

  /// Gives all tokens the same number in channel 0 of the embedding.
  ///
  /// A decoder without biases has no constant to build on: before a head can attend by position alone
  /// it must grow a channel that is about the same for every token, as trained models do (Sun et al.,
  /// [Massive Activations in Large Language Models](https://arxiv.org/abs/2402.17762), section 4).
  /// Small models spend a good part of a short run on that, some seeds more than others. The output
  /// layer, which is the embedding too, adds the same to all logits, which changes no probability.
  private func setCommonChannel(to value: Double) {
    for token in 0..<layout.vocabularySize {
      parameters.base[layout.embedding + token * layout.size.width] = Float(value)
    }
  }

  /// Lets head h of the first layer look h + 1 positions back, through the common channel alone.
  ///
  /// The channel's part of query and key is a vector that rotary positions turn: at a distance of Δ
  /// its score is Σ_d s_d cos(θ_d (Δ - h - 1)), largest at h + 1, with the s_d, a share of the
  /// strength each, falling with the frequency θ_d.
  ///
  /// - Parameter share: the common channel over the norm of a token's embedding.
  private func aimHeads(atNeighbours count: Int, share: Double) {
    let (width, headSize) = (layout.size.width, layout.size.headSize)
    let half = headSize / 2
    // After the first norm the squares of the channels are 1 in the mean.
    let constant = share * Double(width).squareRoot()
    let frequencies = (0..<half).map {
      pow(Self.rotaryBase, -Double(2 * $0) / Double(headSize))
    }
    let parts = frequencies.map { pow($0, 0.6) }
    let strength = 6 * Double(headSize).squareRoot() / parts.reduce(0, +)
    let query = layout.layers[0].attention
    let key = query + width * width
    for head in 0..<min(count, layout.size.heads) {
      for d in 0..<half {
        let length = (strength * parts[d]).squareRoot() / constant
        for (matrix, lag) in [(query, 0), (key, head + 1)] {
          let low = matrix + (head * headSize + d) * width
          parameters.base[low] = Float(length * cos(Double(lag) * frequencies[d]))
          parameters.base[low + half * width] = Float(length * sin(Double(lag) * frequencies[d]))
        }
      }
    }
  }
}

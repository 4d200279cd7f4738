// V vocabulary entries, C channels, F hidden channels, L layers.

/// Where each tensor lies in the one vector that holds all parameters.
///
/// Tensors and their names are those of Hugging Face's Llama; a matrix is (outputs, inputs). Query,
/// key and value lie side by side and so do gate and up, so that each group is one product.
package struct ParameterLayout: Sendable, Equatable {
  package enum Kind: Sendable, Equatable { case embedding, matrix, gain }

  package struct Tensor: Sendable, Equatable {
    package var name: String
    package var kind: Kind
    package var shape: [Int]
    /// The first number's place in the vector; a multiple of 16, as is the count.
    package var offset: Int

    package var count: Int { shape.reduce(1, *) }
    package var range: Range<Int> { offset..<offset + count }
  }

  package struct Layer: Sendable, Equatable {
    package var attentionGain: Int
    /// Query, key and value, (3C, C).
    package var attention: Int
    package var attentionOutput: Int
    package var hiddenGain: Int
    /// Gate and up, (2F, C).
    package var gates: Int
    /// (C, F).
    package var down: Int
  }

  package let size: ModelSize
  package let vocabularySize: Int
  package let tensors: [Tensor]
  package let count: Int
  package let layers: [Layer]
  package let finalGain: Int
  /// The embedding, (V, C), comes first.
  package let embedding = 0

  package init(size: ModelSize, vocabularySize: Int) {
    precondition(
      (2...65_536).contains(vocabularySize),
      "expected a vocabulary of 2 to 65,536, found \(vocabularySize)")
    var tensors: [Tensor] = []
    var end = 0
    func add(_ name: String, _ kind: Kind, _ shape: [Int]) -> Int {
      let tensor = Tensor(name: name, kind: kind, shape: shape, offset: end)
      tensors.append(tensor)
      end += tensor.count
      return tensor.offset
    }
    let (c, f) = (size.width, size.hiddenWidth)
    _ = add("model.embed_tokens.weight", .embedding, [vocabularySize, c])
    layers = (0..<size.layers).map { index in
      let prefix = "model.layers.\(index)."
      let attentionGain = add(prefix + "input_layernorm.weight", .gain, [c])
      let attention = add(prefix + "self_attn.q_proj.weight", .matrix, [c, c])
      _ = add(prefix + "self_attn.k_proj.weight", .matrix, [c, c])
      _ = add(prefix + "self_attn.v_proj.weight", .matrix, [c, c])
      let output = add(prefix + "self_attn.o_proj.weight", .matrix, [c, c])
      let hiddenGain = add(prefix + "post_attention_layernorm.weight", .gain, [c])
      let gates = add(prefix + "mlp.gate_proj.weight", .matrix, [f, c])
      _ = add(prefix + "mlp.up_proj.weight", .matrix, [f, c])
      let down = add(prefix + "mlp.down_proj.weight", .matrix, [c, f])
      return Layer(
        attentionGain: attentionGain, attention: attention, attentionOutput: output,
        hiddenGain: hiddenGain, gates: gates, down: down)
    }
    finalGain = add("model.norm.weight", .gain, [c])
    self.size = size
    self.vocabularySize = vocabularySize
    self.tensors = tensors
    count = end
  }
}

import Foundation
import Storage

extension ProxyModel {
  /// Hugging Face's `config.json` of a Llama; its keys are the properties' names.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  private struct Configuration: Encodable {
    var architectures = ["LlamaForCausalLM"]
    var model_type = "llama"
    var vocab_size: Int
    var hidden_size: Int
    var intermediate_size: Int
    var num_hidden_layers: Int
    var num_attention_heads: Int
    var num_key_value_heads: Int
    var head_dim: Int
    var max_position_embeddings: Int
    var rms_norm_eps = 1e-5
    var rope_theta = ProxyModel.rotaryBase
    var hidden_act = "silu"
    var tie_word_embeddings = true
    var attention_bias = false
    var mlp_bias = false
    var torch_dtype = "float32"
  }

  /// Writes `model.safetensors` and `config.json`, which Hugging Face's transformers loads as a Llama.
  package func export(to folder: String) throws {
    try makeFolder(at: folder)
    let size = layout.size
    try SafetensorsFile.write(
      layout.tensors.map { tensor in
        SafetensorsFile.Tensor(
          name: tensor.name, shape: tensor.shape,
          values: UnsafeBufferPointer(rebasing: parameters.elements[tensor.range]))
      }, metadata: ["format": "pt"], to: folder + "/model.safetensors")
    let configuration = Configuration(
      vocab_size: layout.vocabularySize, hidden_size: size.width,
      intermediate_size: size.hiddenWidth, num_hidden_layers: size.layers,
      num_attention_heads: size.heads, num_key_value_heads: size.heads, head_dim: size.headSize,
      max_position_embeddings: size.contextLength)
    try replaceFile(at: folder + "/config.json", with: encodeDocument(configuration))
  }

  /// Reads parameters that `export` wrote for a model of this shape.
  package func load(from path: String) throws {
    let file = try SafetensorsFile(at: path)
    for tensor in layout.tensors {
      try file.read(
        tensor.name, shape: tensor.shape,
        into: UnsafeMutableBufferPointer(rebasing: parameters.elements[tensor.range]))
    }
    parametersChanged()
  }
}

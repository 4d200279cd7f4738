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

  /// Makes an exported model's folder whole for what loads models by their folder: names the token between
  /// texts in `config.json` and `generation_config.json`, and adds the tokenizer with its settings.
  ///
  /// The token between texts begins a text, ends it, and fills up what is shorter, as GPT-2's does: in
  /// training it stood before every text but the first.
  ///
  /// - Parameters:
  ///   - endOfText: the number of that token.
  ///   - name: how the tokenizer spells it; nil where there is no tokenizer.
  ///   - tokenizer: `tokenizer.json`; nil where the model was trained on another's tokens.
  package static func completeExport(
    in folder: String, endOfText: Int, name: String?, tokenizer: Data?
  ) throws {
    let path = folder + "/config.json"
    guard
      var configuration =
        try? JSONSerialization.jsonObject(with: readFile(at: path)) as? [String: Any]
    else { throw StorageError.corruptFile(path: path, reason: "expected an object") }
    let special = ["bos_token_id", "eos_token_id", "pad_token_id"]
    for key in special { configuration[key] = endOfText }
    try replaceFile(at: path, with: json(configuration))
    var generation: [String: Any] = ["_from_model_config": true]
    for key in special { generation[key] = endOfText }
    try replaceFile(at: folder + "/generation_config.json", with: json(generation))
    guard let tokenizer, let name else { return }
    try replaceFile(at: folder + "/tokenizer.json", with: tokenizer)
    try replaceFile(
      at: folder + "/special_tokens_map.json",
      with: json(["bos_token": name, "eos_token": name, "pad_token": name]))
    try replaceFile(
      at: folder + "/tokenizer_config.json",
      with: json([
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": name, "eos_token": name,
        "pad_token": name, "add_bos_token": false, "clean_up_tokenization_spaces": false,
        "model_max_length": configuration["max_position_embeddings"] ?? 64,
      ]))
  }

  private static func json(_ object: [String: Any]) throws -> Data {
    try JSONSerialization.data(
      withJSONObject: object, options: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
      + Data("\n".utf8)
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

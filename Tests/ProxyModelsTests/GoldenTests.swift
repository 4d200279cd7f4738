import Foundation
import Kernels
import ProxyModels
import Testing

// The numbers are those of Hugging Face's LlamaForCausalLM in double precision; Golden/golden_llama.py
// wrote them, and names the versions of transformers and PyTorch.
@Suite struct HuggingFaceLlamaTests {
  static let path =
    (#filePath as NSString).deletingLastPathComponent
    + "/Golden/golden_llama.safetensors"

  @Test(
    "logits losses and gradients are the same", arguments: KernelLevel.available,
    [ProductEngine.kernels, .blas])
  func logitsLossesAndGradientsAreTheSame(
    level: KernelLevel, engine: ProductEngine
  ) throws {
    let golden = try SafetensorsFile(at: Self.path)
    let size = ModelSize(
      name: "golden", layers: 2, width: 32, heads: 2, hiddenWidth: 48, contextLength: 24)
    let vocabulary = 43
    let model = ProxyModel(
      size: size, vocabularySize: vocabulary, kernels: KernelTable(level: level), engine: engine)
    let tensors = model.layout.tensors
    model.setParameters(try tensors.flatMap { try golden.read($0.name, shape: $0.shape) })

    let windows = try golden.read("windows", shape: [2, 25]).map { UInt16($0) }
    let logits = try golden.read("logits", shape: [2, 24, vocabulary])
    let found =
      model.logits(tokens: Array(windows[..<24]))
      + model.logits(tokens: Array(windows[25..<49]))
    #expect(found.count == logits.count)
    #expect(
      zip(found, logits).allSatisfy { (a: Float, b: Float) in abs(a - b) < 3e-5 * (1 + abs(b)) })

    let losses = try golden.read("losses", shape: [2, 24])
    let workspace = Workspace(layout: model.layout, sequences: 2, positions: 24, training: true)
    let gradients = FloatBuffer(count: model.layout.count)
    let loss = model.train(
      windows: windows, sequences: 2, positions: 24, scale: 1, gradients: gradients.base,
      workspace: workspace)
    let expected = losses.reduce(0) { $0 + Double($1) }
    #expect(abs(loss - expected) < 1e-5 * expected)
    for tensor in tensors {
      let expected = try golden.read("gradient." + tensor.name, shape: tensor.shape)
      let largest = expected.map(abs).max()!
      let error = zip(tensor.range, expected).map { abs(gradients.base[$0] - $1) }.max()!
      #expect(error < 5e-5 * largest, "\(tensor.name): \(error) of \(largest)")
    }
  }
}

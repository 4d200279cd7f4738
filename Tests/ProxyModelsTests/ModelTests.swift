import Kernels
import Numerics
import ProxyModels
import Testing

/// Shapes with edges: fewer rows than a tile, positions past a block, a vocabulary of no multiple.
private let shapes: [(size: ModelSize, vocabulary: Int, sequences: Int, positions: Int)] = [
  (shape(layers: 1, width: 16, heads: 1, hidden: 16, context: 1), 5, 1, 1),
  (shape(layers: 2, width: 32, heads: 2, hidden: 48, context: 13), 37, 3, 13),
  (shape(layers: 1, width: 48, heads: 3, hidden: 80, context: 24), 130, 2, 17),
  (shape(layers: 2, width: 64, heads: 2, hidden: 176, context: 70), 257, 1, 70),
  (shape(layers: 1, width: 128, heads: 2, hidden: 16, context: 131), 33, 1, 131),
  // Matrices whose panels of the way back are not kept, of more rows than are packed at once.
  (shape(layers: 1, width: 384, heads: 2, hidden: 704, context: 5), 9, 2, 5),
]

private func shape(
  layers: Int, width: Int, heads: Int, hidden: Int, context: Int
) -> ModelSize {
  ModelSize(
    name: "test", layers: layers, width: width, heads: heads, hiddenWidth: hidden,
    contextLength: context)
}

private let engines: [(KernelLevel, ProductEngine)] =
  KernelLevel.available.flatMap { [($0, .kernels), ($0, .blas)] }

@Suite struct ModelTests {
  @Test("has the references logits loss and gradients", arguments: shapes.indices, engines)
  func hasTheReferencesLogitsLossAndGradients(
    index: Int, engine: (level: KernelLevel, products: ProductEngine)
  ) {
    let (size, vocabulary, sequences, positions) = shapes[index]
    let model = ProxyModel(
      size: size, vocabularySize: vocabulary, kernels: KernelTable(level: engine.level),
      engine: engine.products)
    let reference = ReferenceModel(layout: model.layout, seed: 1)
    model.setParameters(reference.parameters.map { Float($0) })

    var generator = SeededGenerator(seed: 2)
    let windows = (0..<sequences).map { _ in
      (0...positions).map { _ in UInt16(generator.integer(below: vocabulary)) }
    }
    var expected = [Double](repeating: 0, count: model.layout.count)
    var expectedLoss = 0.0
    for window in windows {
      let (loss, gradients, _) = reference.run(window)
      expectedLoss += loss
      for i in expected.indices { expected[i] += 0.5 * gradients[i] }
    }

    let workspace = Workspace(
      layout: model.layout, sequences: sequences, positions: positions, training: true)
    let gradients = FloatBuffer(count: model.layout.count)
    let loss = model.train(
      windows: windows.flatMap(\.self), sequences: sequences, positions: positions, scale: 0.5,
      gradients: gradients.base, workspace: workspace)
    let rows = Double(sequences * positions)
    #expect(abs(loss - expectedLoss) < 2e-6 * rows * (1 + expectedLoss / rows))
    for tensor in model.layout.tensors {
      let largest = expected[tensor.range].map(abs).max()!
      // With one position, attention has nothing to choose from.
      let isIdle =
        positions == 1 && (tensor.name.contains("q_proj") || tensor.name.contains("k_proj"))
      #expect(isIdle || largest > 1e-4, "\(tensor.name)")
      let error = tensor.range.map { abs(Double(gradients.base[$0]) - expected[$0]) }.max()!
      #expect(error <= 2e-5 * largest + 5e-7, "\(tensor.name): \(error) of \(largest)")
    }

    let logits = reference.run(windows[0]).logits
    let found = model.logits(tokens: Array(windows[0].dropLast()))
    #expect(found.count == logits.count)
    for (a, b) in zip(found, logits) { #expect(abs(Double(a) - b) < 2e-5 * (1 + abs(b))) }
  }

  @Test("evaluates to the loss it trains on", arguments: shapes.indices)
  func evaluatesToTheLossItTrainsOn(index: Int) {
    let (size, vocabulary, sequences, positions) = shapes[index]
    let model = ProxyModel(
      size: size, vocabularySize: vocabulary, kernels: KernelTable(level: .supported))
    let reference = ReferenceModel(layout: model.layout, seed: 1)
    model.setParameters(reference.parameters.map { Float($0) })
    var generator = SeededGenerator(seed: 3)
    let windows = (0..<sequences * (positions + 1)).map { _ in
      UInt16(generator.integer(below: vocabulary))
    }
    let gradients = FloatBuffer(count: model.layout.count)
    let loss = model.train(
      windows: windows, sequences: sequences, positions: positions, scale: 1,
      gradients: gradients.base,
      workspace: Workspace(
        layout: model.layout, sequences: sequences, positions: positions, training: true))
    var sum = 0.0
    model.evaluate(
      windows: windows, sequences: sequences, positions: positions,
      workspace: Workspace(
        layout: model.layout, sequences: sequences, positions: positions, training: false)
    ) { losses in
      for loss in losses { sum += Double(loss) }
    }
    #expect(sum == loss)
  }

  @Test("sees no token that comes later") func seesNoTokenThatComesLater() {
    let (size, vocabulary, _, positions) = shapes[3]
    let model = ProxyModel(
      size: size, vocabularySize: vocabulary, kernels: KernelTable(level: .supported))
    model.setParameters(ReferenceModel(layout: model.layout, seed: 1).parameters.map { Float($0) })
    var tokens = (0..<positions).map { UInt16($0 % vocabulary) }
    let before = model.logits(tokens: tokens)
    tokens[40] = 200
    let after = model.logits(tokens: tokens)
    #expect(before[..<(40 * vocabulary)] == after[..<(40 * vocabulary)])
    #expect(before[(40 * vocabulary)...] != after[(40 * vocabulary)...])
  }

  @Test(
    "is as large as its name says",
    arguments: [
      ("50k", 50_000), ("100k", 100_000), ("250k", 250_000), ("500k", 500_000),
      ("1M", 1_000_000), ("2.5M", 2_500_000), ("6M", 6_000_000), ("12M", 12_000_000),
      ("25M", 25_000_000),
    ])
  func isAsLargeAsItsNameSays(name: String, nominal: Int) throws {
    let size = try #require(ModelSize.named(name))
    let count = ParameterLayout(size: size, vocabularySize: 1024).count
    #expect(count == size.parameterCount(vocabularySize: 1024))
    #expect(abs(Double(count) / Double(nominal) - 1) < 0.15)
  }
}

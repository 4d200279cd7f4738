import Kernels
import Numerics
import Testing

@testable import ProxyModels

/// Shapes with edges: an odd number of positions, which go through by themselves, a vocabulary of no
/// multiple, matrices whose panels are not kept.
private let shapes: [(size: ModelSize, vocabulary: Int, sequences: Int, positions: Int)] = [
  (shape(layers: 1, width: 16, heads: 1, hidden: 16, context: 1), 5, 1, 1),
  (shape(layers: 2, width: 32, heads: 2, hidden: 48, context: 13), 37, 3, 13),
  (shape(layers: 1, width: 48, heads: 3, hidden: 80, context: 24), 130, 2, 18),
  (shape(layers: 2, width: 64, heads: 2, hidden: 176, context: 70), 257, 1, 70),
  (shape(layers: 1, width: 128, heads: 2, hidden: 16, context: 131), 33, 1, 131),
  (shape(layers: 1, width: 640, heads: 4, hidden: 1712, context: 5), 9, 2, 4),
]

private func shape(
  layers: Int, width: Int, heads: Int, hidden: Int, context: Int
) -> ModelSize {
  ModelSize(
    name: "test", layers: layers, width: width, heads: heads, hiddenWidth: hidden,
    contextLength: context)
}

private func windows(_ sequences: Int, _ positions: Int, below vocabulary: Int) -> [[UInt16]] {
  var generator = SeededGenerator(seed: 2)
  return (0..<sequences).map { _ in
    (0...positions).map { _ in UInt16(generator.integer(below: vocabulary)) }
  }
}

/// All kernels of bfloat16 that this processor can run.
private let kinds: [(level: BFloat16Level, isTwin: Bool)] =
  BFloat16Level.allCases.map { ($0, true) } + BFloat16Level.supported.map { ($0, false) }

@Suite("A model whose products are of bfloat16") struct BFloat16ModelTests {
  /// How far a model's gradients are from a reference's that rounds where the model does, and from one
  /// that does not round: of each tensor, over its norm.
  private func distances(
    _ shape: (size: ModelSize, vocabulary: Int, sequences: Int, positions: Int), seed: UInt64,
    kernels: BFloat16Kernels
  ) -> (rounded: [Double], plain: [Double], loss: Double) {
    let (size, vocabulary, sequences, positions) = shape
    let model = ProxyModel(
      size: size, vocabularySize: vocabulary, kernels: KernelTable(level: .portable),
      bfloat16: kernels)
    var reference = ReferenceModel(layout: model.layout, seed: seed)
    model.setParameters(reference.parameters.map { Float($0) })
    let windows = windows(sequences, positions, below: vocabulary)
    let gradients = FloatBuffer(count: model.layout.count)
    let loss = model.train(
      windows: windows.flatMap(\.self), sequences: sequences, positions: positions, scale: 0.5,
      gradients: gradients.base,
      workspace: model.workspace(sequences: sequences, positions: positions, training: true))
    var lossError = 0.0
    let found = [true, false].map { isRounded -> [Double] in
      reference.rounding = FactorRounding(isOn: isRounded)
      var expected = [Double](repeating: 0, count: model.layout.count)
      var expectedLoss = 0.0
      for window in windows {
        let (loss, gradients, _) = reference.run(window)
        expectedLoss += loss
        for i in gradients.indices { expected[i] += 0.5 * gradients[i] }
      }
      if isRounded { lossError = abs(loss - expectedLoss) / Double(sequences * positions) }
      return model.layout.tensors.map { tensor in
        var (squares, all) = (0.0, 0.0)
        for i in tensor.range {
          squares +=
            (Double(gradients.base[i]) - expected[i]) * (Double(gradients.base[i]) - expected[i])
          all += expected[i] * expected[i]
        }
        return (squares / max(all, 1e-12)).squareRoot()
      }
    }
    return (found[0], found[1], lossError)
  }

  /// A number that lies between two of bfloat16 may go to the other one than the reference's, and one such
  /// moves all that comes after. Models this small have none in most draws.
  @Test(
    "has the loss and the gradients of a reference that rounds where it does",
    arguments: [
      (layers: 1, width: 16, heads: 1, hidden: 16, positions: 4, vocabulary: 5),
      (1, 32, 2, 48, 5, 7), (2, 16, 1, 32, 3, 6), (1, 48, 1, 16, 3, 33),
    ], kinds)
  func agreesWithARoundedReference(
    asked: (layers: Int, width: Int, heads: Int, hidden: Int, positions: Int, vocabulary: Int),
    kind: (level: BFloat16Level, isTwin: Bool)
  ) {
    let size = shape(
      layers: asked.layers, width: asked.width, heads: asked.heads, hidden: asked.hidden,
      context: asked.positions)
    let found = (1...9).map { seed in
      distances(
        (size, asked.vocabulary, 1, asked.positions), seed: UInt64(seed),
        kernels: BFloat16Kernels(level: kind.level, isTwin: kind.isTwin))
    }
    /// What a third of the draws are below: those in which no number went another way.
    func third(_ values: [Double]) -> Double { values.sorted()[values.count / 3] }
    for tensor in found[0].rounded.indices {
      let errors = found.map { $0.rounded[tensor] }
      #expect(third(errors) < 1e-4, "tensor \(tensor): \(errors)")
      // One that does not round is farther: the agreement is not by chance.
      #expect(third(found.map { $0.plain[tensor] }) > 3e-4)
    }
    #expect(third(found.map(\.loss)) < 1e-5)
  }

  @Test(
    "is no farther from a rounded reference than rounding moves either", arguments: shapes.indices,
    kinds)
  func isNoFartherThanRoundingMovesIt(index: Int, kind: (level: BFloat16Level, isTwin: Bool)) {
    // The twin takes seconds for what the instructions do at once.
    if kind.isTwin, index == 5 { return }
    let shape = shapes[index]
    let found = distances(
      shape, seed: 1, kernels: BFloat16Kernels(level: kind.level, isTwin: kind.isTwin))
    let sums = (found.rounded.reduce(0, +), found.plain.reduce(0, +))
    // With one position, attention has nothing to choose from and the norm of its slopes is of rounding.
    if shape.positions > 1 {
      // Two ways to round are as far from each other as a diagonal, at most.
      #expect(sums.0 < 1.5 * sums.1 && found.rounded.allSatisfy { $0 < 0.02 }, "\(found)")
    }
    #expect(found.loss < 2e-3)
  }

  @Test("evaluates to the loss it trains on", arguments: shapes.indices.dropLast())
  func evaluatesToTheLossItTrainsOn(index: Int) {
    let (size, vocabulary, sequences, positions) = shapes[index]
    let model = ProxyModel(
      size: size, vocabularySize: vocabulary, kernels: KernelTable(level: .portable),
      bfloat16: .standard())
    model.setParameters(ReferenceModel(layout: model.layout, seed: 1).parameters.map { Float($0) })
    let windows = windows(sequences, positions, below: vocabulary).flatMap(\.self)
    let gradients = FloatBuffer(count: model.layout.count)
    let loss = model.train(
      windows: windows, sequences: sequences, positions: positions, scale: 1,
      gradients: gradients.base,
      workspace: model.workspace(sequences: sequences, positions: positions, training: true))
    var sum = 0.0
    model.evaluate(
      windows: windows, sequences: sequences, positions: positions,
      workspace: model.workspace(sequences: sequences, positions: positions, training: false)
    ) { losses in
      for loss in losses { sum += Double(loss) }
    }
    #expect(sum == loss)
    // The logits are those that the loss is of.
    let window = Array(windows[..<positions])
    let logits = model.logits(tokens: window)
    #expect(logits.count == positions * vocabulary && logits.allSatisfy(\.isFinite))
  }

  @Test("gives the same gradients by its twin, bit for bit", arguments: BFloat16Level.supported)
  func givesTheSameBitsByItsTwin(level: BFloat16Level) {
    for index in 0..<4 {
      let (size, vocabulary, sequences, positions) = shapes[index]
      let found = [false, true].map { isTwin in
        let model = ProxyModel(
          size: size, vocabularySize: vocabulary, kernels: KernelTable(level: .portable),
          bfloat16: BFloat16Kernels(level: level, isTwin: isTwin))
        model.setParameters(
          ReferenceModel(layout: model.layout, seed: 1).parameters.map { Float($0) })
        let gradients = FloatBuffer(count: model.layout.count)
        _ = model.train(
          windows: windows(sequences, positions, below: vocabulary).flatMap(\.self),
          sequences: sequences, positions: positions, scale: 0.25, gradients: gradients.base,
          workspace: model.workspace(sequences: sequences, positions: positions, training: true))
        return gradients.elements.map(\.bitPattern)
      }
      #expect(found[0] == found[1])
    }
  }
}

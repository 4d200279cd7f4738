import Numerics

extension ProxyModel {
  /// Draws the parameters at which a run starts; the seed alone decides them.
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
    parametersChanged()
  }
}

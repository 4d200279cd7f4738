import MixtureExports
import Mixtures

/// The mixture of a run as a file of the format that its trainer reads.
package struct BlendFile: Sendable {
  package let format: ExportFormat
  package let data: TrainingData

  package init(format: ExportFormat, data: TrainingData) {
    self.format = format
    self.data = data
  }

  package var name: String {
    switch format {
    case .megatron: "blend.txt"
    case .huggingFace: "blend.py"
    case .csv: "blend.csv"
    case .json, .megatronSplit, .doremi: "blend.json"
    default: "blend.yaml"
    }
  }

  /// - Throws: `ExportError` where the format needs what nobody has said of a domain.
  package func text(_ mixture: Mixture, tokens: Int) throws -> String {
    let export = MixtureExport(
      zip(mixture.domains, mixture.weights).map { name, weight in
        let known = data.domains.first { $0.name == name }
        return .init(
          name: name, weight: weight, paths: known?.paths ?? [], availableTokens: known?.tokens,
          documentTokens: known?.documentTokens)
      }, tokens: Double(tokens))
    return try export.text(for: format)
  }
}

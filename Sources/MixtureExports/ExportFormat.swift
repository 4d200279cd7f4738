/// What a mixture can be written for. Each format was read at its source; `DecisionsOnFormats` names the files.
package enum ExportFormat: String, Sendable, CaseIterable {
  /// Megatron-LM's and Megatron-Bridge's `--data-args-path`: weights and prefixes, divided by white space.
  case megatron
  /// Their `--per-split-data-args-path`: JSON with `train`, `valid` and `test`.
  case megatronSplit = "megatron-split"
  /// OLMo-core's `SourceMixtureList`.
  case olmoCore = "olmo-core"
  /// Nanotron's `data_stages`.
  case nanotron
  /// Levanter's and Marin's `train_weights`.
  case levanter
  /// Meta Lingua's `data.sources`.
  case lingua
  /// RegMix's and TinyLlama's `train` and `valid`.
  case regmix
  /// DoReMi's domain weights.
  case doremi
  /// `datasets.interleave_datasets`.
  case huggingFace = "hf-datasets"
  case llamaFactory = "llama-factory"
  /// MosaicML Streaming's and LLM Foundry's `streams`.
  case streaming
  /// Olmix's `mix`.
  case olmix
  case json
  case csv

  /// What a weight counts over there.
  package enum Unit: Sendable {
    /// Sequences of one length, so tokens.
    case tokens
    /// Documents or rows, whatever their length.
    case documents
  }

  package var unit: Unit {
    switch self {
    case .huggingFace, .llamaFactory, .streaming: .documents
    default: .tokens
    }
  }

  /// What begins a comment; nil where there can be none.
  var comment: String? {
    switch self {
    case .megatron, .megatronSplit, .doremi, .json, .csv: nil
    default: "# "
    }
  }

  /// Whether weights must sum to one over there.
  package var needsPaths: Bool {
    switch self {
    case .json, .csv, .doremi, .regmix, .olmix, .llamaFactory: false
    default: true
    }
  }
}

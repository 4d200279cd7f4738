/// The formats of token shards that others' tools write. All are little-endian.
package enum TokenFileFormat: String, Sendable, Codable, CaseIterable {
  /// Megatron-LM's `.bin` with an `.idx` beside it.
  case megatron
  /// llm.c's `.bin`: a header of 256 words.
  case llmc = "llm.c"
  /// TinyLlama's and RegMix's packed chunks.
  case litgpt = "lit-gpt"
  /// datatrove's and Nanotron's `.ds` with `.ds.index` beside it.
  case datatrove
  /// NumPy's own format, one-dimensional.
  case numpy
  /// Bare numbers: nanoGPT's `.bin`, and the `.npy` of OLMo and dolma.
  case raw
}

/// The type of a token in a file.
package enum TokenType: String, Sendable, Codable, CaseIterable {
  case uint8, int8, int16, uint16, int32, uint32, int64

  package var byteCount: Int {
    switch self {
    case .uint8, .int8: 1
    case .int16, .uint16: 2
    case .int32, .uint32: 4
    case .int64: 8
    }
  }
}

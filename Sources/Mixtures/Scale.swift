/// How large a run is.
package struct Scale: Sendable, Hashable, Codable {
  /// The ladder's name of the model size, e.g. `100k`.
  package var size: String
  /// Parameters of the model, embeddings included.
  package var parameters: Int
  /// Tokens that it trains on.
  package var tokens: Int

  package init(size: String, parameters: Int, tokens: Int) {
    self.size = size
    self.parameters = parameters
    self.tokens = tokens
  }

  /// Whether numbers of tokens or steps, from short to long, are distinct lengths of one at least when they are whole.
  package static func areLengths(_ counts: [Double]) -> Bool {
    counts.allSatisfy { 1...1e18 ~= $0.rounded() }
      && zip(counts, counts.dropFirst()).allSatisfy { $0.rounded() < $1.rounded() }
  }
}

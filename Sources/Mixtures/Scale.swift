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
}

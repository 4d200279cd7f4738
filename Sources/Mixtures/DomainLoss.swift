/// The held-out loss of one domain.
package struct DomainLoss: Sendable, Hashable, Codable {
  package var domain: String
  /// Log-perplexity: the mean negative log-likelihood, in nats per token.
  package var loss: Double
  /// Standard error of `loss` over the held-out windows, in nats per token. It says how well these
  /// windows stand for the domain; the same windows serve every run, so it cancels in differences. Nil where
  /// nobody says, as in a table.
  package var standardError: Double?
  /// The same loss in bits per byte of text, which tokenizers do not change. Nil where nobody
  /// says.
  package var bitsPerByte: Double?

  package init(
    domain: String, loss: Double, standardError: Double? = nil, bitsPerByte: Double? = nil
  ) {
    self.domain = domain
    self.loss = loss
    self.standardError = standardError
    self.bitsPerByte = bitsPerByte
  }
}

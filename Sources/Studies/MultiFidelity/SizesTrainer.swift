import Runs

/// The trainer of each size, and what was asked for of the runs' length, so that a study goes on without its
/// flags.
package struct SizesTrainer: Sendable, Hashable {
  package struct Asked: Sendable, Hashable, Codable {
    /// The base rate.
    package var learningRate: Double?
    /// Of the longest run of every size.
    package var tokens: Int?
    package var tokensPerParameter: Double?
    /// Shares of the longest run.
    package var rungs: [Double]?

    package init(
      learningRate: Double? = nil, tokens: Int? = nil, tokensPerParameter: Double? = nil,
      rungs: [Double]? = nil
    ) {
      self.learningRate = learningRate
      self.tokens = tokens
      self.tokensPerParameter = tokensPerParameter
      self.rungs = rungs
    }

    /// As on the command line.
    func validate() throws(StudyError) {
      if let tokens { try StudyError.requireCounts(["tokens": tokens], in: 1...1_000_000_000_000) }
      for (field, value, most) in [
        ("learning rate", learningRate, 1000), ("tokens per parameter", tokensPerParameter, 1e9),
      ] {
        guard let value else { continue }
        try StudyError.require(
          value > 0 && value <= most, field, value, "a positive number up to \(most)")
      }
      for share in rungs ?? [] {
        try StudyError.require(share > 0 && share <= 1, "rungs", share, "shares up to 1")
      }
    }
  }

  /// By the ladder's name of the size.
  package var sizes: [String: EvaluatorIdentity]
  package var asked: Asked

  package init(sizes: [String: EvaluatorIdentity], asked: Asked = Asked()) {
    self.sizes = sizes
    self.asked = asked
  }

  func firstDifference(
    from other: SizesTrainer
  ) -> (field: String, found: String, expected: String)? {
    for size in Set(sizes.keys).union(other.sizes.keys).sorted() {
      guard let own = sizes[size], let theirs = other.sizes[size] else {
        return (
          "sizes", sizes.keys.sorted().joined(separator: ", "),
          other.sizes.keys.sorted().joined(separator: ", ")
        )
      }
      if let difference = own.firstDifference(from: theirs) {
        return ("\(size) \(difference.field)", difference.found, difference.expected)
      }
    }
    return nil
  }
}

/// `{"sizes": {"50k": {…}}, "asked": {…}}`. Older files have one flat object of text:
/// `{"50k learningRate": "0.0075", "asked tokens": "500000"}`.
extension SizesTrainer: Codable {
  private enum Key: CodingKey { case sizes, asked }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    if fields.contains(.sizes) {
      sizes = try fields.decode([String: EvaluatorIdentity].self, forKey: .sizes)
      asked = try fields.decodeIfPresent(Asked.self, forKey: .asked) ?? Asked()
      return
    }
    var bySize: [String: [String: String]] = [:]
    for (name, value) in try [String: String](from: decoder) {
      let words = name.split(separator: " ", maxSplits: 1).map(String.init)
      if words.count == 2 { bySize[words[0], default: [:]][words[1]] = value }
    }
    let said = bySize.removeValue(forKey: "asked") ?? [:]
    asked = Asked(
      learningRate: said["learningRate"].flatMap(Double.init),
      tokens: said["tokens"].flatMap(Int.init),
      tokensPerParameter: said["tokensPerParameter"].flatMap(Double.init),
      rungs: said["rungs"].map { $0.split(separator: ",").compactMap { Double($0) } })
    sizes = [:]
    for (size, settings) in bySize {
      sizes[size] = try EvaluatorIdentity(described: settings, at: decoder.codingPath)
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(sizes, forKey: .sizes)
    try fields.encode(asked, forKey: .asked)
  }
}

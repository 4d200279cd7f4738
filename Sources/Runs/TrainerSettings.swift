import Mixtures

/// What the result of a run of the built-in trainer depends on at one size, besides its mixture, seed, length and
/// text.
///
/// A setting that came later has the value here that it had before it could be chosen, so that files
/// which do not name it keep their meaning.
package struct TrainerSettings: Sendable, Hashable {
  /// The base rate as it was asked for, sweeps' factors included: it is scaled to the size.
  package var learningRate: Double
  /// What comes of it at this size, for the embedding.
  package var embeddingRate: Double
  /// Of one step.
  package var batchTokens: Int
  package var contextLength: Int
  package var commonChannel: Double
  /// Share of the steps over which the learning rate falls.
  package var decayShare: Double
  package var weightDecay: Double
  /// Of each domain.
  package var heldOutTokens: Int
  /// Of the factors of products: `fp32` or `bf16`.
  package var precision = "fp32"
  /// That scarce text is repeated as often as a longer run will; nil where every run reads all text.
  package var matching: EpochMatching?
  /// Raised with each change of the trainer that moves the bits of a default run.
  package var revision = 1

  package init(
    learningRate: Double, embeddingRate: Double, batchTokens: Int, contextLength: Int,
    commonChannel: Double, decayShare: Double, weightDecay: Double, heldOutTokens: Int
  ) {
    self.learningRate = learningRate
    self.embeddingRate = embeddingRate
    self.batchTokens = batchTokens
    self.contextLength = contextLength
    self.commonChannel = commonChannel
    self.decayShare = decayShare
    self.weightDecay = weightDecay
    self.heldOutTokens = heldOutTokens
  }

  /// Multiplies all learning rates.
  package mutating func scaleRates(by factor: Double) {
    learningRate *= factor
    embeddingRate *= factor
  }

  /// Each setting by its name, as messages show it.
  package var described: [String: String] {
    var settings = [
      "learningRate": "\(learningRate)", "embeddingRate": "\(embeddingRate)",
      "batchTokens": "\(batchTokens)", "contextLength": "\(contextLength)",
      "commonChannel": "\(commonChannel)", "decayShare": "\(decayShare)",
      "weightDecay": "\(weightDecay)", "heldOutTokens": "\(heldOutTokens)",
    ]
    if precision != "fp32" { settings["precision"] = precision }
    if let matching { settings.merge(matching.settings) { own, _ in own } }
    if revision != 1 { settings["revision"] = "\(revision)" }
    return settings
  }
}

extension TrainerSettings: Codable {
  /// Reads numbers, and text that holds one as older files have it.
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: SettingName.self)
    func number<Number: Decodable & LosslessStringConvertible>(
      _ name: String, missing: Number? = nil
    ) throws -> Number {
      let key = SettingName(name)
      if let missing, !fields.contains(key) { return missing }
      if let text = try? fields.decode(String.self, forKey: key) {
        guard let value = Number(text) else {
          throw DecodingError.dataCorruptedError(
            forKey: key, in: fields, debugDescription: "expected a number")
        }
        return value
      }
      return try fields.decode(Number.self, forKey: key)
    }
    self.init(
      learningRate: try number("learningRate"), embeddingRate: try number("embeddingRate"),
      batchTokens: try number("batchTokens"), contextLength: try number("contextLength"),
      commonChannel: try number("commonChannel"), decayShare: try number("decayShare"),
      weightDecay: try number("weightDecay"), heldOutTokens: try number("heldOutTokens"))
    revision = try number("revision", missing: 1)
    precision = try fields.decodeIfPresent(String.self, forKey: SettingName("precision")) ?? "fp32"
    matching = try fields.decodeIfPresent(EpochMatching.self, forKey: SettingName("matching"))
    try validate(at: decoder.codingPath)
  }

  /// Files are edited, and what trains by them takes its settings as they are.
  ///
  /// - Throws: `DecodingError` for a setting that no run can have.
  func validate(at path: [any CodingKey]) throws {
    func require(_ isFit: Bool, _ name: String, _ found: Any, _ expected: String) throws {
      if isFit { return }
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: path + [SettingName(name)],
          debugDescription: "found \(found), expected \(expected)"))
    }
    for (name, rate) in [("learningRate", learningRate), ("embeddingRate", embeddingRate)] {
      // A base rate is 1000 at most; that of a size may be some times as high.
      try require(rate > 0 && rate <= 1e6, name, rate, "a rate above 0, at most 1e6")
    }
    for (name, count) in [
      ("batchTokens", batchTokens), ("contextLength", contextLength),
      ("heldOutTokens", heldOutTokens), ("revision", revision),
    ] {
      try require(1...(1 << 40) ~= count, name, count, "a whole number from 1 to 1099511627776")
    }
    try require(0...1 ~= decayShare, "decayShare", decayShare, "a share from 0 to 1")
    try require(0...1e6 ~= weightDecay, "weightDecay", weightDecay, "a number from 0 to 1e6")
    try require(
      -1e6...1e6 ~= commonChannel, "commonChannel", commonChannel, "a number within 1e6")
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: SettingName.self)
    for (name, value) in [
      ("learningRate", learningRate), ("embeddingRate", embeddingRate),
      ("commonChannel", commonChannel), ("decayShare", decayShare), ("weightDecay", weightDecay),
    ] {
      try fields.encode(value, forKey: SettingName(name))
    }
    for (name, value) in [
      ("batchTokens", batchTokens), ("contextLength", contextLength),
      ("heldOutTokens", heldOutTokens), ("revision", revision),
    ] where name != "revision" || value != 1 {
      try fields.encode(value, forKey: SettingName(name))
    }
    if precision != "fp32" { try fields.encode(precision, forKey: SettingName("precision")) }
    try fields.encodeIfPresent(matching, forKey: SettingName("matching"))
  }
}

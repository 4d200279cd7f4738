/// Which evaluator measures a run, and everything about it that the result depends on.
package enum EvaluatorIdentity: Sendable, Hashable {
  /// The built-in trainer of proxy models.
  case trainer(TrainerSettings)
  /// Any other: its kind, e.g. `table`, and settings that are compared as text.
  case other(kind: String, settings: [String: String])

  package var trainer: TrainerSettings? {
    if case .trainer(let settings) = self { settings } else { nil }
  }

  /// The first setting, by name, in which a result of the one is not a result of the other.
  package func firstDifference(
    from asked: EvaluatorIdentity
  ) -> (field: String, found: String, expected: String)? {
    let (found, expected) = (described, asked.described)
    for name in Set(found.keys).union(expected.keys).sorted() where found[name] != expected[name] {
      return (name, found[name] ?? "nothing", expected[name] ?? "nothing")
    }
    return nil
  }

  /// Each setting by its name.
  private var described: [String: String] {
    switch self {
    case .trainer(let settings): settings.described
    case .other(let kind, let settings):
      settings.merging(["evaluator": kind]) { own, _ in own }
    }
  }
}

/// `{"kind": "table", …}`; without a kind it is the trainer, as in files from before there were others.
extension EvaluatorIdentity: Codable {
  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: SettingName.self)
    let kind = try fields.decodeIfPresent(String.self, forKey: SettingName("kind")) ?? "trainer"
    if kind == "trainer" {
      self = .trainer(try TrainerSettings(from: decoder))
      return
    }
    var settings: [String: String] = [:]
    for key in fields.allKeys where key.stringValue != "kind" {
      settings[key.stringValue] = try fields.decode(String.self, forKey: key)
    }
    self = .other(kind: kind, settings: settings)
  }

  package func encode(to encoder: any Encoder) throws {
    switch self {
    case .trainer(let settings): try settings.encode(to: encoder)
    case .other(let kind, let settings):
      var fields = encoder.container(keyedBy: SettingName.self)
      try fields.encode(kind, forKey: SettingName("kind"))
      for (name, value) in settings { try fields.encode(value, forKey: SettingName(name)) }
    }
  }
}

extension EvaluatorIdentity {
  /// Settings of the trainer as older files have them: text by name.
  package init(described settings: [String: String], at path: [any CodingKey] = []) throws {
    func need<Number: LosslessStringConvertible>(_ name: String) throws -> Number {
      guard let number = settings[name].flatMap({ Number($0) }) else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: path, debugDescription: "expected a number '\(name)'"))
      }
      return number
    }
    var trainer = TrainerSettings(
      learningRate: try need("learningRate"), embeddingRate: try need("embeddingRate"),
      batchTokens: try need("batchTokens"), contextLength: try need("contextLength"),
      commonChannel: try need("commonChannel"), decayShare: try need("decayShare"),
      weightDecay: try need("weightDecay"), heldOutTokens: try need("heldOutTokens"))
    if let precision = settings["precision"] { trainer.precision = precision }
    try trainer.validate(at: path)
    self = .trainer(trainer)
  }
}

/// A setting's name as a key of JSON.
struct SettingName: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

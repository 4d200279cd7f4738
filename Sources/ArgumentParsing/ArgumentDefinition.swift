/// What the parser, the help screen and the completions know of one declared argument.
struct ArgumentDefinition {
  enum Kind {
    case positional
    case option
    case flag
    /// A flag that `--no-…` turns off.
    case switching
  }

  var kind: Kind
  /// Without dashes; empty for a positional.
  var name: String
  var short: Character?
  /// What stands in angle brackets.
  var valueName: String
  var help: String
  var isRequired: Bool
  var isRepeating = false
  var isHidden = false
  var defaultText: String?
  var choices: [String] = []
  var completion = ArgumentCompletion.nothing
  /// The heading of the group that it belongs to.
  var section: String?
  /// Takes a value: the word of an option or positional, "true" or "false" of a flag.
  var assign: (_ word: String) throws -> Void

  /// As errors call it: `--mixture <weights>`, `--quiet`, `<folder>`.
  var label: String {
    switch kind {
    case .positional: "<\(valueName)>"
    case .option: "--\(name) <\(valueName)>"
    case .flag, .switching: "--\(name)"
    }
  }

  /// As the left column of the help screen calls it.
  var fullLabel: String {
    let prefix = short.map { "-\($0), " } ?? ""
    return switch kind {
    case .positional: isRepeating ? "\(label) ..." : label
    case .option: prefix + (isRepeating ? "\(label) ..." : label)
    case .flag: prefix + label
    case .switching: "\(prefix)\(label)/--no-\(name)"
    }
  }

  /// As the usage line calls it.
  var synopsis: String {
    let parts =
      switch kind {
      case .switching: ["--\(name)", "--no-\(name)"]
      case .positional, .option, .flag: [isRepeating ? "\(label) ..." : label]
      }
    return parts.map { isRequired ? $0 : "[\($0)]" }.joined(separator: " ")
  }

  /// The help with what else there is to know of the values.
  var fullHelp: String {
    var notes: [String] = []
    if !choices.isEmpty { notes.append("values: \(choices.joined(separator: ", "))") }
    if let defaultText { notes.append("default: \(defaultText)") }
    guard !notes.isEmpty else { return help }
    let note = "(\(notes.joined(separator: "; ")))"
    return help.isEmpty ? note : "\(help) \(note)"
  }
}

/// A property wrapper that `Mirror` finds in a command.
protocol ArgumentDeclaring {
  /// - Parameter property: the property's name, without the wrapper's underscore.
  func definitions(ofProperty property: String) -> [ArgumentDefinition]
}

/// The arguments of a command or group, in the order of its properties.
func argumentDefinitions(of value: Any) -> [ArgumentDefinition] {
  Mirror(reflecting: value).children.flatMap { child -> [ArgumentDefinition] in
    guard let declaration = child.value as? any ArgumentDeclaring, let label = child.label
    else { return [] }
    return declaration.definitions(ofProperty: String(label.drop { $0 == "_" }))
  }
}

/// The value behind a wrapper: shared by the copies of its command, so that what the parser finds by
/// `Mirror` is what the command reads.
final class ArgumentBox<Value> {
  var value: Value?
  var isGiven = false

  init(_ value: Value?) { self.value = value }

  func read() -> Value {
    guard let value else {
      preconditionFailure("expected the command to be parsed before it is read")
    }
    return value
  }
}

/// How one word becomes a value, whatever the wrapper; found once, where the type is known.
struct ArgumentReading<Value> {
  var isRequired: Bool
  var isRepeating = false
  var choices: [String]
  var completion: ArgumentCompletion
  /// Nil for a default that is not worth showing.
  var text: (Value) -> String?
  var read: (_ word: String, _ box: ArgumentBox<Value>) throws -> Void

  static func single(isRequired: Bool) -> ArgumentReading where Value: ArgumentValue {
    ArgumentReading(
      isRequired: isRequired, choices: Value.argumentChoices, completion: Value.argumentCompletion,
      text: { $0.argumentText }, read: { $1.value = try Value(argument: $0) })
  }

  static func optional<Wrapped: ArgumentValue>() -> ArgumentReading where Value == Wrapped? {
    ArgumentReading(
      isRequired: false, choices: Wrapped.argumentChoices, completion: Wrapped.argumentCompletion,
      text: { $0?.argumentText }, read: { $1.value = .some(try Wrapped(argument: $0)) })
  }

  static func list<Element: ArgumentValue>(
    isRequired: Bool
  ) -> ArgumentReading where Value == [Element] {
    ArgumentReading(
      isRequired: isRequired, isRepeating: true, choices: Element.argumentChoices,
      completion: Element.argumentCompletion,
      text: { $0.isEmpty ? nil : $0.map(\.argumentText).joined(separator: ", ") },
      read: { word, box in
        // What is given replaces the default, it does not add to it.
        box.value = (box.isGiven ? box.read() : []) + [try Element(argument: word)]
      })
  }
}

/// `tokensPerParameter` as people type it: `tokens-per-parameter`.
func kebabCase(_ name: String) -> String {
  var result = ""
  for character in name {
    if character.isUppercase, !result.isEmpty { result.append("-") }
    result += character.lowercased()
  }
  return result
}

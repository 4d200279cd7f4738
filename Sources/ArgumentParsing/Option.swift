/// A value with a name: `--steps 500`, `--steps=500`, `-s 500`.
///
/// Without a default it must be given; an optional need not be; an array takes one value each time
/// that the option is given, and need not be given where it has a default.
@propertyWrapper
package struct Option<Value> {
  private let box: ArgumentBox<Value>
  private let reading: ArgumentReading<Value>
  private let help: String
  private let name: String?
  private let short: Character?
  private let valueName: String?
  private let isHidden: Bool
  private let completion: ArgumentCompletion?

  package var wrappedValue: Value {
    get { box.read() }
    nonmutating set { box.value = newValue }
  }

  private init(
    _ initial: Value?, _ reading: ArgumentReading<Value>, _ help: String, _ name: String?,
    _ short: Character?, _ valueName: String?, _ isHidden: Bool, _ completion: ArgumentCompletion?
  ) {
    box = ArgumentBox(initial)
    self.reading = reading
    self.help = help
    self.name = name
    self.short = short
    self.valueName = valueName
    self.isHidden = isHidden
    self.completion = completion
  }

  /// - Parameters:
  ///   - help: what it is for, in the user's words.
  ///   - name: without dashes; the property's own where not given.
  ///   - short: for `-s`.
  ///   - value: what the help screen puts in angle brackets; the name where not given.
  package init(
    _ help: String, name: String? = nil, short: Character? = nil, value: String? = nil,
    hidden: Bool = false, completion: ArgumentCompletion? = nil
  ) where Value: ArgumentValue {
    self.init(nil, .single(isRequired: true), help, name, short, value, hidden, completion)
  }

  package init(
    wrappedValue: Value, _ help: String, name: String? = nil, short: Character? = nil,
    value: String? = nil, hidden: Bool = false, completion: ArgumentCompletion? = nil
  ) where Value: ArgumentValue {
    self.init(
      wrappedValue, .single(isRequired: false), help, name, short, value, hidden, completion)
  }

  package init<Wrapped: ArgumentValue>(
    wrappedValue: Value = nil, _ help: String, name: String? = nil, short: Character? = nil,
    value: String? = nil, hidden: Bool = false, completion: ArgumentCompletion? = nil
  ) where Value == Wrapped? {
    self.init(wrappedValue, .optional(), help, name, short, value, hidden, completion)
  }

  package init<Element: ArgumentValue>(
    _ help: String, name: String? = nil, short: Character? = nil, value: String? = nil,
    hidden: Bool = false, completion: ArgumentCompletion? = nil
  ) where Value == [Element] {
    self.init(nil, .list(isRequired: true), help, name, short, value, hidden, completion)
  }

  package init<Element: ArgumentValue>(
    wrappedValue: Value, _ help: String, name: String? = nil, short: Character? = nil,
    value: String? = nil, hidden: Bool = false, completion: ArgumentCompletion? = nil
  ) where Value == [Element] {
    self.init(
      wrappedValue, .list(isRequired: false), help, name, short, value, hidden, completion)
  }
}

extension Option: ArgumentDeclaring {
  func definitions(ofProperty property: String) -> [ArgumentDefinition] {
    let name = name ?? kebabCase(property)
    return [
      ArgumentDefinition(
        kind: .option, name: name, short: short, valueName: valueName ?? name, help: help,
        isRequired: reading.isRequired, isRepeating: reading.isRepeating, isHidden: isHidden,
        defaultText: box.value.flatMap(reading.text), choices: reading.choices,
        completion: completion ?? reading.completion,
        assign: { word in
          try reading.read(word, box)
          box.isGiven = true
        })
    ]
  }
}

/// A value that is known by its place. An array takes all that is left, so it comes last.
@propertyWrapper
package struct Argument<Value> {
  private let box: ArgumentBox<Value>
  private let reading: ArgumentReading<Value>
  private let help: String
  private let valueName: String?
  private let completion: ArgumentCompletion?

  package var wrappedValue: Value {
    get { box.read() }
    nonmutating set { box.value = newValue }
  }

  private init(
    _ initial: Value?, _ reading: ArgumentReading<Value>, _ help: String, _ valueName: String?,
    _ completion: ArgumentCompletion?
  ) {
    box = ArgumentBox(initial)
    self.reading = reading
    self.help = help
    self.valueName = valueName
    self.completion = completion
  }

  /// - Parameters:
  ///   - help: what it is for, in the user's words.
  ///   - value: what the help screen puts in angle brackets; the property's name where not given.
  package init(
    _ help: String, value: String? = nil, completion: ArgumentCompletion? = nil
  ) where Value: ArgumentValue {
    self.init(nil, .single(isRequired: true), help, value, completion)
  }

  package init(
    wrappedValue: Value, _ help: String, value: String? = nil,
    completion: ArgumentCompletion? = nil
  ) where Value: ArgumentValue {
    self.init(wrappedValue, .single(isRequired: false), help, value, completion)
  }

  package init<Wrapped: ArgumentValue>(
    wrappedValue: Value = nil, _ help: String, value: String? = nil,
    completion: ArgumentCompletion? = nil
  ) where Value == Wrapped? {
    self.init(wrappedValue, .optional(), help, value, completion)
  }

  package init<Element: ArgumentValue>(
    _ help: String, value: String? = nil, completion: ArgumentCompletion? = nil
  ) where Value == [Element] {
    self.init(nil, .list(isRequired: true), help, value, completion)
  }

  package init<Element: ArgumentValue>(
    wrappedValue: Value, _ help: String, value: String? = nil,
    completion: ArgumentCompletion? = nil
  ) where Value == [Element] {
    self.init(wrappedValue, .list(isRequired: false), help, value, completion)
  }
}

extension Argument: ArgumentDeclaring {
  func definitions(ofProperty property: String) -> [ArgumentDefinition] {
    [
      ArgumentDefinition(
        kind: .positional, name: "", valueName: valueName ?? kebabCase(property), help: help,
        isRequired: reading.isRequired, isRepeating: reading.isRepeating,
        defaultText: box.value.flatMap(reading.text), choices: reading.choices,
        completion: completion ?? reading.completion,
        assign: { word in
          try reading.read(word, box)
          box.isGiven = true
        })
    ]
  }
}

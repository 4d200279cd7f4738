/// Something that is on or off: `--quiet`; with `inversion` also `--no-checkpoint`.
@propertyWrapper
package struct Flag<Value> {
  private let box: ArgumentBox<Value>
  private let help: String
  private let name: String?
  private let short: Character?
  private let hasInversion: Bool
  private let isHidden: Bool
  private let isRequired: Bool
  private let isOn: (Value) -> Bool?
  private let value: (Bool) -> Value

  package var wrappedValue: Value {
    get { box.read() }
    nonmutating set { box.value = newValue }
  }

  /// - Parameters:
  ///   - help: what it does when it is on.
  ///   - name: without dashes; the property's own where not given.
  ///   - inversion: whether `--no-…` turns it off; needed where it is on by itself.
  package init(
    wrappedValue: Bool, _ help: String, name: String? = nil, short: Character? = nil,
    inversion: Bool = false, hidden: Bool = false
  ) where Value == Bool {
    precondition(inversion || !wrappedValue, "a flag that is on needs an inversion to turn it off")
    self.init(wrappedValue, help, name, short, inversion, hidden, false, { $0 }, { $0 })
  }

  /// A flag that must be given, one way or the other.
  package init(
    _ help: String, name: String? = nil, short: Character? = nil, hidden: Bool = false
  ) where Value == Bool {
    self.init(nil, help, name, short, true, hidden, true, { $0 }, { $0 })
  }

  /// A flag that leaves nil where it is not given, either way.
  package init(
    wrappedValue: Bool? = nil, _ help: String, name: String? = nil, short: Character? = nil,
    hidden: Bool = false
  ) where Value == Bool? {
    self.init(.some(wrappedValue), help, name, short, true, hidden, false, { $0 }, { $0 })
  }

  private init(
    _ initial: Value?, _ help: String, _ name: String?, _ short: Character?, _ hasInversion: Bool,
    _ isHidden: Bool, _ isRequired: Bool, _ isOn: @escaping (Value) -> Bool?,
    _ value: @escaping (Bool) -> Value
  ) {
    box = ArgumentBox(initial)
    self.help = help
    self.name = name
    self.short = short
    self.hasInversion = hasInversion
    self.isHidden = isHidden
    self.isRequired = isRequired
    self.isOn = isOn
    self.value = value
  }
}

extension Flag: ArgumentDeclaring {
  func definitions(ofProperty property: String) -> [ArgumentDefinition] {
    let name = name ?? kebabCase(property)
    let initial = hasInversion ? box.value.flatMap(isOn) : nil
    return [
      ArgumentDefinition(
        kind: hasInversion ? .switching : .flag, name: name, short: short, valueName: "",
        help: help, isRequired: isRequired, isHidden: isHidden,
        defaultText: initial.map { $0 ? "--\(name)" : "--no-\(name)" },
        assign: { box.value = value($0 == "true") })
    ]
  }
}

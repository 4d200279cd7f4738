/// Arguments that several commands share.
package protocol ArgumentGroup {
  init()
  func validate() throws
}

extension ArgumentGroup {
  package func validate() throws {}
}

/// Takes a group's arguments into a command, under a heading of their own where it has a title.
@propertyWrapper
package struct OptionGroup<Group: ArgumentGroup> {
  private let title: String?
  package var wrappedValue: Group

  /// - Parameter title: of the section in the help screen, e.g. `Training options`.
  package init(title: String? = nil) {
    self.title = title
    wrappedValue = Group()
  }
}

extension OptionGroup: ArgumentDeclaring, ArgumentValidating {
  func definitions(ofProperty property: String) -> [ArgumentDefinition] {
    argumentDefinitions(of: wrappedValue).map { definition in
      var definition = definition
      definition.section = definition.section ?? title
      return definition
    }
  }

  func validateGroup() throws {
    try validateGroups(of: wrappedValue)
    try wrappedValue.validate()
  }
}

protocol ArgumentValidating {
  func validateGroup() throws
}

func validateGroups(of value: Any) throws {
  for child in Mirror(reflecting: value).children {
    try (child.value as? any ArgumentValidating)?.validateGroup()
  }
}

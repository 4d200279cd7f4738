/// A type that can be read from one word of the command line.
package protocol ArgumentValue {
  /// - Throws: an error whose description says what was found and what was expected, or
  ///   ``UnreadableArgument`` where there is nothing to add.
  init(argument: String) throws
  /// All the words that it can be read from, in order; empty where they are too many to list.
  static var argumentChoices: [String] { get }
  /// How a default of this type is written.
  var argumentText: String { get }
  /// What a shell offers for it.
  static var argumentCompletion: ArgumentCompletion { get }
}

/// A word that says nothing to a type; the message then gives only the word and the argument's name.
package struct UnreadableArgument: Error {
  package init() {}
}

/// What a shell offers in place of a value.
package enum ArgumentCompletion: Sendable, Hashable {
  case nothing
  case files
  case folders
  case choices([String])
}

extension ArgumentValue {
  package static var argumentChoices: [String] { [] }
  package var argumentText: String { "\(self)" }
  package static var argumentCompletion: ArgumentCompletion {
    argumentChoices.isEmpty ? .nothing : .choices(argumentChoices)
  }
}

extension ArgumentValue where Self: LosslessStringConvertible {
  package init(argument: String) throws {
    guard let value = Self(argument) else { throw UnreadableArgument() }
    self = value
  }
}

extension ArgumentValue where Self: RawRepresentable & CaseIterable, RawValue == String {
  package init(argument: String) throws {
    guard let value = Self(rawValue: argument) else { throw UnreadableArgument() }
    self = value
  }

  package static var argumentChoices: [String] { allCases.map(\.rawValue) }
  package var argumentText: String { rawValue }
}

extension String: ArgumentValue {}
extension Int: ArgumentValue {}
extension UInt64: ArgumentValue {}
extension Double: ArgumentValue {}

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

// Numbers whose arithmetic is safe wherever they go: sums and small multiples of them do not overflow.

extension Int: ArgumentValue {
  package init(argument: String) throws {
    guard let value = Int(argument) else {
      guard let number = Double(argument), number == number.rounded() else {
        throw UnreadableArgument()
      }
      throw ValidationError("expected a whole number in digits, up to \(Self.largestArgument)")
    }
    guard abs(value.clamped) <= Self.largestArgument else {
      throw ValidationError("expected at most \(Self.largestArgument)")
    }
    self = value
  }

  private static let largestArgument = 1_000_000_000_000_000
  /// Whose absolute value is a number.
  private var clamped: Int { Swift.max(self, -.max) }
}

/// Seeds: up to 2⁵³, so that any reader of JSON gives them back.
extension UInt64: ArgumentValue {
  package init(argument: String) throws {
    guard let value = UInt64(argument) else {
      guard let number = Double(argument), number > 0, number == number.rounded() else {
        throw UnreadableArgument()
      }
      throw ValidationError("expected a whole number in digits, up to \(Self.largestArgument)")
    }
    guard value <= Self.largestArgument else {
      throw ValidationError("expected at most \(Self.largestArgument)")
    }
    self = value
  }

  private static let largestArgument: UInt64 = 1 << 53
}

extension Double: ArgumentValue {
  package init(argument: String) throws {
    guard let value = Double(argument) else { throw UnreadableArgument() }
    guard value.isFinite else { throw ValidationError("expected a finite number") }
    self = value
  }
}

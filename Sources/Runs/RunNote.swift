import Foundation

/// What a plan found out and would not like to compute again.
package struct RunNote: Sendable, Hashable, Codable {
  package var plan: String
  /// What kind of thing it is: `pick`, `incumbent`.
  package var topic: String
  /// Of which there is one note of the plan and topic at most, e.g. `bo 0 final`.
  package var about: String
  package var body: JSONTree

  /// - Throws: where the body cannot be written as JSON, as with infinite numbers.
  package init(plan: String, topic: String, about: String, _ body: some Encodable) throws {
    self.plan = plan
    self.topic = topic
    self.about = about
    self.body = try JSONDecoder().decode(JSONTree.self, from: JSONEncoder().encode(body))
  }

  package func decoded<Body: Decodable>(as type: Body.Type) throws -> Body {
    try JSONDecoder().decode(type, from: JSONEncoder().encode(body))
  }
}

/// Any JSON, for what one part of the program writes and another only keeps. Numbers are doubles.
package enum JSONTree: Sendable, Hashable, Codable {
  case null
  case bool(Bool)
  case number(Double)
  case text(String)
  case list([JSONTree])
  case object([String: JSONTree])

  package init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let found = try? value.decode(Bool.self) {
      self = .bool(found)
    } else if let found = try? value.decode(Double.self) {
      self = .number(found)
    } else if let found = try? value.decode(String.self) {
      self = .text(found)
    } else if let found = try? value.decode([JSONTree].self) {
      self = .list(found)
    } else {
      self = .object(try value.decode([String: JSONTree].self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var value = encoder.singleValueContainer()
    switch self {
    case .null: try value.encodeNil()
    case .bool(let found): try value.encode(found)
    case .number(let found): try value.encode(found)
    case .text(let found): try value.encode(found)
    case .list(let found): try value.encode(found)
    case .object(let found): try value.encode(found)
    }
  }
}

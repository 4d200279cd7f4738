import ArgumentParsing
import Foundation
import MixtureMethods

struct MethodsCommand: Command {
  static let commandName = "methods"
  static let abstract = "Say where each method comes from, and how it differs from its authors'."
  static let discussion = """
    Of each method its source, the version of its authors' code that was read, its parameters, what \
    differs here, and what shows that it is theirs. Name one or more for these alone; some names stand \
    for a method of one size and for one of several.
    """

  @Argument("Methods to tell of; all where none is named.", value: "name")
  var names: [String] = []
  @Flag("Print JSON.")
  var json = false

  func validate() throws {
    let known = MethodFacts.all.map(\.name)
    for name in names where !known.contains(name) {
      // The catalogues' own words, with the nearest name.
      throw ValidationError("\(MethodError.unknown(name: name))")
    }
  }

  func run() throws {
    let chosen = MethodFacts.all.filter { names.isEmpty || names.contains($0.name) }
    if json { return try emitDocument(["methods": chosen], kind: "methods") }
    for kind in MethodFacts.Kind.allCases {
      let facts = chosen.filter { $0.kind == kind }
      if facts.isEmpty { continue }
      let title = kind == .oneSize ? "Methods of one size" : "Methods of several sizes"
      try emit(([title] + facts.map(Self.text)).joined(separator: "\n\n") + "\n")
    }
  }

  static func text(_ facts: MethodFacts) -> String {
    var lines = ["  \(facts.name): \(facts.summary)"]
    func add(_ label: String, _ values: [String]) {
      for (index, value) in values.enumerated() {
        lines.append("    " + (index == 0 ? label : "").padding(12) + value)
      }
    }
    add("source", [facts.source ?? "our own"])
    add("read", facts.read.map { [$0] } ?? [])
    add("parameters", facts.parameters.map { "\($0.name): \($0.value)" })
    add("differs", facts.deviations)
    add("shown by", [facts.check])
    return lines.joined(separator: "\n")
  }
}

extension String {
  fileprivate func padding(_ width: Int) -> String {
    self + String(repeating: " ", count: max(width - count, 1))
  }
}

import Foundation
import Mixtures
import Storage

/// A mixture in a file: what `MixtureExport` writes, and the common ways in which others write one.
package enum MixtureFile {
  package typealias Entry = (domain: String, weight: Double)

  /// Domains and weights, in the file's order where it has one. Weights are divided by their sum.
  ///
  /// - Throws: ``ExportError/unreadable(path:found:)``, or `StorageError` where there is no such file.
  package static func read(at path: String) throws -> [Entry] {
    let text = String(decoding: try readFile(at: path), as: UTF8.self)
    func refuse(_ found: String) -> ExportError { .unreadable(path: path, found: found) }
    let found = try comment(text) ?? json(text, refuse) ?? table(text) ?? blend(text) ?? yaml(text)
    guard let found, !found.isEmpty else { throw refuse("no domains with weights") }
    for (index, entry) in found.enumerated() {
      guard entry.weight >= 0, entry.weight.isFinite else {
        throw refuse("the weight \(entry.weight) of '\(entry.domain)'")
      }
      if found[..<index].contains(where: { $0.domain == entry.domain }) {
        throw refuse("the domain '\(entry.domain)' twice")
      }
    }
    let sum = found.reduce(0) { $0 + $1.weight }
    guard sum > 0 else { throw refuse("weights whose sum is 0") }
    return found.map { ($0.domain, $0.weight / sum) }
  }

  /// The line that `MixtureExport` puts into a comment.
  private static func comment(_ text: String) -> [Entry]? {
    for line in text.split(separator: "\n").prefix(20) {
      guard let start = line.range(of: "# mixture: ")?.upperBound else { continue }
      return object(String(line[start...]))
    }
    return nil
  }

  /// An object's numbers, in the order of the text, which a dictionary would not keep.
  private static func object(_ text: String) -> [Entry]? {
    guard let members = try? JSONDecoder().decode([String: Double].self, from: Data(text.utf8))
    else { return nil }
    return sorted(members, in: text)
  }

  private static func sorted(_ members: [String: Double], in text: String) -> [Entry] {
    func place(_ name: String) -> String.Index {
      let quoted = (try? encodeLine(name)).map { String(decoding: $0.dropLast(), as: UTF8.self) }
      return quoted.flatMap { text.range(of: $0)?.lowerBound } ?? text.endIndex
    }
    return members.map { (entry: (domain: $0, weight: $1), place: place($0)) }
      .sorted { ($0.place, $0.entry.domain) < ($1.place, $1.entry.domain) }.map(\.entry)
  }

  private static func json(
    _ text: String, _ refuse: (String) -> ExportError
  ) throws(ExportError) -> [Entry]? {
    guard let first = text.first(where: { !$0.isWhitespace }), first == "{" else { return nil }
    guard let root = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    else { throw refuse("no JSON, though it begins so") }
    return entries(of: root, in: text)
  }

  /// The keys under which a mixture lies in what is written by this program and by others.
  private static let keys = [
    "mixture", "recommendation", "train_domain_weights", "train_weights", "weights", "train", "mix",
  ]

  private static func entries(of object: [String: Any], in text: String) -> [Entry]? {
    if let domains = object["domains"] as? [String], let weights = object["weights"] as? [Double],
      domains.count == weights.count
    {
      return zip(domains, weights).map { ($0, $1) }
    }
    for key in keys {
      if let words = object[key] as? [String] { return pairs(words) }
      if let inner = object[key] as? [String: Any], let found = entries(of: inner, in: text) {
        return found
      }
    }
    var members: [String: Double] = [:]
    for (name, value) in object {
      if let weight = value as? Double {
        members[name] = weight
      } else if let inner = value as? [String: Any], let weight = inner["weight"] as? Double {
        members[name] = weight
      } else {
        return nil
      }
    }
    return members.isEmpty ? nil : sorted(members, in: text)
  }

  /// A table with the columns `domain` and `weight`, whatever else it has.
  private static func table(_ text: String) -> [Entry]? {
    var reader = CSVReader(Array(text.utf8))
    func names(_ row: [[UInt8]]) -> [String] { row.map { String(decoding: $0, as: UTF8.self) } }
    guard let header = try? reader.next().map(names),
      let domain = header.firstIndex(of: "domain"), let weight = header.firstIndex(of: "weight")
    else { return nil }
    var entries: [Entry] = []
    while let row = try? reader.next().map(names) {
      guard row.count > max(domain, weight), let value = Double(row[weight]) else { return nil }
      entries.append((row[domain], value))
    }
    return entries
  }

  /// Megatron's words: weight, prefix, weight, prefix …
  private static func blend(_ text: String) -> [Entry]? {
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    return pairs(
      lines.joined(separator: " ").split(whereSeparator: \.isWhitespace).map(String.init))
  }

  /// The domain of a prefix is its last part, without what Megatron's preprocessing appends.
  private static func pairs(_ words: [String]) -> [Entry]? {
    guard !words.isEmpty, words.count.isMultiple(of: 2) else { return nil }
    var entries: [Entry] = []
    for index in stride(from: 0, to: words.count, by: 2) {
      guard let weight = Double(words[index]) else { return nil }
      var name = words[index + 1].split(separator: "/").last.map(String.init) ?? words[index + 1]
      for ending in ["_text_document", "_text_sentence", "_document"] where name.hasSuffix(ending) {
        name.removeLast(ending.count)
        break
      }
      if let known = entries.firstIndex(where: { $0.domain == name }) {
        entries[known].weight += weight
      } else {
        entries.append((name, weight))
      }
    }
    return entries
  }

  /// The map of names and numbers under one of the usual headings.
  private static func yaml(_ text: String) -> [Entry]? {
    let headings = ["train_weights:", "train:", "sources:", "mixture:", "weights:"]
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
    while let line = lines.popFirst() {
      let content = line.trimmingCharacters(in: .whitespaces)
      guard headings.contains(content) else { continue }
      let indent = line.prefix { $0 == " " }.count
      var entries: [Entry] = []
      while let next = lines.first {
        let inner = next.prefix { $0 == " " }.count
        if next.allSatisfy(\.isWhitespace) || next.drop(while: { $0 == " " }).hasPrefix("#") {
          lines.removeFirst()
          continue
        }
        guard inner > indent, let colon = next.lastIndex(of: ":") else { break }
        let number = next[next.index(after: colon)...].trimmingCharacters(in: .whitespaces)
        guard let weight = Double(number) else { break }
        let name = next[..<colon].trimmingCharacters(in: .whitespaces)
        let plain = (try? JSONDecoder().decode(String.self, from: Data(name.utf8))) ?? name
        entries.append((plain, weight))
        lines.removeFirst()
      }
      if !entries.isEmpty { return entries }
    }
    return nil
  }
}

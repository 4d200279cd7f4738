import Foundation
import Storage

/// What a job left behind, without what no two runs have in common: the times.
struct Signature: Equatable, Sendable {
  /// Of each file, by its path below the folder: a line for each of a journal's, sorted, without those
  /// that count attempts, of which a kill makes more; of pages, which tell how long runs took, only that they
  /// are there; and the contents as they are of all others. The standard output is `(output)`.
  var files: [String: [String]]

  /// - Parameters:
  ///   - volatile: keys of JSON that differ between any two runs, left out.
  ///   - ignored: files and folders (with a slash at the end) that differ between any two runs.
  ///   - someKept: folders of which only is kept that there are files in them.
  init(
    of folder: String, output: String, volatile: Set<String>, ignored: Set<String> = [],
    someKept: Set<String> = []
  ) {
    files = [:]
    let folders = ignored.filter { $0.hasSuffix("/") }
    for name in filesBelow(folder) {
      if let place = someKept.first(where: { name.hasPrefix($0) }) {
        files[place] = ["files"]
        continue
      }
      if ignored.contains(name) || folders.contains(where: { name.hasPrefix($0) }) { continue }
      let data = (try? readFile(at: folder + "/" + name)) ?? Data()
      files[name] = Self.lines(of: data, name: name, volatile)
    }
    guard !ignored.contains("(output)") else { return }
    files["(output)"] = Self.lines(of: Data(output.utf8), name: "output.json", volatile)
  }

  /// Lines of journals that tell of attempts and of the engine: what an attack makes more of.
  private static let attempts = [
    "event:attempted", "event:lost", "event:interrupted", "plan:engine",
  ]

  private static func lines(of data: Data, name: String, _ volatile: Set<String>) -> [String] {
    if name.hasSuffix(".jsonl") {
      return data.split(separator: UInt8(ascii: "\n")).map {
        normalized($0, volatile) ?? String(decoding: $0, as: UTF8.self)
      }.filter { line in !attempts.contains { line.contains($0) } }.sorted()
    }
    if name.hasSuffix(".html") || name.hasSuffix(".md") {
      return [data.isEmpty ? "an empty page" : "a page"]
    }
    if name.hasSuffix(".json"), let text = normalized(data, volatile) { return [text] }
    return [SHA256.hexadecimal(of: data)]
  }

  private static func normalized(_ data: Data, _ volatile: Set<String>) -> String? {
    guard
      let value = try? JSONSerialization.jsonObject(with: data, options: [.fragmentsAllowed])
    else { return nil }
    return text(value, volatile)
  }

  /// What two runs have in common only by chance, even where the two that were compared did.
  private static func tellsTime(_ key: String) -> Bool {
    let key = key.lowercased()
    return ["seconds", "duration", "time", "memory", "speed", "process", "host", "load"]
      .contains { key.contains($0) } || key.hasSuffix("per_second")
  }

  private static func text(_ value: Any, _ volatile: Set<String>) -> String {
    if let object = value as? [String: Any] {
      let members = object.filter { !volatile.contains($0.key) && !tellsTime($0.key) }
        .sorted { $0.key < $1.key }
      return "{" + members.map { "\($0.key):\(text($0.value, volatile))" }.joined(separator: ",")
        + "}"
    }
    if let list = value as? [Any] {
      return "[" + list.map { text($0, volatile) }.joined(separator: ",") + "]"
    }
    return "\(value)"
  }

  /// What differs, in a few words; nil where nothing does.
  func difference(from other: Signature, outputToo: Bool = true) -> (Fault, String)? {
    for name in Set(files.keys).union(other.files.keys).sorted()
    where outputToo || name != "(output)" {
      guard let mine = files[name] else { return (.lost, "\(name) is missing") }
      guard let wanted = other.files[name] else { return (.different, "\(name) is left over") }
      guard mine != wanted else { continue }
      let (have, want) = (counts(mine), counts(wanted))
      if let line = have.keys.sorted().first(where: { have[$0]! > want[$0] ?? 0 && want[$0] != nil }
      ) {
        return (.doubled, "\(name): \(line.prefix(200))")
      }
      if let line = want.keys.sorted().first(where: { have[$0] == nil }) {
        return (have.count < want.count ? .lost : .different, "\(name): \(line.prefix(200))")
      }
      return (.different, "\(name)")
    }
    return nil
  }

  private func counts(_ lines: [String]) -> [String: Int] {
    lines.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  /// Keys whose values differ between two runs that must not differ, and files that do so as a whole.
  static func volatileParts(
    _ first: (folder: String, output: String), _ second: (folder: String, output: String)
  ) -> (keys: Set<String>, files: Set<String>) {
    var keys: Set<String> = ["at", "crc32c", "checksum", "seconds"]
    func compare(_ a: Any, _ b: Any, _ key: String) {
      if let a = a as? [String: Any], let b = b as? [String: Any] {
        for (name, value) in a {
          if let other = b[name] { compare(value, other, name) } else { keys.insert(name) }
        }
      } else if let a = a as? [Any], let b = b as? [Any], a.count == b.count {
        for (x, y) in zip(a, b) { compare(x, y, key) }
      } else if "\(a)" != "\(b)" {
        keys.insert(key)
      }
    }
    func json(_ data: Data) -> Any? {
      try? JSONSerialization.jsonObject(with: data, options: [.fragmentsAllowed])
    }
    func compareData(_ a: Data, _ b: Data, byLine: Bool) {
      guard byLine else {
        if let a = json(a), let b = json(b) { compare(a, b, "") }
        return
      }
      // Two workers end in any order: lines are set beside each other by what they say.
      func lines(_ data: Data) -> [Data] {
        data.split(separator: 10).map { (normalized($0, keys) ?? "", $0) }.sorted { $0.0 < $1.0 }
          .map(\.1)
      }
      for (a, b) in zip(lines(a), lines(b)) {
        if let a = json(a), let b = json(b) { compare(a, b, "") }
      }
    }
    var files: Set<String> = []
    for name in filesBelow(first.folder) {
      let a = (try? readFile(at: first.folder + "/" + name)) ?? Data()
      let b = (try? readFile(at: second.folder + "/" + name)) ?? Data()
      guard a != b else { continue }
      if name.hasSuffix(".jsonl") || name.hasSuffix(".json") {
        compareData(a, b, byLine: name.hasSuffix(".jsonl"))
      } else {
        files.insert(name)
      }
    }
    let (a, b) = (Data(first.output.utf8), Data(second.output.utf8))
    if json(a) == nil, a != b { files.insert("(output)") }
    compareData(a, b, byLine: false)
    return (keys, files)
  }
}

/// Paths of all files below a folder, without those of the campaign's own.
func filesBelow(_ folder: String) -> [String] {
  let names = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
  return names.filter { name in
    !name.hasPrefix(".campaign-") && !isFolder(folder + "/" + name)
  }.sorted()
}

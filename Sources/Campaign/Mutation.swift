import Foundation
import Numerics

/// Damage to the bytes of a real file, and numbers and names that nobody expects.
struct Mutation {
  var generator: SeededGenerator

  /// In place of numbers.
  static let extremes = [
    "0", "-0", "-1", "1", "2", "1e308", "-1e308", "1e-320", "5e-324", "1e300", "1e19", "1e-9",
    "9223372036854775807", "-9223372036854775808", "9223372036854775808", "18446744073709551615",
    "18446744073709551616", "4294967295", "4294967296", "2147483648", "1000000000000", "100000",
    "0.1e-9223372036854775807", "1e99999", "nan", "NaN", "inf", "-inf", "Infinity", "0x10", "1_000",
    "1,5", "", " ", "null", "true", "1e", "--1", "٣", "½", "1.7976931348623157e308", "0.3333333333",
  ]

  /// In place of words.
  static let words = [
    "", "a", "loss", "weight_", "w_", "__proto__", "\u{0}", "\u{1b}[2J", "\u{202e}abc", "é",
    "e\u{301}",
    "日本語", "🙂", "\u{feff}", "a\nb", "a\tb", "\"", "'", "\\", "%s%n", "../../etc/passwd",
    "/dev/zero",
    "/proc/", ".", String(repeating: "x", count: 5000), String(repeating: "[", count: 3000), "NULL",
    "∞",
  ]

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[generator.integer(below: elements.count)]
  }

  /// A file with one to several things wrong.
  mutating func mutated(_ bytes: [UInt8], other: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<(1 + generator.integer(below: 3)) { bytes = once(bytes, other) }
    return bytes
  }

  private mutating func once(_ bytes: [UInt8], _ other: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return Array(pick(Self.words).utf8) }
    var bytes = bytes
    let place = generator.integer(below: bytes.count)
    switch generator.integer(below: 14) {
    case 0: bytes[place] ^= 1 << UInt8(generator.integer(below: 8))
    case 1: bytes[place] = UInt8(generator.integer(below: 256))
    case 2: bytes.removeSubrange(place...)
    case 3: bytes.removeSubrange(place..<min(place + 1 + generator.integer(below: 64), bytes.count))
    case 4:
      let end = min(place + 1 + generator.integer(below: 200), bytes.count)
      bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 5:
      guard !other.isEmpty else { return bytes }
      bytes = Array(bytes[..<place]) + other[generator.integer(below: other.count)...]
    case 6, 7, 8, 9: return withNumberReplaced(bytes, near: place)
    case 10: return withWordReplaced(bytes, near: place)
    case 11:
      // Two lines change places.
      var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
      let (a, b) = (generator.integer(below: lines.count), generator.integer(below: lines.count))
      lines.swapAt(a, b)
      return Array(lines.joined(separator: [10]))
    case 12:
      var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
      let line = generator.integer(below: lines.count)
      if generator.uniform() < 0.5 {
        lines.remove(at: line)
      } else {
        lines.insert(lines[line], at: line)
      }
      return Array(lines.joined(separator: [10]))
    default:
      bytes.insert(contentsOf: Array(pick(Self.words).utf8), at: place)
    }
    return bytes
  }

  /// The number at a place or after it becomes another.
  private mutating func withNumberReplaced(_ bytes: [UInt8], near place: Int) -> [UInt8] {
    func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 || byte == 46 }
    guard var start = bytes[place...].firstIndex(where: isDigit) else { return bytes }
    while start > 0, isDigit(bytes[start - 1]) || bytes[start - 1] == 45 { start -= 1 }
    var end = start
    while end < bytes.count, isDigit(bytes[end]) || [45, 43, 69, 101].contains(bytes[end]) {
      end += 1
    }
    return Array(bytes[..<start]) + Array(pick(Self.extremes).utf8) + bytes[max(end, start)...]
  }

  /// One to three numbers become others, or lines are gone: nothing that names a path or a command changes.
  mutating func withNumbersReplaced(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return bytes }
    var bytes = bytes
    if generator.uniform() < 0.2 {
      var lines = bytes.split(separator: 10, omittingEmptySubsequences: false)
      lines.remove(at: generator.integer(below: lines.count))
      bytes = Array(lines.joined(separator: [10]))
    }
    // The numbers of members and lists, not those within names.
    let places = bytes.indices.dropFirst().filter {
      bytes[$0] &- 48 < 10 && [32, 58, 44, 91, 45].contains(bytes[$0 - 1])
    }
    guard !places.isEmpty else { return bytes }
    let wanted = (0..<(1 + generator.integer(below: 2))).map { _ in pick(places) }
    for place in Set(wanted).sorted(by: >) { bytes = withNumberReplaced(bytes, near: place) }
    return bytes
  }

  /// The word at a place or after it becomes another.
  private mutating func withWordReplaced(_ bytes: [UInt8], near place: Int) -> [UInt8] {
    func isLetter(_ byte: UInt8) -> Bool { (byte | 32) &- 97 < 26 || byte == 95 }
    guard let start = bytes[place...].firstIndex(where: isLetter) else { return bytes }
    let end = bytes[start...].firstIndex { !isLetter($0) } ?? bytes.count
    return Array(bytes[..<start]) + Array(pick(Self.words).utf8) + bytes[end...]
  }

  // MARK: made up

  /// A table of runs by its grammar, with anything in it.
  mutating func table() -> String {
    let separator = pick([",", ",", "\t", ";"])
    let domains = 1 + generator.integer(below: generator.uniform() < 0.05 ? 120 : 6)
    let prefix = pick(["weight_", "w_", "mix/", "train_", "share_", ""])
    let suffix = pick(["loss_", "val_", "nll/", "metric/", "loss"])
    var names = (0..<domains).map { "\(prefix)d\($0)" }
    names += (0..<max(generator.integer(below: domains + 2), 0)).map { "\(suffix)d\($0)" }
    names += ["run", "size", "step", "tokens", "seed", "status"].filter { _ in
      generator.uniform() < 0.3
    }
    if generator.uniform() < 0.2 { names[generator.integer(below: names.count)] = pick(Self.words) }
    generator.shuffle(&names)
    var lines = [names.joined(separator: separator)]
    for _ in 0..<generator.integer(below: 14) {
      var fields = names.map { name -> String in
        if generator.uniform() < 0.06 { return pick(Self.extremes) }
        if name == "size" { return pick(["1M", "50k", "1B", "0", "400M", "x"]) }
        if name == "status" { return pick(["done", "diverged", "failed", "pending", ""]) }
        if name.hasPrefix(prefix), !prefix.isEmpty {
          return String(format: "%.4f", 1 / Double(domains) * (0.9 + 0.2 * generator.uniform()))
        }
        return String(format: "%.4f", 2 + 2 * generator.uniform())
      }
      if generator.uniform() < 0.04 { fields.removeLast() }
      if generator.uniform() < 0.04 { fields.append(pick(Self.words)) }
      lines.append(fields.joined(separator: separator))
    }
    return lines.joined(separator: pick(["\n", "\n", "\r\n", "\r"])) + pick(["\n", ""])
  }

  /// JSON by its grammar; keys and values of a run, or anything.
  mutating func json(depth: Int = 0) -> String {
    switch generator.integer(below: depth > 4 ? 4 : 7) {
    case 0: return pick(Self.extremes)
    case 1: return "\"" + pick(Self.words).replacing("\"", with: "\\\"") + "\""
    case 2: return pick(["null", "true", "false", "\"\\ud800\"", "\"\\u0000\"", "[]", "{}"])
    case 3: return String(format: "%.5f", generator.uniform())
    case 4:
      return "["
        + (0..<generator.integer(below: 5)).map { _ in json(depth: depth + 1) }
        .joined(separator: ",") + "]"
    default:
      let keys = [
        "text", "run", "weights", "loss", "weight_a", "loss_a", "event", "request", "name", "kind",
        "domains", "mixture", "version", "size", "tokens",
        pick(Self.words).replacing("\"", with: ""),
      ]
      return "{"
        + (0..<generator.integer(below: 6)).map { _ in
          "\"\(pick(keys))\":\(json(depth: depth + 1))"
        }.joined(separator: ",") + "}"
    }
  }

  /// A value for an option, by what options look like.
  mutating func optionValue() -> String {
    switch generator.integer(below: 6) {
    case 0, 1, 2: return pick(Self.extremes)
    case 3: return pick(Self.words).replacing("\u{0}", with: "")
    case 4:
      return (0..<(1 + generator.integer(below: 4))).map { _ in
        pick(["a", "b", "books", "web"]) + pick(["=", "<=", ">=", "+", ":", "..", ""])
          + pick(Self.extremes)
      }.joined(separator: pick([",", ";", "|", " "]))
    default:
      return pick([
        "worst:", "weighted:a=1", "excess:a=nan", "epochs<=0", "domains<=0", "domains<=1e9",
        "a=0.5..0.1",
        "50k,50k", "50k,100k,", "0.5,0.5,1", "1,0.5", "1e300s", "1e300flops", "0s", "1M", "0k",
        "1e9M",
        "99999999999999999999999M", "bo,bo", "uniform,natural", "*", "w_*", "3e14flops",
      ])
    }
  }
}

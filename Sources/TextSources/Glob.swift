/// A pattern for paths: `*` and `?` within a part, `[sz]` and `[!sz]` for one character, `**` for
/// any number of parts.
struct Glob: Sendable {
  let pattern: String
  private let parts: [[UInt8]]

  init(_ pattern: String) {
    self.pattern = pattern
    parts = pattern.split(separator: "/", omittingEmptySubsequences: false).map { Array($0.utf8) }
  }

  static func hasWildcards(_ text: some StringProtocol) -> Bool {
    text.utf8.contains { $0 == 42 || $0 == 63 || $0 == 91 }
  }

  func matches(_ path: String) -> Bool {
    let path = path.split(separator: "/", omittingEmptySubsequences: false).map { Array($0.utf8) }
    // matched[j]: the pattern's parts so far match the path's first j parts.
    var matched = [Bool](repeating: false, count: path.count + 1)
    matched[0] = true
    for part in parts {
      if part == [42, 42] {
        for j in 0..<path.count where matched[j] { matched[j + 1] = true }
      } else {
        for j in stride(from: path.count, to: 0, by: -1) {
          matched[j] = matched[j - 1] && Self.matches(part, path[j - 1])
        }
        matched[0] = false
      }
    }
    return matched[path.count]
  }

  /// One part against one name. Goes back to the last star only, which is enough.
  static func matches(_ pattern: [UInt8], _ name: [UInt8]) -> Bool {
    var (p, n) = (0, 0)
    var star: (pattern: Int, name: Int)?
    while n < name.count {
      if p < pattern.count, pattern[p] == 42 {
        star = (p, n)
        p += 1
        continue
      }
      if p < pattern.count, let next = matchOne(pattern, p, name[n]) {
        p = next
        n += 1
        continue
      }
      guard let last = star else { return false }
      star = (last.pattern, last.name + 1)
      p = last.pattern + 1
      n = last.name + 1
    }
    while p < pattern.count, pattern[p] == 42 { p += 1 }
    return p == pattern.count
  }

  /// Where the pattern goes on after matching `byte`; nil where it does not match.
  private static func matchOne(_ pattern: [UInt8], _ p: Int, _ byte: UInt8) -> Int? {
    switch pattern[p] {
    case 63: return p + 1
    case 91:
      guard let end = pattern[(p + 2 <= pattern.count ? p + 2 : p + 1)...].firstIndex(of: 93) else {
        return byte == 91 ? p + 1 : nil
      }
      let isNegated = pattern[p + 1] == 33 || pattern[p + 1] == 94
      var i = p + (isNegated ? 2 : 1)
      var isIn = false
      while i < end {
        if i + 2 < end, pattern[i + 1] == 45 {
          if pattern[i] <= byte, byte <= pattern[i + 2] { isIn = true }
          i += 3
        } else {
          if pattern[i] == byte { isIn = true }
          i += 1
        }
      }
      return isIn != isNegated ? end + 1 : nil
    default: return pattern[p] == byte ? p + 1 : nil
    }
  }
}

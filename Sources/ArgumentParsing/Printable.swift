/// Text from anywhere as a terminal or a log can show it: what steers a terminal or breaks the line is
/// written as its escape, `\\u{1b}`.
///
/// - Parameters:
///   - isOneLine: whether newlines and tabs are escaped too, and a text that is much too long is cut in
///     its middle.
package func printable(_ text: String, isOneLine: Bool = true) -> String {
  var result = ""
  result.reserveCapacity(text.utf8.count)
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\n" where isOneLine: result += "\\n"
    case "\r" where isOneLine: result += "\\r"
    case "\t" where isOneLine: result += "\\t"
    case "\n", "\t": result.unicodeScalars.append(scalar)
    case _ where steers(scalar): result += "\\u{\(String(scalar.value, radix: 16))}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  guard isOneLine, result.utf8.count > longestLine, result.count > longestLine else {
    return result
  }
  return "\(result.prefix(longestLine * 2 / 3)) … \(result.suffix(longestLine / 3))"
}

/// Characters of one line of a message, at most.
private let longestLine = 1200

/// Control characters, line and paragraph separators, and those that turn the direction of writing.
private func steers(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0..<0x20, 0x7f..<0xa0, 0x200e...0x200f, 0x2028...0x202e, 0x2066...0x2069: true
  default: false
  }
}

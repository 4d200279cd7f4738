/// How domains are named among signs: as they are, or in quotes where a sign is part of the name:
/// `c++<=0.2`, `"web, old"+code<=0.3`. A quote counts where a name begins, and is doubled inside.
package enum NameSyntax {
  /// The parts between separators that stand outside of quotes.
  package static func split(_ text: some StringProtocol, on separator: Character) -> [String] {
    var parts = [""]
    scan(text) { character, isQuoted in
      if character == separator, !isQuoted {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    } isSeparator: {
      $0 == separator
    }
    return parts
  }

  /// The text before and after the last of some signs that stands outside of quotes, and the sign.
  package static func split(
    _ text: String, onLast isSign: (Character) -> Bool
  ) -> (before: String, sign: Character, after: String)? {
    var characters: [(Character, Bool)] = []
    scan(text) {
      characters.append(($0, $1))
    } isSeparator: {
      ",+".contains($0) || isSign($0)
    }
    guard let place = characters.lastIndex(where: { !$0.1 && isSign($0.0) }) else { return nil }
    return (
      String(characters[..<place].map(\.0)), characters[place].0,
      String(characters[(place + 1)...].map(\.0))
    )
  }

  /// Tells of each character whether it stands in quotes, the quotes themselves among them.
  private static func scan(
    _ text: some StringProtocol, _ body: (Character, Bool) -> Void,
    isSeparator: (Character) -> Bool
  ) {
    var quote: Character?
    // A quote right after one that closed is a quote doubled.
    var lastClosed: Character?
    var isStart = true
    for character in text {
      if let open = quote {
        body(character, true)
        if character == open { (quote, lastClosed) = (nil, open) }
        isStart = false
        continue
      }
      if isStart || character == lastClosed, character == "\"" || character == "'" {
        quote = character
        body(character, true)
        isStart = false
        continue
      }
      lastClosed = nil
      body(character, false)
      if !character.isWhitespace { isStart = isSeparator(character) || "(*".contains(character) }
    }
  }

  /// A name without the spaces and the quotes around it; nil where a quotation does not end.
  package static func name(_ text: some StringProtocol) -> String? {
    let text = trimmed(text)
    guard let quote = text.first, quote == "\"" || quote == "'" else { return text }
    guard text.count > 1, text.last == quote else { return nil }
    let inner = text.dropFirst().dropLast()
    return String(inner).replacing("\(quote)\(quote)", with: "\(quote)")
  }

  /// The names of a sum. Several `+` in a row belong to a name but for one before another name:
  /// `c+++python` is of `c++` and `python`.
  ///
  /// - Returns: nil where a name is missing.
  package static func sum(_ text: String) -> [String]? {
    var parts: [String] = []
    for part in split(text, on: "+") {
      if !trimmed(part).isEmpty {
        parts.append(part)
      } else if parts.isEmpty {
        return nil
      } else {
        parts[parts.count - 1] += "+"
      }
    }
    var names: [String] = []
    for part in parts {
      // One sign alone at the end is a name that was forgotten.
      guard let name = name(part), !name.isEmpty, !part.hasSuffix("+") || part.hasSuffix("++")
      else {
        return nil
      }
      names.append(name)
    }
    return names
  }

  /// A name as it can be read among signs.
  package static func written(_ name: String, among signs: String) -> String {
    let isPlain =
      !name.isEmpty && trimmed(name) == name && name.first != "\"" && name.first != "'"
      && !name.contains { signs.contains($0) }
    return isPlain ? name : "\"" + name.replacing("\"", with: "\"\"") + "\""
  }

  package static func trimmed(_ text: some StringProtocol) -> String {
    guard let start = text.firstIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(text[start...text.lastIndex { !$0.isWhitespace }!])
  }
}

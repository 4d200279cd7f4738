import ArgumentParsing
import Corpora
import TextSources

/// `latin-1` for all files, or `books=latin-1` for those of one domain.
struct EncodingArgument: ArgumentValue {
  var domain: String?
  var encoding: TextEncoding

  init(argument: String) throws {
    let sides = argument.split(separator: "=", omittingEmptySubsequences: false)
    guard sides.count <= 2, let name = sides.last, let encoding = TextEncoding(named: String(name)),
      sides.first != ""
    else { throw CorpusError.malformedEncoding(argument) }
    domain = sides.count == 2 ? String(sides[0]) : nil
    self.encoding = encoding
  }

  var argumentText: String { (domain.map { $0 + "=" } ?? "") + encoding.rawValue }
}

/// How the user's own files are read.
struct ReadingArguments: ArgumentGroup {
  @Option("Key of the text in lines of JSON; 'meta.text' for one inside another.", value: "key")
  var textKey = "text"
  @Option(
    """
    What the bytes of files without a byte order mark mean: utf-8, utf-16, utf-16le, utf-16be, \
    latin-1 or windows-1252; for one domain as in 'books=latin-1'.
    """, value: "encoding")
  var encoding: [EncodingArgument] = []
  @Option("Lines of JSON without a text that are passed over, with a count.", value: "count")
  var skipBad = 0
  @Option("Leave out documents of fewer characters.", value: "characters")
  var shortest = 1
  @Flag("Leave out a document whose text an earlier one of its domain has.")
  var dropCopies = false
  @Option(
    "The largest line, compressed file or file in a package that is read, in megabytes.",
    value: "megabytes")
  var largestEntry = ReadingLimits().entryBytes >> 20
  @Option("The largest package that is unpacked, in megabytes.", value: "megabytes")
  var largestPackage = ReadingLimits().packageBytes >> 20

  func validate() throws {
    for (name, value, least) in [
      ("skip-bad", skipBad, 0), ("shortest", shortest, 0), ("largest-entry", largestEntry, 1),
      ("largest-package", largestPackage, 1),
    ] where !(least...1 << 40).contains(value) {
      throw ValidationError("Found '--\(name) \(value)', expected at least \(least)")
    }
    if encoding.filter({ $0.domain == nil }).count > 1 {
      throw ValidationError(
        "Found '--encoding' for all files twice, expected it once; name a domain as in "
          + "'--encoding books=latin-1'")
    }
  }

  func options() throws -> ReadingOptions {
    try validate()
    var options = ReadingOptions()
    options.textKey = textKey
    options.encoding = encoding.first { $0.domain == nil }?.encoding ?? .utf8
    options.skippedLines = skipBad
    options.shortest = shortest
    options.limits.entryBytes = largestEntry << 20
    options.limits.packageBytes = largestPackage << 20
    return options
  }

  var encodings: [String: TextEncoding] {
    Dictionary(
      encoding.compactMap { entry in entry.domain.map { ($0, entry.encoding) } },
      uniquingKeysWith: { $1 })
  }
}

import TextSources

/// What can be wrong with a corpus, or with what one is to be built from.
package enum CorpusError: Error, Equatable, CustomStringConvertible {
  case notACorpus(path: String, found: String)
  case formatVersion(path: String, expected: Int, found: Int)
  case shardTooShort(path: String, expectedBytes: Int, foundBytes: Int)
  case shardMagic(path: String, found: String)
  case shardSize(path: String, expectedBytes: Int, foundBytes: Int)
  case shardVocabulary(path: String, expected: Int, found: Int)
  case shardChecksum(path: String, expected: UInt64, found: UInt64)
  /// The file is whole, but not the one that the corpus was built with.
  case foreignFile(path: String, expected: String, found: String)
  case tooFewTokens(domain: String, part: String, expected: Int, found: Int)
  case emptyDomain(domain: String)
  case domainName(String)
  case malformedDomain(String)
  case duplicateDomain(String)
  case noTrainingDomain
  case tokenizer(path: String, found: String)
  case vocabularySize(asked: Int, lowest: Int, highest: Int)
  /// `found` is what stands where the corpus would.
  case occupied(path: String, found: String)
  case shardToken(path: String, found: Int, vocabulary: Int)
  case damagedRecord(path: String, found: String)
  case malformedEncoding(String)
  case textAndTokens(text: String, tokens: String)
  case knownDomain(String)
  case unknownDomain(String, known: [String])
  case noFiles(domain: String)
  case otherUnit(domain: String, isOfTokens: Bool)
  case cannotHoldOut(domain: String, documents: Int, duplicates: Int)
  case generator(path: String, found: String)

  package var description: String {
    let again = "build the corpus again with 'mixpipe corpus build'"
    return switch self {
    case .notACorpus(let path, let found):
      "\(path): found \(found), expected the folder of a corpus; "
        + "build one with 'mixpipe corpus build'"
    case .formatVersion(let path, let expected, let found):
      "\(path): found format \(found), expected \(expected); \(again)"
    case .shardTooShort(let path, let expected, let found):
      "\(path): found \(found) bytes, expected a header of \(expected); \(again)"
    case .shardMagic(let path, let found):
      "\(path): starts with \(found), expected a token shard's 'MIXSHARD'; \(again)"
    case .shardSize(let path, let expected, let found):
      "\(path): found \(found) bytes, expected \(expected); \(again)"
    case .shardVocabulary(let path, let expected, let found):
      "\(path): found tokens of a vocabulary of \(found), expected \(expected); \(again)"
    case .shardChecksum(let path, let expected, let found):
      "\(path): found checksum \(String(found, radix: 16)), "
        + "expected \(String(expected, radix: 16)), so its tokens are damaged; \(again)"
    case .foreignFile(let path, let expected, let found):
      "\(path): found digest \(found.prefix(12)), expected \(expected.prefix(12)), "
        + "so it belongs to another corpus; \(again)"
    case .tooFewTokens(let domain, let part, let expected, let found):
      "domain '\(domain)': found \(found) \(part) tokens, expected at least \(expected); "
        + "give it more text or ask for fewer"
    case .emptyDomain(let domain):
      "domain '\(domain)': found no text after cleaning, expected at least one document; "
        + "check its files"
    case .domainName(let name):
      "found the domain name '\(visible(name))', expected one without '=', ',', quotes, control "
        + "characters, empty levels or white space at its ends; rename it"
    case .malformedDomain(let text):
      "found '\(text)', expected a domain and its files such as 'books=texts/**/*.txt'"
    case .duplicateDomain(let name):
      "the domain '\(name)' is given twice; give each domain once"
    case .noTrainingDomain:
      "found held-out domains only, expected at least one to train on; add one with '--domain'"
    case .tokenizer(let path, let found):
      "\(path): found \(found), expected a tokenizer.json of byte-level BPE "
        + "(GPT-2, GPT-NeoX, Llama 3, Qwen, OLMo); with another make token shards and give them with "
        + "'--tokens'"
    case .vocabularySize(let asked, let lowest, let highest):
      "found a vocabulary of \(asked), expected from \(lowest) to \(highest); choose one in between"
    case .occupied(let path, let found):
      "\(path): found \(found), expected a corpus with nothing else in it or no folder; "
        + "move it, or choose another folder"
    case .shardToken(let path, let found, let vocabulary):
      "\(path): found the token \(found), expected tokens below \(vocabulary); \(again)"
    case .damagedRecord(let path, let found):
      "\(path): found \(found); \(again)"
    case .knownDomain(let name):
      "the corpus has a domain '\(name)' already; choose another name, or give '--replace'"
    case .unknownDomain(let name, let known):
      "found the domain '\(visible(name))', expected one of \(known.joined(separator: ", "))"
    case .noFiles(let domain):
      "the domain '\(domain)' was not built from files of yours alone, and cannot be built again by "
        + "itself; build the corpus anew, or give its files to 'mixpipe corpus add --replace'"
    case .otherUnit(let domain, let isOfTokens):
      "the corpus is of \(isOfTokens ? "tokens" : "text") and the domain '\(domain)' is not; "
        + "give its \(isOfTokens ? "shards with '--tokens'" : "text with '--domain'")"
    case .textAndTokens(let text, let tokens):
      "found text for '\(text)' and tokens for '\(tokens)', expected one kind; give the tokenizer of "
        + "the tokens with '--tokenizer'"
    case .malformedEncoding(let text):
      "found '\(text)', expected one of "
        + "\(TextEncoding.allCases.map(\.rawValue).joined(separator: ", ")), for all files or as in "
        + "'books=latin-1'"
    case .cannotHoldOut(let domain, let documents, let duplicates):
      "domain '\(domain)': cannot hold out a tenth of \(documents) documents"
        + (duplicates > 0 ? ", \(duplicates) of those chosen are in the training text too" : "")
        + "; give it more and different documents"
    case .generator(let path, let found):
      "\(path): \(found); correct the description of the synthetic corpus"
    }
  }
}

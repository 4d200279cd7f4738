/// Why a mixture cannot be written or read.
package enum ExportError: Error, Equatable, CustomStringConvertible {
  case noDocumentLength(domain: String, format: String)
  case whiteSpaceInPath(domain: String, path: String)
  case unreadable(path: String, found: String)
  case malformedPath(String)
  case unknownDomain(domain: String, known: [String])

  package var description: String {
    switch self {
    case .noDocumentLength(let domain, let format):
      "\(format) draws documents, not tokens, and the mean length of a document of '\(domain)' is not "
        + "known; give '--corpus <folder>', or '--document-tokens \(domain)=900'"
    case .whiteSpaceInPath(let domain, let path):
      "the path '\(path)' of '\(domain)' has white space in it, which divides paths in this format; "
        + "give another with '--path \(domain)=…'"
    case .unreadable(let path, let found):
      "\(path): found \(found), expected a mixture: JSON or CSV of domains and weights, or a file that "
        + "'mixpipe export' wrote"
    case .malformedPath(let text):
      "found '\(text)', expected a domain and its path such as 'books=/data/books_text_document'"
    case .unknownDomain(let domain, let known):
      "found the domain '\(domain)', expected one of \(known.joined(separator: ", "))"
    }
  }
}

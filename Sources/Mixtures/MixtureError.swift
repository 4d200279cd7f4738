import Spelling

/// What can be wrong with a mixture that somebody wrote down.
package enum MixtureError: Error, Equatable, CustomStringConvertible {
  case sum(Double)
  case invalidWeight(domain: String, weight: Double)
  case malformed(entry: String)
  /// One word that is neither a preset nor a list of weights.
  case unknownPreset(name: String, nearest: String)
  case duplicate(domain: String)
  case unknown(domain: String, known: [String])
  case unsupportedPreset(name: String, missing: [String])
  case unknownTokens

  package var description: String {
    switch self {
    case .sum(let sum):
      "the weights sum to \(rounded(sum)), expected 1; scale them so that they sum to one"
    case .invalidWeight(let domain, let weight):
      "the weight of '\(domain)' is \(weight), expected a number from 0 to 1"
    case .malformed(let entry):
      "found '\(entry)', expected a list such as 'books=0.3,code=0.7'"
    case .unknownPreset(let name, let nearest):
      "unknown mixture '\(name)'; did you mean '\(nearest)'? give weights such as "
        + "'books=0.3,code=0.7', or one of "
        + MixturePreset.allCases.map(\.rawValue).joined(separator: ", ")
    case .duplicate(let domain):
      "the domain '\(domain)' is given twice; give each domain once"
    case .unknown(let domain, let known):
      "unknown domain '\(domain)'; "
        + (nearestName(to: domain, in: known).map { "did you mean '\($0)'? " } ?? "")
        + "the domains are \(known.joined(separator: ", "))"
    case .unsupportedPreset(let name, let missing):
      "the mixture '\(name)' needs the domains \(missing.joined(separator: ", ")), "
        + "which this corpus does not train on; give weights instead"
    case .unknownTokens:
      "found 'natural', expected weights: a table does not say how many tokens each domain has"
    }
  }
}

/// At most six significant decimals, without trailing zeros: 0.95 rather than 0.9500000000000001.
func rounded(_ value: Double) -> String {
  let scaled = (value * 1e6).rounded() / 1e6
  return scaled == scaled.rounded() && abs(scaled) < 1e9 ? String(Int(scaled)) : String(scaled)
}

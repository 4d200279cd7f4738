import Foundation
import Mixtures
import Storage

/// A line of a journal of trials. The first line is a header of its own.
enum TrialEvent: Sendable, Hashable {
  /// A trial was asked for; it runs once this line is on disk.
  case proposed(TrialRequest, TrialClaim, at: Double)
  /// A trial that exists was asked for again, with other words.
  case claimed(trial: Int, TrialClaim)
  /// - Parameter reusedFrom: The id in the study's own journal of the trial whose outcome this is;
  ///   nil for one that was run.
  case ended(trial: Int, TrialOutcome, at: Double, reusedFrom: Int?)
}

extension TrialEvent: Codable {
  private enum Kind: String, Codable { case proposed, claimed, ended }
  private enum Key: CodingKey { case event, request, claim, trial, outcome, at, reusedFrom }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: Key.self)
    switch try fields.decode(Kind.self, forKey: .event) {
    case .proposed:
      self = .proposed(
        try fields.decode(TrialRequest.self, forKey: .request),
        try fields.decode(TrialClaim.self, forKey: .claim),
        at: try fields.decode(Double.self, forKey: .at))
    case .claimed:
      self = .claimed(
        trial: try fields.decode(Int.self, forKey: .trial),
        try fields.decode(TrialClaim.self, forKey: .claim))
    case .ended:
      self = .ended(
        trial: try fields.decode(Int.self, forKey: .trial),
        try fields.decode(TrialOutcome.self, forKey: .outcome),
        at: try fields.decode(Double.self, forKey: .at),
        reusedFrom: try fields.decodeIfPresent(Int.self, forKey: .reusedFrom))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    switch self {
    case .proposed(let request, let claim, let at):
      try fields.encode(Kind.proposed, forKey: .event)
      try fields.encode(request, forKey: .request)
      try fields.encode(claim, forKey: .claim)
      try fields.encode(at, forKey: .at)
    case .claimed(let trial, let claim):
      try fields.encode(Kind.claimed, forKey: .event)
      try fields.encode(trial, forKey: .trial)
      try fields.encode(claim, forKey: .claim)
    case .ended(let trial, let outcome, let at, let reusedFrom):
      try fields.encode(Kind.ended, forKey: .event)
      try fields.encode(trial, forKey: .trial)
      try fields.encode(outcome, forKey: .outcome)
      try fields.encode(at, forKey: .at)
      try fields.encodeIfPresent(reusedFrom, forKey: .reusedFrom)
    }
  }
}

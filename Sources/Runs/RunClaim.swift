/// Who asked for a run, and what for. A run that several ask for has a claim of each.
package struct RunClaim: Sendable, Hashable, Codable {
  package enum Purpose: String, Sendable, Codable {
    /// A step of a method's search.
    case search
    /// A finalist or pick again, with a seed that no search has seen.
    case confirmation
    /// A candidate at a size of the transfer check.
    case transfer
    /// A point of a grid of runs that was given beforehand.
    case grid
  }

  /// Of the plan that asked: `study`, `compare`, `transfer`.
  package var plan: String
  package var purpose: Purpose
  /// The method of a search or confirmation, the candidate's name of a transfer check.
  package var name: String
  /// The place among the runs of that name, from 0: the trial of a search, the seed of a confirmation.
  package var ordinal: Int
  /// Of a confirmation, the finalist's place among its method's, from 0; nil otherwise.
  package var rank: Int?
  /// Of a comparison, the search of its method that it belongs to, from 0; nil otherwise.
  package var replicate: Int?
  /// Of a search on a clock of costs, how many of its runs had ended on it when this one was proposed.
  package var known: Int?

  package init(
    plan: String, purpose: Purpose, name: String, ordinal: Int, rank: Int? = nil,
    replicate: Int? = nil, known: Int? = nil
  ) {
    self.plan = plan
    self.purpose = purpose
    self.name = name
    self.ordinal = ordinal
    self.rank = rank
    self.replicate = replicate
    self.known = known
  }

  /// The claim by what tells it from others: when it was made is not part of that.
  var place: RunClaim {
    var place = self
    place.known = nil
    return place
  }
}

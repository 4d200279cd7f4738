import MixtureMethods
import Mixtures
import Storage

/// What a search handed over: a line of `picks.jsonl`.
package struct ComparisonPick: Sendable, Hashable, Codable {
  package var method: String
  package var replicate: Int
  /// After so many trials of the search.
  package var trials: Int
  /// Whether the search had ended.
  package var isFinal: Bool
  /// Nil where it had nothing to hand over, all its trials having diverged.
  package var mixture: Mixture?
  /// The objective that its model predicts for the mixture; nil without a model.
  package var predicted: Double?
  /// How its law or regression fits its trials; nil for methods without one, and before the end.
  package var fit: FitReport?

  package init(
    method: String, replicate: Int, trials: Int, isFinal: Bool, mixture: Mixture?,
    predicted: Double?, fit: FitReport? = nil
  ) {
    self.method = method
    self.replicate = replicate
    self.trials = trials
    self.isFinal = isFinal
    self.mixture = mixture
    self.predicted = predicted
    self.fit = fit
  }

  /// What makes two lines about the same thing.
  func isSamePlace(as other: ComparisonPick) -> Bool {
    method == other.method && replicate == other.replicate && trials == other.trials
      && isFinal == other.isFinal
  }
}

/// The picks of a comparison, kept line by line, so that a resumed comparison need not fit them again.
final class PickJournal: @unchecked Sendable {
  // Used by one thread at a time: it belongs to the plan.
  private let journal: LineJournal
  private(set) var picks: [ComparisonPick]

  init(at path: String) throws {
    picks = try LineJournal.read(ComparisonPick.self, at: path)
    journal = try LineJournal(at: path)
  }

  func pick(method: String, replicate: Int, trials: Int?) -> ComparisonPick? {
    picks.first { pick in
      pick.method == method && pick.replicate == replicate
        && (trials.map { !pick.isFinal && pick.trials == $0 } ?? pick.isFinal)
    }
  }

  func append(_ pick: ComparisonPick) throws {
    guard !picks.contains(where: pick.isSamePlace) else { return }
    try journal.append(pick)
    picks.append(pick)
  }
}

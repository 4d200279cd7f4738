import Mixtures
import Studies

extension Objective {
  /// For people: `mean held-out loss of books, code`.
  var words: String {
    let names = targets.joined(separator: ", ")
    let excess =
      references.map {
        " above the reference run’s (\($0.map(Format.loss).joined(separator: ", ")))"
      } ?? ""
    let isPlain = weights.allSatisfy { abs($0 - weights[0]) < 1e-9 }
    let words: String
    if aggregate == .worst {
      words = "the worst held-out loss\(excess) among \(names)"
    } else if isPlain {
      words =
        (targets.count == 1 ? "held-out loss of " : "mean held-out loss of ") + names
        + excess
    } else {
      words =
        "held-out loss of "
        + zip(targets, weights).map { "\($0) (\(Format.share($1)))" }
        .joined(separator: ", ") + excess
    }
    guard !limits.isEmpty else { return words }
    return words + ", guarded: each nat above "
      + limits.map { "\(Format.loss($0.loss)) of \($0.domain)" }.joined(separator: " or ")
      + " costs \(Int(Objective.penalty))"
  }
}

extension SearchConfiguration {
  /// For a page's facts; none without constraints.
  var constraintFacts: [(name: String, value: String)] {
    var facts: [(name: String, value: String)] = []
    if let constraints {
      facts.append(("Constraints", constraints.map(\.description).joined(separator: ", ")))
    }
    if let targetRun {
      facts.append(("Epochs", "counted in a run of \(Format.count(targetRun.tokens)) tokens"))
    }
    if let words = trainer.matching?.words { facts.append(("Repetition of text", words)) }
    return facts
  }

  /// Which constraints any of some picks breaks, as fixed mixtures may: ` (breaks code<=0.3)`.
  func infeasibility(of mixtures: [Mixture?]) -> String {
    var broken: [String] = []
    for constraint in mixtures.compactMap({ $0 }).flatMap(self.broken)
    where !broken.contains(constraint) {
      broken.append(constraint)
    }
    return broken.isEmpty ? "" : " (breaks \(broken.joined(separator: ", ")))"
  }
}

extension EpochMatching {
  /// How runs repeat text.
  var words: String {
    "as often as in a run of \(Format.count(target.tokens)) tokens, part \(seed) of the text"
  }
}

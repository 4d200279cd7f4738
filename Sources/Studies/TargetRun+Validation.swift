import Mixtures
import Runs

extension TargetRun {
  /// - Throws: ``StudyError/invalid(field:found:expected:)`` for what makes no sense.
  func validate(domains: Int) throws(StudyError) {
    try StudyError.requireCounts(["target tokens": tokens], in: 1...1_000_000_000_000_000)
    guard let text = availableTokens else { return }
    try StudyError.require(
      text.count == domains && text.allSatisfy { $0 > 0 }, "available tokens of the target run",
      list(text), "a positive number for each of \(domains) domains")
  }
}

extension EvaluatorIdentity {
  /// - Throws: ``StudyError/invalid(field:found:expected:)`` for a target run of other domains, or of none.
  func validateMatching(domains: Int) throws(StudyError) {
    try matching?.target.validate(domains: domains)
  }
}

/// For messages.
func describe(_ run: TargetRun?) -> String {
  guard let run else { return "as the runs" }
  return "\(run.tokens) tokens" + (run.availableTokens.map { " of \(list($0))" } ?? "")
}

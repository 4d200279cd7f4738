import ArgumentParsing
import Foundation
import Mixtures
import TableSearches

/// What only a replay at several sizes takes.
struct FidelityOptions: ArgumentGroup {
  @Option(
    "Choose size and length too: the size that a mixture is to be best at, e.g. 410M.",
    value: "size")
  var targetSize: String?
  @Option("The same, as it was once written.", value: "size")
  var target: String?
  @Option(
    "Sizes to choose from, separated by commas. (default: all up to the target's)", value: "sizes")
  var sizes: ListArgument<String>?
  @Option(
    "Lengths of each size that runs can be measured at, at most. (default: 8)", value: "count")
  var rungs: Int?
  @Option(
    "Share of a run that is the decay of its learning rate, paid anew at each length. (default: what a column of operations implies, or 0)",
    value: "share")
  var decay: Double?
  @Option("Runs at once in each search, by a virtual clock. (default: 1)", value: "count")
  var parallel: Int?
  @Option(
    "How near the best counts as found, nats per token. (default: a seed's noise by the table's replicates, or a twentieth of the range of the middle half)",
    value: "nats")
  var tolerance: Double?
  @Option("With '--landscape', mixtures to choose from. (default: 400)", value: "count")
  var candidates: Int?
  @Flag(
    "In place of searches: how well models predict the largest size's losses from smaller sizes' (R²), on random halves, as many as '--splits'."
  )
  var extrapolate = false
  @Flag("A paused run begins again: what it had trained earns no credit.")
  var noResumeCredit = false
  @Flag("Models learn from each run's last measurement alone.")
  var lastPoints = false
  @Flag("Models know the objective alone, not each held-out domain.")
  var objectiveOnly = false

  /// The target size; nil where size and length are not chosen.
  var size: String? { targetSize ?? target }

  func validate() throws {
    if targetSize != nil, target != nil {
      throw ValidationError(
        "Found both '--target-size' and '--target', expected one; drop '--target'")
    }
    try check(["rungs": rungs, "parallel": parallel], atLeast: 1)
    try check(["candidates": candidates], atLeast: 8)
    if let decay, !(0..<1).contains(decay) {
      throw ValidationError("Found '--decay \(shortest(decay))', expected from 0 to below 1")
    }
    if let tolerance, !(tolerance >= 0 && tolerance.isFinite) {
      throw ValidationError(
        "Found '--tolerance \(shortest(tolerance))', expected no negative number")
    }
  }

  /// Without a target nothing here means anything.
  func refuse() throws {
    let given: [(name: String, isGiven: Bool)] = [
      ("sizes", sizes != nil), ("rungs", rungs != nil), ("decay", decay != nil),
      ("parallel", parallel != nil), ("tolerance", tolerance != nil),
      ("candidates", candidates != nil), ("extrapolate", extrapolate),
      ("no-resume-credit", noResumeCredit),
      ("last-points", lastPoints), ("objective-only", objectiveOnly),
    ]
    if let first = given.first(where: \.isGiven) {
      throw ValidationError(
        "Found '--\(first.name)' without '--target-size', expected both; add the size to be best at"
      )
    }
  }

  /// What is taken from every method.
  var ablations: [FidelityVariant.Ablation] {
    (noResumeCredit ? [.noResumeCredit] : []) + (lastPoints ? [.lastPoints] : [])
      + (objectiveOnly ? [.objectiveOnly] : [])
  }
}

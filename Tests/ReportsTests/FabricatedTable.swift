import MixtureMethods
import Mixtures
import Reports

/// A table of runs, and what a model makes of it.
struct FabricatedTable {
  var study = FabricatedStudy()
  var trials = 24
  /// Rows beyond those that the model has seen.
  var moreRows = 0

  func report() throws -> TableReport {
    let objective = Objective.mean(of: ["reviews"])
    var context = MethodContext(
      domains: study.domains, availableTokens: study.domains.map { _ in 1 }, objective: objective,
      seed: 1, initialTrials: 12)
    context.trials = trials
    var method = try makeMethod(named: "bo", context: context)
    var wider = study
    wider.searchTrials = trials
    let mixtures = wider.mixtures(of: "bo")
    let heldOut = study.domains + study.heldOutOnly
    func run(_ place: Int, _ mixture: Mixture) -> TableReport.Run {
      let losses = study.result(mixture, seed: 0).losses
      return TableReport.Run(
        name: "\(place + 1)", mixture: mixture,
        objective: losses.first { $0.domain == "reviews" }?.loss,
        losses: losses.map(\.loss), state: "pending")
    }
    method.update(
      with: mixtures.map { Observation(mixture: $0, outcome: .finished(study.result($0, seed: 0))) }
    )
    let pick = method.recommendations(1)[0].mixture
    var runs = mixtures.enumerated().map { run($0.offset, $0.element) }
    for place in 0..<moreRows { runs.append(run(runs.count, mixtures[place % mixtures.count])) }
    runs.append(
      TableReport.Run(
        name: "last", mixture: mixtures[0], objective: nil, losses: heldOut.map { _ in nil },
        state: "pending"))
    return TableReport(
      name: "runs.csv", pick: pick, objective: objective, heldOut: heldOut, runs: runs,
      insight: method.insight(comparing: method.recommendations(4).dropFirst().map(\.mixture)),
      remarks: [], tables: [], facts: [("Runs", "\(trials) finished, 1 pending")],
      command: "mixpipe suggest --observations runs.csv --recommend --output page.html", seed: 1)
  }
}

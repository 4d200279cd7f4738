import ArgumentParsing
import Foundation
import MixtureMethods
import Mixtures
import Reports
import RunTables
import TableSearches

extension AskCommand {
  func validateSizes() throws {
    if sizes.targetSize != nil, size != nil || tokens != nil {
      throw ValidationError(
        "Found '--\(size != nil ? "size" : "tokens")' with '--target-size', expected all runs to have one size "
          + "and length, or none to be told")
    }
    if sizes.targetSize != nil, domains != nil, sizes.sizes == nil, observations.isEmpty {
      throw ValidationError(SizesError.noSizes.description)
    }
    if let method, sizes.targetSize != nil,
      !fidelityMethodNames.contains(where: { $0.name == method })
    {
      throw FidelityMethodError.unknown(name: method)
    }
  }

  /// A line of each run is its number, mixture, size and tokens, and the run that it goes on with.
  func runOverSizes(_ settings: SizesSettings, _ kept: inout Session) throws {
    let runs = try kept.table()
    let options = TableOptions()
    options.objective = kept.settings.objective
    options.guard = kept.settings.guards
    let objective = try options.objective(over: runs)
    let constraints = try readConstraints(kept.settings.constraints)
    let natural = try naturalMixture(
      kept.settings.natural, settings, over: kept.settings.domains, conditions: constraints)
    if recommend {
      var terms = ForecastQuestion.Terms(objective: objective)
      terms.constraints = constraints
      terms.natural = natural
      terms.seed = kept.settings.seed
      terms.includesTarget = true
      let reading = try ForecastReading(
        runs, paths: [session.folder], terms, settings: settings,
        objective: kept.settings.objective, guards: kept.settings.guards, allowsReach: allowReach)
      try emit(
        json
          ? try jsonText(VersionedDocument(kind: "forecast", value: reading.summary))
          : reading.report(command: "mixpipe ask \(session.folder) --recommend").text,
        terminator: "")
      return tell(reading.allNotes)
    }
    let advice = try asUsage {
      try SizesAdvice(
        table: runs, objective: objective, constraints: constraints, natural: natural,
        settings: settings,
        method: kept.settings.method, seed: kept.settings.seed)
    }
    let proposals = advice.proposals(count)
    try kept.hand(proposals)
    let notes = runs.notes + advice.sizes.notes
    if json {
      try emit(try jsonText(SizesProposalSummary(of: advice, proposals)), terminator: "")
      return tell(notes)
    }
    for proposal in proposals {
      var line =
        "\(proposal.name) \(Self.words(proposal.mixture)) size=\(proposal.size) "
        + "tokens=\(Int(clamping: proposal.length.rounded()))"
      if let earlier = proposal.continues { line += " continues=\(earlier)" }
      try emit(line)
    }
    tell(notes + (proposals.isEmpty ? ["the budget is spent, nothing was handed out"] : []))
  }
}

import Mixtures
import Runs
import Studies

extension StudyReport {
  /// Every run of the search, with all that was measured: a row for each, however many methods asked for it.
  var trialTable: TextTable {
    let configuration = record.configuration
    let outputs = measuredDomains
    var table = TextTable(
      [
        .init("Trial"), .init("Methods", .left), .init("Objective", isLoss: true),
        .init("Group", .left),
      ]
        + configuration.domains.enumerated().map { .init("\($1), %", weightPlace: $0) }
        + outputs.map { .init("loss of \($0)", isLoss: true) })
    var results: [Int: RunResult] = [:]
    for trial in record.trials { results[trial.request.id] = trial.outcome?.result }
    var rows: [(trial: StudyFindings.SearchTrial, claims: [String])] = []
    var places: [Int: Int] = [:]
    for trial in findings.searchTrials {
      let claim = "\(trial.method) \(trial.number)"
      if let place = places[trial.id] {
        rows[place].claims.append(claim)
      } else {
        places[trial.id] = rows.count
        rows.append((trial, [claim]))
      }
    }
    for (trial, claims) in rows {
      let losses = results[trial.id]?.losses ?? []
      table.append(
        [
          String(trial.id), claims.joined(separator: ", "),
          trial.loss.map(Format.loss) ?? "diverged", Self.clusterName(trial.cluster),
        ] + trial.mixture.weights.map { Format.fixed($0 * 100, 1) }
          + outputs.map { name in
            losses.first { $0.domain == name }.map { Format.loss($0.loss) } ?? "–"
          }, identifier: "trial-\(trial.id)")
    }
    return table
  }

  /// Held-out domains in the order of the first run that has ended.
  var measuredDomains: [String] {
    record.trials.lazy.compactMap { $0.outcome?.result }.first?.losses.map(\.domain) ?? []
  }
}

import RunTables

/// What a session of asking and telling is about: written once, when it begins.
package struct SessionSettings: Codable, Sendable, Hashable {
  package static let file = "session.json"
  package static let currentVersion = 1

  package var version = currentVersion
  package var domains: [String]
  package var heldOut: [String]
  /// Those of `heldOut` of which higher is better.
  package var maximize: [String] = []
  /// As they are written on the command line.
  package var objective: String?
  package var guards: [String] = []
  package var constraints: [String] = []
  /// The text that there is, as `--natural` has it.
  package var natural: String?
  package var method = "bo"
  package var seed: UInt64 = 1
  package var initial = 12
  package var size: String?
  package var tokens: Int?
  /// Where runs of several sizes stand in for a larger one; nil where all have one size.
  package var sizes: SizesSettings?

  package init(domains: [String], heldOut: [String]) {
    self.domains = domains
    self.heldOut = heldOut
  }

  /// The first setting in which another differs, with both values; nil where none does.
  package func difference(from other: SessionSettings) -> (
    name: String, own: String, other: String
  )? {
    let pairs: [(String, String, String)] = [
      ("domains", domains.joined(separator: ","), other.domains.joined(separator: ",")),
      ("held-out", heldOut.joined(separator: ","), other.heldOut.joined(separator: ",")),
      ("maximize", maximize.joined(separator: ","), other.maximize.joined(separator: ",")),
      ("objective", objective ?? "mean", other.objective ?? "mean"),
      ("guard", guards.joined(separator: ";"), other.guards.joined(separator: ";")),
      ("constrain", constraints.joined(separator: ";"), other.constraints.joined(separator: ";")),
      ("natural", natural ?? "", other.natural ?? ""), ("method", method, other.method),
      ("seed", "\(seed)", "\(other.seed)"),
      ("initial", "\(initial)", "\(other.initial)"), ("size", size ?? "", other.size ?? ""),
      ("tokens", tokens.map { "\($0)" } ?? "", other.tokens.map { "\($0)" } ?? ""),
      ("target over sizes", sizes?.words ?? "", other.sizes?.words ?? ""),
    ]
    return pairs.first { $0.1 != $0.2 }.map { (name: $0.0, own: $0.1, other: $0.2) }
  }

  /// The session's table before anything was asked for.
  package var emptyTable: RunTable {
    RunTable(
      domains: domains, heldOut: heldOut,
      measures: heldOut.map { name in
        RunTable.Measure(
          heading: RunTable.heading(ofLoss: name),
          unit: maximize.contains(name) ? .score(bound: nil) : .nats)
      }, targets: heldOut, rows: [], layout: TableLayout(domains: domains, heldOut: heldOut))
  }

  /// How the session's runs are read as a table.
  package var columns: (losses: [String], maximize: [String]) {
    (
      heldOut.filter { !maximize.contains($0) }.map { "loss_\($0)" }, maximize.map { "loss_\($0)" }
    )
  }
}

import Foundation

/// The campaign's table, from its records.
struct Tally {
  private struct Row {
    var attacks = 0
    var blows = 0
    var survived = 0
    var refused = 0
    var faults: [Fault: Int] = [:]
  }

  let records: [Record]

  private func rows(_ key: (Record) -> String) -> [(String, Row)] {
    var rows: [String: Row] = [:]
    for record in records {
      var row = rows[key(record)] ?? Row()
      row.attacks += 1
      row.blows += record.blows
      row.survived += record.survived
      row.refused += record.refused
      if let fault = record.fault { row.faults[fault, default: 0] += 1 }
      rows[key(record)] = row
    }
    return rows.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  var faultCount: Int { records.count { $0.fault != nil } }

  func markdown(seed: UInt64, hours: Double, verbs: [String], notes: [String]) -> String {
    let kinds = rows { $0.attack.rawValue }
    func blows(_ kind: AttackKind) -> Int { kinds.first { $0.0 == kind.rawValue }?.1.blows ?? 0 }
    var lines = [
      "# A campaign against the program", "",
      "\(records.count) attacks in \(String(format: "%.2f", hours)) hours, seed \(seed): "
        + "\(blows(.kill)) kills, \(blows(.inject)) injected errors, \(blows(.fuzz)) fuzzed inputs, "
        + "\(blows(.options)) calls with extreme options, \(blows(.damage)) torn or flipped files, "
        + "\(blows(.stop)) signals.", "",
    ]
    lines += table(
      "attack",
      kinds.map { name, row in
        (AttackKind(rawValue: name)?.title ?? name, row)
      })
    lines += ["", "## By what was attacked", ""] + table("target", rows { $0.target })
    let attacked = Set(records.map(\.target))
    let scenarios = Set(Scenario.all.map(\.verb))
    let bare = verbs.filter { !scenarios.contains($0) }
    lines += ["", "Verbs of the program: \(verbs.joined(separator: ", "))."]
    if !bare.isEmpty {
      lines.append(
        "Without a job of their own, so that only their options were attacked: "
          + bare.joined(separator: ", ") + ".")
    }
    let missed = bare.filter { !attacked.contains($0) }
    if !missed.isEmpty { lines.append("Not attacked: \(missed.joined(separator: ", ")).") }
    lines += notes.map { "\n\($0)" }
    let faulty = records.filter { $0.fault != nil }
    if !faulty.isEmpty {
      lines += ["", "## Faults", ""]
      lines += faulty.map { record in
        "- \(record.number) (\(record.attack.rawValue), \(record.fault!.rawValue)): "
          + "`\(record.details.map(oneLine) ?? "")`"
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func oneLine(_ text: String) -> String {
    let flat = text.map { $0.isNewline ? " " : String($0) }.joined().replacing("`", with: "'")
    return flat.count > 600 ? "\(flat.prefix(300)) … \(flat.suffix(300))" : flat
  }

  private func table(_ heading: String, _ rows: [(String, Row)]) -> [String] {
    let faults = Fault.allCases
    var lines = [
      "| \(heading) | attacks | blows | as if nothing had been | a clear line | "
        + faults.map(\.rawValue).joined(separator: " | ") + " |",
      "|---|" + String(repeating: "---:|", count: 4 + faults.count),
    ]
    for (name, row) in rows {
      let counts = faults.map { String(row.faults[$0] ?? 0) }.joined(separator: " | ")
      lines.append(
        "| \(name) | \(row.attacks) | \(row.blows) | \(row.survived) | \(row.refused) | \(counts) |"
      )
    }
    return lines
  }
}

import Foundation

/// The campaign's table, from its records.
struct Tally {
  private struct Row {
    var attacks = 0
    var blows = 0
    var survived = 0
    var refused = 0
    var faults: [Fault: Int] = [:]
    /// Blows of each kind.
    var kinds: [AttackKind: Int] = [:]
  }

  /// The last of each attack, in order.
  let records: [Record]
  /// Those that found a fault before, where the last did not.
  private let mended: [Record]
  /// Of all attacks, also of those that were done again.
  private let seconds: Double

  init(records: [Record]) {
    self.records = Self.latest(records)
    let sound = Set(self.records.filter { $0.fault == nil }.map(\.number))
    mended = Self.latest(records.filter { $0.fault != nil }).filter { sound.contains($0.number) }
    seconds = records.reduce(0) { $0 + $1.seconds }
  }

  static func latest(_ records: [Record]) -> [Record] {
    var latest: [Int: Record] = [:]
    for record in records { latest[record.number] = record }
    return latest.values.sorted { $0.number < $1.number }
  }

  private func rows(_ key: (Record) -> String) -> [(String, Row)] {
    var rows: [String: Row] = [:]
    for record in records {
      var row = rows[key(record)] ?? Row()
      row.attacks += 1
      row.blows += record.blows
      row.survived += record.survived
      row.refused += record.refused
      row.kinds[record.attack, default: 0] += record.blows
      if let fault = record.fault { row.faults[fault, default: 0] += 1 }
      rows[key(record)] = row
    }
    return rows.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  var faultCount: Int { records.count { $0.fault != nil } }

  func markdown(seed: UInt64, workers: Int, verbs: [String], notes: [String]) -> String {
    let kinds = rows { $0.attack.rawValue }
    func blows(_ kind: AttackKind) -> Int { kinds.first { $0.0 == kind.rawValue }?.1.blows ?? 0 }
    // As many as are at once may change where one goes on: what the clock said is not known.
    let hours = seconds / 3600
    var lines = [
      "# A campaign against the program", "",
      "\(records.count) attacks in \(String(format: "%.2f", hours)) hours of their own, \(workers) at once, seed \(seed): "
        + "\(blows(.kill)) kills, \(blows(.inject)) injected errors, \(blows(.fuzz)) fuzzed inputs, "
        + "\(blows(.options)) calls with extreme options, \(blows(.damage)) torn or flipped files, "
        + "\(blows(.stop)) signals, \(blows(.limits)) limits and closed descriptors. "
        + "\(faultCount) faults\(mended.isEmpty ? "" : ", and \(mended.count) that were mended meanwhile").",
      "",
    ]
    lines += table(
      "attack",
      kinds.map { name, row in
        (AttackKind(rawValue: name)?.title ?? name, row)
      })
    lines += ["", "## By what was attacked", ""] + targets(rows { $0.target })
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
    if !mended.isEmpty {
      lines += [
        "", "## Found, mended, and done again", "",
        "The same attacks on the program as it is now find nothing.", "",
      ]
      lines += mended.map { record in
        "- \(record.number) (\(record.attack.rawValue), \(record.fault!.rawValue)): "
          + "`\(record.details.map(oneLine) ?? "")`"
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What was done to each job, verb or kind of input.
  private func targets(_ rows: [(String, Row)]) -> [String] {
    let kinds = AttackKind.allCases.filter { kind in rows.contains { $0.1.kinds[kind] != nil } }
    var lines = [
      "| target | " + kinds.map(\.noun).joined(separator: " | ") + " | faults |",
      "|---|" + String(repeating: "---:|", count: kinds.count + 1),
    ]
    for (name, row) in rows {
      let counts = kinds.map { row.kinds[$0].map { "\($0)" } ?? "" }.joined(separator: " | ")
      lines.append("| \(name) | \(counts) | \(row.faults.values.reduce(0, +)) |")
    }
    return lines
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

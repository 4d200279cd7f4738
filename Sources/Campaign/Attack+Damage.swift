import Foundation
import Storage

extension Attack {
  /// Tears a journal or flips a bit of some file that a job left, and lets the job go on.
  mutating func damage() throws {
    let reference = pick(workshop.references.filter { !$0.journals.isEmpty })
    record.target = reference.scenario.name
    try FileManager.default.removeItem(atPath: folder)
    try FileManager.default.copyItem(atPath: reference.folder, toPath: folder)
    record.blows += 1
    let isTorn = generator.uniform() < 0.5
    let names =
      isTorn
      ? reference.journals
      : filesBelow(folder).filter { !$0.hasSuffix(".html") && !$0.hasSuffix(".md") }
    let name = pick(names)
    var data = try readFile(at: folder + "/" + name)
    guard !data.isEmpty else {
      record.survived += 1
      return
    }
    let place = generator.integer(below: data.count)
    let bit = generator.integer(below: 8)
    if isTorn { data = data.prefix(place) } else { data[place] ^= 1 << UInt8(bit) }
    try data.write(to: URL(fileURLWithPath: folder + "/" + name))
    let what =
      "\(command(reference)) (\(name) "
      + (isTorn ? "cut at byte \(place))" : "with bit \(bit) of byte \(place) flipped)")
    let outcome = subject.run(words(reference), in: folder, within: Attack.patience)
    if let (fault, line) = Fault.of(outcome) { return record.blame(fault, "\(what): \(line)") }
    // A job reads no journal: that is its driver's.
    let isJournal = reference.journals.contains(name) && reference.scenario.verb != "run"
    guard outcome.succeeded else {
      record.refused += 1
      if isTorn, reference.journals.count == 1, reference.scenario.resumes {
        record.blame(.lost, "\(what): a torn journal is refused: \(outcome.lastError)")
      }
      if !isTorn, isJournal {
        let line = data.prefix(place).count { $0 == 10 } + 1
        let isNamed = [line - 1, line, line + 1].contains { outcome.errors.contains("line \($0) ") }
        if !isNamed {
          record.blame(.unclear, "\(what): line \(line) is not named: \(outcome.lastError)")
        }
      }
      return
    }
    if !isTorn, isJournal {
      return record.blame(.different, "\(what): a flipped bit of a journal went unnoticed")
    }
    // A changed file of settings or results may rightly give another result.
    // What only reads a torn journal, or adds to it, tells of fewer runs.
    if isTorn, reference.scenario.resumes {
      compare(reference, outcome, after: what)
    } else {
      record.survived += 1
    }
  }
}

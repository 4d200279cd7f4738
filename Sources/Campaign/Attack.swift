import Foundation
import Numerics
import Storage

/// One attack: all that it does follows from the campaign's seed and its number.
struct Attack {
  let workshop: Workshop
  let verbs: VerbList
  let hasStrace: Bool
  /// Of the attack's own; gone after it, unless there was a fault.
  var folder: String
  var generator: SeededGenerator
  var record: Record

  var subject: Subject { workshop.subject }
  /// Seconds within which any small job must end: more of them while many others want the processor.
  static var patience: Double {
    var load = 0.0
    let cores = Double(ProcessInfo.processInfo.activeProcessorCount)
    guard getloadavg(&load, 1) == 1 else { return 300 }
    return 150 * max(1, load / cores)
  }

  init(
    number: Int, seed: UInt64, kinds: [AttackKind], workshop: Workshop, verbs: VerbList,
    hasStrace: Bool, folder: String
  ) throws {
    self.workshop = workshop
    self.verbs = verbs
    self.hasStrace = hasStrace
    self.folder = folder
    generator = SeededGenerator(seed: seed, stream: "attack \(number)")
    var ticket = generator.integer(below: kinds.reduce(0) { $0 + $1.share })
    var kind = kinds[0]
    for candidate in kinds {
      kind = candidate
      ticket -= candidate.share
      if ticket < 0 { break }
    }
    record = Record(number: number, attack: kind, target: "")
    try? FileManager.default.removeItem(atPath: folder)
    try makeFolder(at: folder)
  }

  mutating func run() throws {
    switch record.attack {
    case .kill: try kill()
    case .stop: try stop()
    case .inject: try inject()
    case .damage: try damage()
    case .fuzz: try fuzz()
    case .options: try options()
    case .race: try race()
    case .limits: try limits()
    case .power: try losePower()
    }
  }

  /// Removes a folder, to which a job that outlives its driver may be writing at the moment.
  func discard(_ place: String) {
    for _ in 0..<20 {
      if (try? FileManager.default.removeItem(atPath: place)) != nil { return }
      usleep(50_000)
    }
  }

  mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[generator.integer(below: elements.count)]
  }

  /// A scenario, ready in the attack's folder.
  mutating func prepared(
    where isSuitable: (Workshop.Reference) -> Bool = { _ in true }
  ) throws -> Workshop.Reference {
    let suitable = workshop.references.filter(isSuitable)
    // Short jobs more often than long ones: they take less time, and attacks count.
    let shares = suitable.map { 1 / (0.2 + $0.seconds) }
    var ticket = generator.uniform() * shares.reduce(0, +)
    var reference = suitable[0]
    for (candidate, share) in zip(suitable, shares) {
      reference = candidate
      ticket -= share
      if ticket < 0 { break }
    }
    record.target = reference.scenario.name
    try workshop.prepare(reference.scenario, in: folder)
    return reference
  }

  func words(_ reference: Workshop.Reference) -> [String] {
    workshop.resolved(reference.scenario.words)
  }

  func command(_ reference: Workshop.Reference) -> String {
    words(reference).joined(separator: " ")
  }

  /// Runs a scenario to its end, undisturbed, and compares what it leaves with what it always leaves.
  mutating func finish(_ reference: Workshop.Reference, after what: String) {
    let outcome = subject.run(
      words(reference), in: folder, within: max(Self.patience, 20 * reference.seconds))
    guard outcome.succeeded else {
      if let (fault, line) = Fault.of(outcome) { return record.blame(fault, "\(what): \(line)") }
      if let refusal = reference.scenario.refuses, outcome.errors.contains(refusal) {
        return compare(reference, outcome, after: what)
      }
      return record.blame(.lost, "\(what): cannot go on: \(outcome.lastError)")
    }
    compare(reference, outcome, after: what)
  }

  mutating func compare(_ reference: Workshop.Reference, _ outcome: Outcome, after what: String) {
    guard reference.scenario.isRepeatable else { return checkNoneTwice(reference, after: what) }
    let signature = Signature(
      of: folder, output: outcome.output, volatile: reference.volatile, ignored: reference.ignored,
      someKept: reference.scenario.keepsSome)
    if let (fault, difference) = signature.difference(
      from: reference.signature, outputToo: outcome.succeeded)
    {
      record.blame(fault, "\(what): \(difference)")
    } else {
      record.survived += 1
    }
  }

  /// What is handed out by each call is handed out once.
  private mutating func checkNoneTwice(_ reference: Workshop.Reference, after what: String) {
    for (name, lines) in zip(kept(reference), reported(reference)) {
      let all = lines.split(separator: UInt8(ascii: "\n"))
      if Set(all).count < all.count {
        return record.blame(.doubled, "\(what): \(name) has the same line twice")
      }
    }
    record.survived += 1
  }

  /// The files whose lines must never go: journals, and a table that is added to.
  private func kept(_ reference: Workshop.Reference) -> [String] {
    reference.journals + reference.scenario.ingredients.filter { $0.hasSuffix(".csv") }
  }

  /// The whole lines of a scenario's journals: what was reported.
  func reported(_ reference: Workshop.Reference) -> [Data] {
    kept(reference).map { name in
      let data = (try? readFile(at: folder + "/" + name)) ?? Data()
      return data.lastIndex(of: UInt8(ascii: "\n")).map { data.prefix(through: $0) } ?? Data()
    }
  }

  /// Looks whether what was reported before is still there.
  mutating func checkKept(_ before: [Data], _ reference: Workshop.Reference, after what: String) {
    for (index, (old, new)) in zip(before, reported(reference)).enumerated()
    where !new.starts(with: old) {
      record.blame(.lost, "\(what): lines of \(kept(reference)[index]) are gone")
    }
  }
}

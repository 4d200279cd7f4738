/// One attack as the campaign's journal keeps it.
struct Record: Codable, Sendable {
  /// Its number, from which all its chance follows.
  var number: Int
  var attack: AttackKind
  /// The scenario or verb it was on.
  var target: String
  /// Kills, injected errors, damaged files, mutated inputs, numbers or races: what was done.
  var blows = 0
  /// Ended as if nothing had been.
  var survived = 0
  /// Ended in a clear line.
  var refused = 0
  var fault: Fault?
  /// What was done and seen, where there is a fault.
  var details: String?
  var seconds = 0.0

  mutating func blame(_ fault: Fault, _ details: String) {
    guard self.fault == nil else { return }
    self.fault = fault
    self.details = details
  }

  /// Counts how a run ended.
  mutating func count(_ outcome: Outcome, isStopped: Bool = false, _ command: String) {
    if let (fault, what) = Fault.of(outcome, isStopped: isStopped) {
      blame(fault, "\(command): \(what)")
    } else if outcome.succeeded {
      survived += 1
    } else {
      refused += 1
    }
  }
}

enum AttackKind: String, Codable, CaseIterable, Sendable {
  case kill, stop, inject, damage, fuzz, options, race, limits, power

  /// How often it comes, beside the others: an attack by inputs or options gives a dozen and more of them, so that an
  /// hour of one core has thousands of each kind.
  var share: Int {
    switch self {
    case .kill: 30
    case .stop: 4
    case .inject: 24
    case .damage: 8
    case .fuzz: 24
    case .options: 8
    case .race: 1
    case .limits: 4
    case .power: 1
    }
  }

  /// Over a column.
  var noun: String {
    switch self {
    case .kill: "kills"
    case .stop: "signals"
    case .inject: "errors"
    case .damage: "damages"
    case .fuzz: "inputs"
    case .options: "options"
    case .race: "races"
    case .limits: "limits"
    case .power: "losses of power"
    }
  }

  var title: String {
    switch self {
    case .kill: "killed at random or at an exact call"
    case .stop: "stopped by a signal"
    case .inject: "errors of system calls"
    case .damage: "torn and flipped files"
    case .fuzz: "inputs, mutated or made up"
    case .options: "extreme values of options"
    case .race: "two at once"
    case .limits: "limits, closed descriptors, removed folders"
    case .power: "losses of power, on a disk of its own"
    }
  }
}

import Mixtures

/// What a driver tells of how far it has come.
struct RunTally {
  private let plan: String
  private let price: RunPrice
  private var phase: RunClaim.Purpose
  private var rest: RestOfWork
  private var counted: Set<Int> = []
  private var diverged = 0
  /// Of the runs that ended: what they took, and what they cost.
  private var spent = (seconds: 0.0, cost: 0.0)
  /// By id.
  private var running: [(request: RunRequest, fraction: Double)] = []

  init(_ plan: any Plan) {
    self.plan = plan.name
    price = plan.price
    phase = plan.phase
    rest = plan.rest
  }

  mutating func update(_ plan: any Plan) {
    phase = plan.phase
    rest = plan.rest
  }

  /// A run that has ended.
  mutating func add(_ record: RunRecord) {
    guard counted.insert(record.request.id).inserted else { return }
    if record.outcome?.hasDiverged == true { diverged += 1 }
    // Those that others ask for are not of this plan's pace.
    guard record.claims.first?.plan == plan, record.seconds > 0 else { return }
    spent.seconds += record.seconds
    spent.cost += price.cost(record.request)
  }

  mutating func start(_ record: RunRecord) {
    running.append((record.request, 0))
    running.sort { $0.request.id < $1.request.id }
  }

  mutating func stop(_ run: Int) { running.removeAll { $0.request.id == run } }

  /// - Returns: the share as it counts.
  mutating func progress(of run: Int, _ fraction: Double) -> Double {
    guard let place = running.firstIndex(where: { $0.request.id == run }) else { return fraction }
    running[place].fraction = min(max(fraction, 0), 1)
    return running[place].fraction
  }

  func progress(waiting: [RunRequest], _ capacity: Int) -> RunProgress {
    RunProgress(
      phase: phase, ended: counted.count, diverged: diverged,
      total: counted.count + running.count + waiting.count + rest.runs,
      running: running.map {
        RunProgress.Running(
          run: $0.request.id, size: $0.request.key.conditions.size, fraction: $0.fraction)
      }, secondsLeft: secondsLeft(waiting, capacity))
  }

  /// What the runs to come are expected to take, corrected by what the others took.
  private func secondsLeft(_ waiting: [RunRequest], _ capacity: Int) -> Double? {
    var left = rest.cost
    for request in waiting { left += price.cost(request) }
    for run in running { left += price.cost(run.request) * (1 - run.fraction) }
    let runs = waiting.count + running.count + rest.runs
    if runs == 0 && left == 0 { return 0 }
    let cost = spent.cost + (price.prior?.cost ?? 0)
    guard cost > 0 else { return nil }
    let pace = (spent.seconds + (price.prior?.seconds ?? 0)) / cost
    return pace * left / Double(max(min(capacity, runs), 1))
  }
}

import Mixtures

/// What is known of each mixture's run at each size.
struct RunIndex {
  enum State: Equatable {
    /// No run has gone there.
    case missing(from: Int?)
    case underWay
    /// Infinite where the run diverged.
    case measured(Double)
  }

  private let context: FidelityContext
  private let runs: [FidelityRun]
  /// The first run of each mixture and size. Looked up only: the order is never seen.
  private var places: [[Double]: [Int?]] = [:]

  init(_ runs: [FidelityRun], context: FidelityContext) {
    self.context = context
    self.runs = runs
    let none = [Int?](repeating: nil, count: context.grid.levels.count)
    for run in runs {
      var entry = places[run.mixture.weights] ?? none
      if entry[run.level] == nil { entry[run.level] = run.id }
      places[run.mixture.weights] = entry
    }
  }

  /// What a mixture's run gave at a point. Where it went further without being measured there, what it gave
  /// next counts; where the table has a gap, what it gave last.
  func state(of mixture: Mixture, at point: FidelityPoint) -> State {
    guard let place = places[mixture.weights]?[point.level] else { return .missing(from: nil) }
    let run = runs[place]
    let values = context.values(of: run)
    if let exact = values.first(where: { $0.rung == point.rung }) { return .measured(exact.value) }
    let reached = run.reached ?? -1
    if reached >= point.rung {
      let other = values.first { $0.rung > point.rung } ?? values.last
      return .measured(other?.value ?? .infinity)
    }
    if run.hasDiverged { return .measured(.infinity) }
    return run.isUnderWay ? .underWay : .missing(from: place)
  }

  /// The run of a mixture at a size.
  func run(of mixture: Mixture, level: Int) -> FidelityRun? {
    places[mixture.weights]?[level].map { runs[$0] }
  }

  /// How to bring a mixture to a point at which it is missing; nil where it cannot be.
  func step(bringing mixture: Mixture, to point: FidelityPoint) -> FidelityStep? {
    guard case .missing(let run) = state(of: mixture, at: point) else { return nil }
    let step =
      run.map { FidelityStep.resume(run: $0, rung: point.rung) } ?? .start(mixture, at: point)
    return context.admits(step, runs: runs) ? step : nil
  }
}

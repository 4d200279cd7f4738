import MixtureMethods
import Mixtures
import Runs
import Studies

/// What the model behind a method has learned, for the report.
package struct MethodInsight: Sendable {
  package var method: String
  package var insight: Insight
  /// Names for `insight.candidates` after the first, which is the model's own optimum.
  package var candidateNames: [String]
  /// What was predicted of trials before they were run, in their order.
  package var beliefs: [Belief]

  /// What the model said of a trial when it was proposed, a run's own noise included, and what came.
  package struct Belief: Sendable {
    package var trial: Int
    /// From 1, among its method's.
    package var number: Int
    package var predicted: Prediction
    package var observed: Double
  }

  package init(
    method: String, insight: Insight, candidateNames: [String], beliefs: [Belief] = []
  ) {
    self.method = method
    self.insight = insight
    self.candidateNames = candidateNames
    self.beliefs = beliefs
  }

  /// A model of more trials would need more memory than a report is worth: n² numbers for each output.
  private static let mostTrials = 2000
  /// At most so many trials are predicted from what was known then: each needs a fit of its own.
  private static let mostBeliefs = 32
  /// Later ones have models that take too long to fit.
  private static let lastBelief = 160

  /// Predicts trials from those that their proposals knew of.
  private static func beliefs(
    of trials: [(ordinal: Int, trial: RunRecord)], in configuration: StudyConfiguration,
    by start: any MixtureMethod
  ) -> [Belief] {
    let first = max(configuration.initialTrials, 4)
    let asked = trials.filter { $0.ordinal >= first && $0.ordinal < lastBelief }
    guard !asked.isEmpty else { return [] }
    let stride = max((asked.count + mostBeliefs - 1) / mostBeliefs, 1)
    var method = start
    var known = 0
    var beliefs: [Belief] = []
    for (place, (ordinal, trial)) in asked.enumerated() where place % stride == 0 {
      var new: [Observation] = []
      while known < trials.count, trials[known].ordinal <= ordinal - max(configuration.lag, 1) {
        if let observation = trials[known].trial.observation { new.append(observation) }
        known += 1
      }
      method.update(with: new)
      guard trial.request.procedure == nil,
        let observed = trial.observation.flatMap(configuration.objective.value(of:)),
        let predicted = method.predictions(at: [trial.request.mixture], ofRuns: true)?.first
      else { continue }
      beliefs.append(
        Belief(
          trial: trial.request.id, number: ordinal + 1, predicted: predicted, observed: observed))
    }
    return beliefs
  }

  /// Shows the first method that has a model every search trial of its own that has ended, and asks
  /// it what it has learned. Nil where none has a model, or it has seen too little.
  ///
  /// - Throws: what `makeMethod(named:context:)` throws for a configuration that it does not know.
  package init?(of record: StudyRecord, methods: [MethodResult]) throws {
    let configuration = record.configuration
    var context = try configuration.methodContext()
    var candidates: [(name: String, mixture: Mixture)] = []
    for method in methods {
      guard let pick = method.pick else { continue }
      if let same = candidates.firstIndex(where: { $0.mixture == pick }) {
        candidates[same].name += ", \(method.method)"
      } else {
        candidates.append((method.method, pick))
      }
    }
    for (name, allowed) in configuration.methods.map({ ($0.name, $0.trials) }) {
      context.trials = allowed
      let trials = record.trials.compactMap { trial -> (ordinal: Int, trial: RunRecord)? in
        guard trial.purpose == .search else { return nil }
        return trial.claims.first { $0.name == name }.map { ($0.ordinal, trial) }
      }.sorted { $0.ordinal < $1.ordinal }
      let start = try makeMethod(named: name, context: context)
      guard trials.count <= Self.mostTrials else { continue }
      var method = start
      for (_, trial) in trials {
        if let observation = trial.observation { method.update(with: [observation]) }
      }
      guard let insight = method.insight(comparing: candidates.map(\.mixture)) else { continue }
      // A candidate that is the optimum itself is not listed again.
      self.init(
        method: name, insight: insight,
        candidateNames: candidates.filter { $0.mixture != insight.optimum.mixture }.map(\.name),
        beliefs: Self.beliefs(of: trials, in: configuration, by: start))
      return
    }
    return nil
  }
}

extension Report {
  /// How the objective changes as the weight of one domain rises.
  func effectChart(_ insight: Insight) -> Plot? {
    let effects = insight.objectiveEffects.sorted { $0.change.mean < $1.change.mean }
    guard !effects.isEmpty else { return nil }
    let rowHeight = 28.0
    let intervals = effects.map { $0.change.interval(among: effects.count) }
    let scale = DifferenceScale(holding: intervals.flatMap { [$0.lowerBound, $0.upperBound] })
    var plot = Plot(
      id: "effects", title: "What more of each domain does to the objective",
      summary: effects.map { "\($0.domain): \(Format.difference($0.change.mean))" }
        .joined(separator: "; "), height: Double(effects.count) * rowHeight,
      margins: Plot.rowMargins(effects.map(\.domain)))
    plot.horizontalAxis(
      scale.ticks,
      name: "change of the objective, nats per token (− helps)"
        + (scale.isStretched ? "; stretched toward zero" : ""))
    for (row, effect) in effects.enumerated() {
      let y = (Double(row) + 0.5) * rowHeight
      let interval = intervals[row]
      let style = interval.contains(0) ? "other" : "best"
      plot.rowLabel(effect.domain, y: y)
      plot.line(
        from: (scale.fraction(interval.lowerBound), y),
        to: (scale.fraction(interval.upperBound), y), class: "interval \(style)")
      plot.mark(
        .circle, x: scale.fraction(effect.change.mean), y: y,
        class: style == "best" ? "solid best" : "hollow",
        tip: "\(Format.share(effect.weightChange)) more of \(effect.domain): "
          + "\(Format.difference(effect.change.mean)) (\(Format.interval(interval)))")
    }
    return plot
  }

  func candidateTable(_ model: MethodInsight) -> TextTable {
    var table = TextTable([
      .init("Mixture", .left), .init("Predicted objective"), .init("Probability of being best"),
      .init("Expected regret"),
    ])
    for (candidate, name) in zip(
      model.insight.candidates, ["the model’s optimum"] + model.candidateNames)
    {
      let interval = candidate.objective.interval
      table.append([
        name,
        Format.loss(candidate.objective.mean) + " ± "
          + Format.loss((interval.upperBound - interval.lowerBound) / 2),
        Format.share(candidate.probabilityOfBest), Format.loss(candidate.expectedRegret),
      ])
    }
    return table
  }

  /// What the model predicts for each held-out domain at its optimum.
  func lossTable(_ insight: Insight) -> TextTable {
    var table = TextTable([.init("Held-out domain", .left), .init("Predicted loss at the optimum")])
    for (heldOut, loss) in insight.losses {
      table.append([heldOut, Self.predicted(loss.mean, loss.interval, Format.loss)])
    }
    return table
  }

  /// Rows: domains whose weight rises at the optimum; columns: held-out domains.
  func effectTable(_ insight: Insight) -> TextTable {
    effectTable(insight, isAverage: false)
  }

  /// The same on average over all mixtures.
  func averageEffectTable(_ insight: Insight) -> TextTable {
    effectTable(insight, isAverage: true)
  }

  private func effectTable(_ insight: Insight, isAverage: Bool) -> TextTable {
    let sums = isAverage ? insight.averageObjectiveEffects : insight.objectiveEffects
    let effects = isAverage ? insight.averageEffects : insight.effects
    let heldOut = insight.losses.map(\.heldOut)
    let comparisons = sums.count * (heldOut.count + 1)
    func words(_ change: Prediction) -> String {
      Self.predicted(change.mean, change.interval(among: comparisons), Format.difference)
    }
    var table = TextTable(
      [.init("More of", .left), .init("By"), .init("Objective")] + heldOut.map { .init($0) })
    for sum in sums {
      table.append(
        [
          sum.domain, Format.share(sum.weightChange),
          words(sum.change),
        ]
          + heldOut.map { domain in
            effects.first { $0.domain == sum.domain && $0.heldOut == domain }
              .map { words($0.lossChange) } ?? "–"
          })
    }
    return table
  }

  /// A mean and half of its 95 % interval.
  private static func predicted(
    _ mean: Double, _ interval: ClosedRange<Double>, _ format: (Double) -> String
  ) -> String {
    format(mean) + " ± " + Format.loss((interval.upperBound - interval.lowerBound) / 2)
  }

  /// How well the model predicts, in a sentence.
  func predictionWords(_ insight: Insight) -> String {
    let points = insight.leaveOneOut
    let held = points.count { $0.predicted.interval.contains($0.observed) }
    let square = points.reduce(0.0) { sum, point in
      let error = point.predicted.mean - point.observed
      return sum + error * error
    }
    return "Predicted from all others, the trials’ root mean square error is "
      + "\(Format.loss((square / Double(points.count)).squareRoot())) nats per token; "
      + "\(held) of \(points.count) 95\u{202F}% intervals hold the value observed. "
      + (Double(held) < 0.8 * Double(points.count)
        ? "That is fewer than there should be: do not lean on what this model says. " : "")
      + "A run’s own noise is estimated at \(Format.loss(insight.noise))."
  }
}

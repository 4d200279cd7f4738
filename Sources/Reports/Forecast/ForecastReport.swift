import Foundation
import GaussianProcesses
import MixtureMethods
import Mixtures
import Storage

/// What a forecast says of a size that nobody ran, and how sure it is: as a page, as Markdown and for the terminal.
package struct ForecastReport: Sendable, Report {
  package let name: String
  package let forecast: ScaleForecast
  /// What losses are of.
  package let outputs: [String]
  /// E.g. `1B at 20B tokens`.
  package let target: String
  package let objective: String
  /// What its numbers are in, e.g. `nats per token`.
  package let unit: String
  /// Whether more of it is better.
  package let isMaximized: Bool
  /// E.g. `web ≤ 3.9`, as the items have them.
  package let guards: [String]
  package let front: [String]?
  package let facts: [(name: String, value: String)]
  /// How often the target reads scarce text; nil where nobody knows how much there is.
  package let repetition: String?
  /// What to type to reproduce it.
  package let command: String

  package init(
    name: String, forecast: ScaleForecast, outputs: [String], target: String, objective: String,
    unit: String = "nats per token", isMaximized: Bool = false, guards: [String] = [],
    front: [String]? = nil, facts: [(name: String, value: String)],
    repetition: String? = nil, command: String
  ) {
    self.name = name
    self.forecast = forecast
    self.outputs = outputs
    self.target = target
    self.objective = objective
    self.unit = unit
    self.isMaximized = isMaximized
    self.guards = guards
    self.front = front
    self.facts = facts + (repetition.map { [("Text", $0)] } ?? [])
    self.repetition = repetition
    self.command = command
  }

  // MARK: Words

  static func times(_ value: Double) -> String {
    "×" + (value >= 9.95 ? Format.fixed(value, 0) : Format.fixed(value, 1))
  }

  private static func range(_ range: ScaleForecast.Range) -> String {
    "\(Format.loss(range.mean)) (\(Format.fixed(range.low, 4)) to \(Format.fixed(range.high, 4)))"
  }

  /// An objective as commands have it, `mean:reviews`, in words.
  var objectiveWords: String {
    guard let colon = objective.firstIndex(of: ":"), objective[..<colon] == "mean" else {
      return objective
    }
    let names = objective[objective.index(after: colon)...].split(separator: ",")
    return (names.count > 1 ? "mean held-out loss of " : "held-out loss of ")
      + names.joined(separator: ", ")
  }

  /// Scores have no unit.
  private var unitWords: String { isMaximized ? "" : ", \(unit)" }

  private var best: ScaleForecast.Item { forecast.items[0] }

  var verdict: String {
    let origin =
      best.largestRun.map { "a mixture that was run at \(Format.tick($0))" }
      ?? "a mixture that nobody has run yet"
    return
      "Train on \(Format.weights(best.mixture)) for \(target): \(origin). Its \(objectiveWords) is expected "
      + "at \(Self.range(best.objective)), 95 %. It is the best of \(forecast.considered) mixtures with "
      + "probability \(Format.fixed(best.probabilityOfBest, 2)), and expected to lose "
      + "\(Format.loss(best.expectedRegret)) against the best of them."
      + (guardWords.map { " " + $0 } ?? "")
  }

  /// Whether the first keeps what was asked of it.
  private var guardWords: String? {
    forecast.keepsGuards.map { chance in
      let words = "\(Format.list(guards)) with probability \(Format.fixed(chance, 2))"
      return chance < 0.5
        ? "No mixture is expected to keep all guards; this one is the likeliest to: \(words)."
        : "It keeps \(words)."
    }
  }

  var reachWords: String {
    let reach = forecast.reach
    var words =
      "\(Format.plural(forecast.runs, "run")) of \(Format.plural(reach.mixtures, "mixture")) at "
      + "\(Format.plural(reach.sizes, "size")); the target is \(Self.times(reach.parameters)) the largest of them"
    if reach.tokens > 1.0001 { words += " and \(Self.times(reach.tokens)) the longest run" }
    words += "."
    if let objection = reach.objection { words += " No evidence supports it: \(objection)." }
    return words
  }

  var checkWords: String {
    guard !forecast.checks.isEmpty else {
      return
        "The table has no second size that could be forecast from the first, so nothing here was checked on it: "
        + "intervals rest on what is known of other tables alone."
    }
    return
      "Each size of the table forecast from the smaller ones alone, and what its runs then gave. By these, "
      + "variances of levels were multiplied by \(Format.fixed(forecast.factors.level, 2)) and of differences by "
      + "\(Format.fixed(forecast.factors.contrast, 2)) (inverse-gamma prior around 1), and for which mixture is the best "
      + "by \(Format.fixed(forecast.factors.contender, 2)) instead, from the half that was forecast as the best (around "
      + "\(Format.fixed(ScaleSurrogate.VarianceFactors.contenderPrior, 1)): good mixtures are told apart better than all "
      + "are)."
  }

  private static let knownWords =
    "Known tables, each size forecast from smaller ones of the same table in the same way: what such a reach has "
    + "cost there."

  private var mixtureWords: String {
    Self.levelWords + (withheldWords.map { " " + $0 } ?? "")
  }

  private var withheldWords: String? {
    forecast.withheld.map { gap in
      let most = Format.loss(gap)
      let amount = Double(most) == 0 ? "less than 0.0001" : "up to \(most)"
      let (more, end) = isMaximized ? ("higher", "highest") : ("lower", "lowest")
      return
        "Others are expected \(amount) \(more) than the first, but the model picked them from many, and the \(end) of "
        + "many is \(more) than it should be: to be handed over one must be better by half a deviation of the "
        + "difference. Run them beside the first, or ask for one of them by its weights."
    }
  }

  private static let levelWords =
    "How high losses will be is hard to tell and shared by all mixtures; how mixtures differ is easier. Ranges "
    + "are 95 %."

  // MARK: Tables

  private func label(_ item: ScaleForecast.Item) -> String {
    (item.origin == .given ? "asked for, " : "")
      + (item.largestRun.map { "run at \(Format.tick($0))" } ?? "not run yet")
  }

  /// Whether mixtures are too long for a table's rows, which number them then: ``weightTable`` has their shares.
  private var areNumbered: Bool {
    forecast.items.contains { displayWidth(Format.weights($0.mixture)) > 64 }
  }

  /// Each domain's share in the numbered mixtures.
  private var weightTable: TextTable? {
    guard areNumbered else { return nil }
    var table = TextTable(
      [.init("share of", .left)] + forecast.items.indices.map { .init("\($0 + 1)") })
    for (place, domain) in best.mixture.domains.enumerated() {
      table.append([domain] + forecast.items.map { Format.share($0.mixture.weights[place]) })
    }
    return table
  }

  private var itemTable: TextTable {
    var columns: [TextTable.Column] = [
      .init("mixture", .left), .init("", .left), .init(objective), .init("95 %"),
      .init("above the first, 95 %"), .init("P(best)"), .init("expected regret"),
    ]
    columns += guards.map { .init("P(\($0))") }
    if let front { columns.append(.init("P(front of \(front.joined(separator: ", ")))")) }
    var table = TextTable(columns)
    for (place, item) in forecast.items.enumerated() {
      var row = [
        areNumbered ? "\(place + 1)" : Format.weights(item.mixture), label(item),
        Format.loss(item.objective.mean),
        "\(Format.loss(item.objective.low)) to \(Format.loss(item.objective.high))",
        place == 0
          ? "–"
          : Format.interval(item.difference.low...max(item.difference.low, item.difference.high)),
        Format.fixed(item.probabilityOfBest, 2), Format.loss(item.expectedRegret),
      ]
      row += item.guards.map { Format.fixed($0, 2) }
      if front != nil { row.append(item.front.map { Format.fixed($0, 2) } ?? "–") }
      table.append(row)
    }
    return table
  }

  /// The same for a page: numbered as its charts are, with a column for each domain's share.
  private var numberedTable: TextTable {
    let domains = best.mixture.domains
    var columns: [TextTable.Column] = [.init("mixture", .left), .init("known as", .left)]
    columns += domains.enumerated().map { .init("\($1), %", weightPlace: $0) }
    columns += [
      .init("expected, 95 %"), .init("above the first, 95 %"), .init("probability of being best"),
      .init("expected regret"),
    ]
    columns += guards.map { .init("probability of \($0)") }
    if let front {
      columns.append(.init("probability of the front of \(front.joined(separator: ", "))"))
    }
    var table = TextTable(columns)
    for (place, item) in forecast.items.enumerated() {
      var row = ["\(place + 1)", label(item)]
      row += item.mixture.weights.map { Format.fixed($0 * 100, 1) }
      let (own, apart) = (item.objective, item.difference)
      row += [
        "\(Format.loss(own.mean)) (\(Format.loss(own.low)) to \(Format.loss(own.high)))",
        place == 0 ? "–" : Format.interval(apart.low...max(apart.low, apart.high)),
        Format.fixed(item.probabilityOfBest, 2), Format.loss(item.expectedRegret),
      ]
      row += item.guards.map { Format.fixed($0, 2) }
      if front != nil { row.append(item.front.map { Format.fixed($0, 2) } ?? "–") }
      table.append(row)
    }
    return table
  }

  private var lossTable: TextTable {
    var table = TextTable([.init("held-out domain", .left), .init("expected"), .init("95 %")])
    for (output, range) in zip(outputs, best.losses) {
      table.append([
        output, Format.loss(range.mean), "\(Format.loss(range.low)) to \(Format.loss(range.high))",
      ])
    }
    return table
  }

  private func checkTable(_ checks: [(source: String, check: ForecastCheck)]) -> TextTable {
    var table = TextTable([
      .init("table", .left), .init("size"), .init("reach"), .init("mixtures"),
      .init("error of the level"), .init("predicted ±"), .init("error of differences"),
      .init("predicted ± of differences"), .init("their spread"), .init("ρ"), .init("regret"),
      .init("levels within"), .init("differences within"),
    ])
    for (source, check) in checks {
      table.append([
        source, Format.count(check.parameters), Self.times(check.reach), "\(check.mixtures)",
        Format.difference(check.levelError), Format.loss(check.levelDeviation),
        Format.loss(check.contrastError), Format.loss(check.contrastDeviation),
        Format.loss(check.spread), check.rank.map { Format.fixed($0, 2) } ?? "–",
        Format.loss(check.regret), Format.share(check.levelsHeld),
        Format.share(check.contrastsHeld),
      ])
    }
    return table
  }

  private var ownChecks: TextTable? {
    forecast.checks.isEmpty
      ? nil : checkTable(forecast.checks.map { ("this table", $0) })
  }

  private var knownChecks: TextTable? {
    KnownReach.all.isEmpty ? nil : checkTable(KnownReach.all.map { ($0.source, $0.check) })
  }

  /// For the terminal.
  package var text: String {
    var parts = [verdict, "", reachWords, ""]
    if let repetition { parts += [repetition, ""] }
    parts.append(itemTable.text)
    if let weightTable { parts.append(weightTable.text) }
    if let withheldWords { parts += [withheldWords, ""] }
    parts += [lossTable.text, checkWords]
    if let ownChecks { parts.append(ownChecks.text) }
    return parts.joined(separator: "\n") + "\n"
  }

  // MARK: Pages

  package var markdown: String {
    let plain = TextTable.escapedForMarkdown
    func body(_ table: TextTable) -> String { String(table.markdown.dropLast()) }
    var blocks = [
      "# \(plain(name))", plain(verdict), "## Mixtures at \(plain(target))", plain(mixtureWords),
      body(itemTable),
    ]
    if let weightTable { blocks.append(body(weightTable)) }
    blocks += [
      "## Each held-out domain with the first mixture", body(lossTable),
      "## How far it reaches", plain(reachWords), plain(checkWords),
    ]
    if let ownChecks { blocks.append(body(ownChecks)) }
    if let knownChecks {
      blocks.append(plain(Self.knownWords))
      blocks.append(body(knownChecks))
    }
    blocks.append("## How it was made")
    blocks.append(facts.map { "- \($0.name): \(plain($0.value))" }.joined(separator: "\n"))
    blocks.append("```sh\n\(command.replacing("```", with: "'''"))\n```")
    return blocks.joined(separator: "\n\n") + "\n"
  }

  /// Intervals of the items, a row each.
  private func chart(
    id: String, title: String, axis: String, isDifference: Bool,
    _ range: (ScaleForecast.Item) -> ScaleForecast.Range
  ) -> Markup {
    let rowHeight = 30.0
    let ranges = forecast.items.map(range)
    let scale = LinearScale(
      holding: ranges.flatMap { [$0.low, $0.mean, $0.high] } + (isDifference ? [0] : []))
    let names = forecast.items.indices.map { $0 == 0 ? "the first" : "\($0 + 1)" }
    var plot = Plot(
      id: id, title: title,
      summary: zip(names, ranges).map { "\($0): \(Self.range($1))" }.joined(separator: "; "),
      height: Double(ranges.count) * rowHeight,
      margins: Plot.rowMargins(names))
    plot.horizontalAxis(scale, name: axis, isDifference: isDifference)
    for (row, range) in ranges.enumerated() {
      let y = (Double(row) + 0.5) * rowHeight
      let style = row == 0 ? "best" : "other"
      plot.rowLabel(names[row], y: y, class: "label \(style)")
      plot.line(
        from: (scale.fraction(range.low), y), to: (scale.fraction(range.high), y),
        class: "interval \(style)")
      plot.mark(
        .circle, x: scale.fraction(range.mean), y: y, class: "solid \(style)",
        tip: "\(names[row]): \(Self.range(range))")
    }
    return figure(plot, key: [])
  }

  package var html: String {
    var main = Markup(
      "main", [:], [pageHeader(kicker: "Forecast for \(target)", verdict: verdict)])
    main.append(
      recommendationSection(
        best.mixture, isConfirmed: true,
        figures: [
          (
            isMaximized ? "Expected score" : "Expected loss", Format.loss(best.objective.mean),
            "\(objectiveWords)\(unitWords), \(Format.loss(best.objective.low)) to \(Format.loss(best.objective.high)), 95 %"
          ),
          (
            "Probability of being the best", Format.fixed(best.probabilityOfBest, 2),
            "of \(forecast.considered) mixtures considered"
          ),
          (
            "Expected regret", Format.loss(best.expectedRegret),
            "against the best of them, at the target"
          ),
          ("Reach", Self.times(forecast.reach.parameters), "the largest size that was run"),
        ]))
    var levels = heading("Mixtures at \(target)", mixtureWords)
    levels.append(
      chart(
        id: "levels", title: "Expected \(objectiveWords)",
        axis: "\(objectiveWords)\(unitWords), 95 %",
        isDifference: false
      ) { $0.objective })
    levels.append(
      chart(
        id: "differences", title: "Differences from the first mixture",
        axis: "above the first\(unitWords), 95 %", isDifference: true
      ) { $0.difference })
    levels.append(scrolling(numberedTable))
    main.append(levels)
    var losses = heading("Each held-out domain with the first mixture", nil)
    losses.append(scrolling(lossTable))
    main.append(losses)
    var reach = heading("How sure it is", reachWords)
    reach.append(Markup("p", text: checkWords))
    if let ownChecks { reach.append(scrolling(ownChecks)) }
    if let knownChecks {
      reach.append(Markup("p", text: Self.knownWords))
      reach.append(scrolling(knownChecks))
    }
    main.append(reach)
    var foot = heading("How it was made", nil)
    foot.append(definitionList(facts.map { ($0.name, $0.value) }))
    foot.append(code([command], label: "To reproduce it"))
    main.append(foot)
    return page(title: "\(name) – mixpipe", main)
  }
}

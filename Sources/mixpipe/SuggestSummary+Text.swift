import Mixtures
import Reports
import RunTables

extension RecommendationSummary {
  /// For people: what to train on, what it gains, who pays, and how sure that is, the rest below.
  var text: String {
    let mixture = zip(domains, weights).map { "\($0)=\(fixed($1, 4))" }.joined(separator: ",")
    var lines = ["Recommended: \(mixture)"]
    if let comparison { lines.append(comparison) }
    if let sources = sourceLine(domains, weights) { lines.append(sources) }
    lines += guards.map(words)
    if let predicted {
      let unit = goal.unit == "nats" ? "" : " (\(goal.unit))"
      lines.append("objective predicted (95 %)\(unit): \(predicted.text)")
    }
    if let observed { lines.append("objective observed: \(fixed(observed, 4))") }
    if let probabilityOfBest, let expectedRegret {
      lines.append(
        "the best of the candidates below with probability \(fixed(probabilityOfBest, 2)); expected "
          + "regret against the best of all mixtures \(fixed(expectedRegret, 4))")
    }
    if let noise { lines.append("a run's own noise (s.d.): \(fixed(noise, 4))") }
    var text = lines.joined(separator: "\n") + "\n"
    if predicted == nil {
      text +=
        observed == nil
        ? "Too few runs for a model, and none of them keeps the conditions: this is the mixture that does, "
          + "nearest to the best so far.\n"
        : "Too few runs for a model: this is the best so far, and may be luck.\n"
    }
    for table in [lossTable, worthTable, candidateTable] {
      if let table { text += "\n" + table.text }
    }
    return text
  }

  /// The same tables by their titles.
  var tables: [(title: String, table: TextTable)] {
    [
      ("Each held-out domain", lossTable), ("More of each domain", worthTable),
      ("Candidates", candidateTable),
    ].compactMap { title, table in table.map { (title, $0) } }
  }

  /// What is to be said of the limits, and of the gain and price in the table's own units.
  func remarks(withPrice: Bool) -> [String] {
    let sentences =
      (withPrice ? [comparison, sourceLine(domains, weights)].compactMap { $0 } : [])
      + guards.map(words)
    return sentences.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." }
  }

  /// The gain, and the price of it.
  private var comparison: String? {
    guard let change, let reference else { return nil }
    let shares = reference.values
    let isEven = (shares.max() ?? 0) - (shares.min() ?? 0) < 1e-9
    let against = isEven ? "equal shares" : "the allowed mixture nearest to equal shares"
    func list(_ losses: [Loss]) -> String {
      let shown = losses.prefix(6).map { "\($0.heldOut) \(signed($0.change!))" }
      let rest = losses.count - shown.count
      return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }
    let known = losses.filter { $0.change != nil }
    let size = { (loss: Loss) in abs(loss.change!.mean) }
    let pays = known.filter { $0.pays == true }.sorted { size($0) > size($1) }
    let price =
      pays.isEmpty ? "no held-out domain pays for it" : "paid for by \(list(pays))"
    return "against \(against): objective \(signed(change)); \(price)"
  }

  private func signed(_ change: PredictionSummary) -> String {
    func text(_ value: Double) -> String { (value > 0 ? "+" : "") + fixed(value, 4) }
    return "\(text(change.mean)) [\(text(change.low)), \(text(change.high))]"
  }

  private func words(_ limit: Guard) -> String {
    let sign = losses.first { $0.heldOut == limit.heldOut }?.direction == "maximize" ? ">=" : "<="
    let name = "guard \(limit.heldOut)\(sign)\(shortest(limit.limit))"
    let predicted = "predicted \(limit.predicted.text)"
    guard limit.missedBy > 0 else {
      return "\(name): kept with probability \(fixed(limit.probabilityKept, 2)), \(predicted)"
    }
    let missed = "missed by \(fixed(limit.missedBy, 4))"
    if limit.isReachable == false, let best = limit.bestExpected {
      return
        "\(name): no mixture is expected to keep it; the best for it reaches \(best.text), this one is "
        + "expected to give \(limit.predicted.text), \(missed)"
    }
    return
      "\(name): this mixture is expected to miss it: \(missed), \(predicted), kept with probability "
      + fixed(limit.probabilityKept, 2)
  }

  private var lossTable: TextTable? {
    guard !losses.isEmpty else { return nil }
    let isCompared = losses.contains { $0.change != nil }
    var table = TextTable(
      [
        .init("held-out", .left),
        .init(
          goal.direction == "maximize" ? "predicted, 95 %" : "loss predicted, 95 %"),
      ]
        + (isCompared ? [.init("against equal shares, 95 %")] : []))
    for loss in losses {
      table.append(
        [loss.heldOut, loss.predicted.text] + (isCompared ? [loss.change.map(signed) ?? ""] : []))
    }
    return table
  }

  private var worthTable: TextTable? {
    guard !worth.isEmpty else { return nil }
    var table = TextTable([
      .init("domain", .left), .init("weight"), .init("more by"),
      .init("changes the objective by, 95 %"),
    ])
    for row in worth {
      table.append([row.domain, fixed(row.weight, 4), fixed(row.rise, 2), row.change.text])
    }
    return table
  }

  private var candidateTable: TextTable? {
    guard candidates.count > 1 else { return nil }
    var table = TextTable(
      [.init("candidate", .left), .init("objective, 95 %"), .init("P(best)"), .init("regret")]
        + domains.map { .init($0) })
    for (index, row) in candidates.enumerated() {
      table.append(
        [
          index == 0 ? "recommended" : "\(index + 1)", row.predicted.text,
          fixed(row.probabilityOfBest, 2), fixed(row.expectedRegret, 4),
        ] + row.weights.map { fixed($0, 3) })
    }
    return table
  }
}

/// What each column of some tables is taken for.
struct ReadingSummary: Codable {
  var version = JSONSchema.version
  var kind = "reading"
  var files: [RunTable.FileReading]

  var text: String {
    files.map { file in
      var table = TextTable([
        .init("column", .left), .init("taken for", .left), .init("because", .left),
        .init("to change it", .left),
      ])
      for column in file.columns {
        table.append([column.heading, column.use, column.reason, column.change ?? ""])
      }
      return "\(file.path): \(file.rows) rows, \(file.form)\n" + table.text
    }.joined(separator: "\n")
  }
}

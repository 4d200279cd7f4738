import Mixtures
import Studies

extension StudyReport {
  /// What each pick gains and what it costs, on every held-out domain.
  var domainSection: Markup? {
    guard !findings.domains.isEmpty else { return nil }
    let held = findings.domains.filter { !$0.isTrained }.map(\.domain)
    let uncounted = findings.domains.filter { $0.objectiveWeight == nil }.map(\.domain)
    var section = heading(
      "Gain and price on each domain",
      (findings.reference == nil
        ? "Without a confirmed fixed mixture there is nothing common to take differences from, so only the "
          + "losses themselves are shown. "
        : "What each method’s pick gains or loses against \(findings.referenceWords), paired by seed, "
          + "\(intervalWords(of: findings.domainComparisons)). ")
        + (held.isEmpty
          ? "" : "No run trains on \(held.joined(separator: ", ")) (in italics). ")
        + (uncounted.isEmpty
          ? "" : "The objective does not count \(uncounted.joined(separator: ", "))."))
    let methods = findings.rankedMethods.prefix(findings.confirmedCount)
    if let chart = domainChart {
      section.append(
        figure(
          chart,
          key: methods.enumerated().filter { $0.element.method != findings.referenceName }
            .map { place, method in
              (
                Plot.Shape.series[place % 6], "solid \(colour(method.method))",
                method.method + (place == domainChartFocus ? ", with its intervals" : "")
              )
            }))
      section.append(heatTable)
    }
    if let table = guardTable {
      section.append(Markup("h3", text: "Guards"))
      section.append(scrolling(table))
    }
    section.append(
      details(
        "Losses in nats per token" + (findings.hasBitsPerByte ? " and bits per byte" : ""),
        [scrolling(domainTable("Nats per token", \.loss, \.difference))]
          + (findings.hasBitsPerByte
            ? [scrolling(domainTable("Bits per byte", \.bitsPerByte, \.bitsPerByteDifference))]
            : []),
        isOpen: domainChart == nil))
    return section
  }

  /// How far each guarded loss stays below its limit; nil without guards.
  var guardTable: TextTable? {
    let guards = findings.guards(record.configuration.objective)
    guard !guards.isEmpty else { return nil }
    var table = TextTable([
      .init("Guarded domain", .left), .init("Limit"), .init("Loss of the pick"), .init("To spare"),
      .init("Met", .left),
    ])
    for entry in guards {
      let words =
        switch entry.isMet {
        case true: "yes"
        case false: "no"
        case nil: "cannot be told"
        }
      table.append([
        entry.domain, Format.loss(entry.limit), Format.plusMinus(entry.loss),
        Format.difference(entry.limit - entry.loss.mean), words,
      ])
    }
    return table
  }

  /// Differences from the reference: shaded where they are certain, with an arrow that says which way, and
  /// pale where they cannot be told from zero, however large.
  private var heatTable: Markup {
    let methods = findings.rankedMethods.prefix(findings.confirmedCount)
    let columns = methods.indices.filter { methods[$0].method != findings.referenceName }
    let reference = methods.firstIndex { $0.method == findings.referenceName }
    func two(_ nats: String, _ bits: String) -> [Markup] {
      [
        Markup("span", ["class": "nats"], text: nats),
        Markup("span", ["class": "bits"], text: bits),
      ]
    }
    func cell(_ cell: StudyFindings.DomainCell?) -> Markup {
      guard let difference = cell?.difference else {
        return Markup("td", ["class": "number"], text: "–")
      }
      let isLower = difference.mean < 0
      let style = difference.isCertain ? (isLower ? "lower" : "higher") : "uncertain"
      let arrow = difference.isCertain ? (isLower ? "↓\u{202F}" : "↑\u{202F}") : "≈\u{202F}"
      return Markup(
        "td",
        [
          "class": "number \(style)",
          "title": difference.interval.map { Format.interval($0) } ?? "one seed",
        ],
        two(
          arrow + Format.difference(difference.mean),
          (cell?.bitsPerByteDifference).map { Format.difference($0.mean) } ?? ""))
    }
    func head(_ title: String, _ style: String) -> Markup {
      Markup("th", ["scope": "col", "class": style], text: title)
    }
    let heads =
      [head("Domain", "text")] + (reference == nil ? [] : [head(findings.referenceWords, "number")])
      + columns.map { head(methods[$0].method, "number") }
    let rows = findings.domains.map { row -> Markup in
      var line = Markup(
        "tr", [:],
        [
          Markup(
            "th", ["scope": "row", "class": row.isTrained ? "text" : "text held-out"],
            text: row.domain)
        ])
      if let reference {
        let own = row.cells[reference]
        line.append(
          Markup(
            "td", ["class": "number"],
            two(
              own.map { Format.loss($0.loss.mean) } ?? "–",
              (own?.bitsPerByte).map { Format.loss($0.mean) } ?? "")))
      }
      for column in columns { line.append(cell(row.cells[column])) }
      return line
    }
    return Markup(
      "div", [:],
      [
        scrolling(
          label: "gains and prices on each domain",
          fit: PaperFit(width: 120 + 80 * Double(heads.count - 1)),
          Markup(
            "table", ["class": "heat"],
            [
              Markup("thead", [:], [Markup("tr", [:], heads)]), Markup("tbody", [:], rows),
            ])),
        Markup(
          "p", ["class": "caption"],
          text: (findings.hasBitsPerByte
            ? "Above, nats per token; below, bits per byte." : "Nats per token.")
            + " The first column is the loss itself, the "
            + "others are differences from it: ↓ certainly lower, ↑ certainly higher, ≈ cannot be told "
            + "from zero (\(intervalWords(of: findings.domainComparisons)))."),
      ])
  }
}

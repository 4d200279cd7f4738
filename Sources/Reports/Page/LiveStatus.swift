import Foundation
import Runs

/// How far work has come that a page is about while it goes on.
package struct LiveStatus: Sendable {
  package struct Running: Sendable {
    /// Its number in the folder's journal; nil where it has none.
    package var run: Int?
    package var name: String
    /// Of its work that is done; nil where nobody knows.
    package var fraction: Double?

    package init(run: Int? = nil, name: String, fraction: Double?) {
      self.run = run
      self.name = name
      self.fraction = fraction
    }
  }

  /// Such as `searching`.
  package var phase: String
  /// Runs that have ended, and how many there will be at most; nil where nobody knows.
  package var ended: Int
  package var total: Int?
  package var running: [Running]
  /// The best so far, in words.
  package var best: String?
  package var secondsLeft: Double?
  /// Since 1970, in seconds.
  package var writtenAt: Double

  package init(
    phase: String, ended: Int, total: Int?, running: [Running], best: String?,
    secondsLeft: Double?, writtenAt: Double
  ) {
    self.phase = phase
    self.ended = ended
    self.total = total
    self.running = running
    self.best = best
    self.secondsLeft = secondsLeft
    self.writtenAt = writtenAt
  }

  /// Calls the runs under way by what they are for, as the journal has it.
  package mutating func nameRuns(by records: [RunRecord]) {
    for index in running.indices {
      guard let run = running[index].run,
        let record = records.last(where: { $0.request.id == run }), let claim = record.claims.first
      else { continue }
      let purpose =
        switch claim.purpose {
        case .search: ", trial \(claim.ordinal + 1)"
        case .confirmation: ", fresh seed"
        case .transfer, .grid: ""
        }
      running[index].name =
        "\(claim.name)\(purpose), \(record.request.key.conditions.size)"
    }
  }

  /// A page loads itself anew after so many seconds.
  static let refreshSeconds = 5

  /// In one line: `searching: 34 of 66 runs have ended; about 3 min left`.
  package var words: String {
    var words = "\(phase): \(ended)" + (total.map { " of \($0)" } ?? "") + " runs have ended"
    if let secondsLeft, secondsLeft > 0 { words += "; about \(Format.duration(secondsLeft)) left" }
    return words + "."
  }

  var markup: Markup {
    var section = Markup("div", ["class": "live", "role": "status"])
    section.append(
      Markup(
        "p", ["id": "live"],
        nodes: [
          .element(Markup("strong", text: "Under way. ")), .text(words.capitalizedAtStart),
        ]))
    if let total, total > 0 {
      section.append(bar(Double(ended) / Double(total), "all runs"))
    }
    for run in running {
      section.append(
        Markup(
          "div", ["class": "running"],
          [Markup("span", text: run.name)] + (run.fraction.map { [bar($0, run.name)] } ?? [])))
    }
    if let best { section.append(Markup("p", text: "Best so far: \(best).")) }
    section.append(
      Markup(
        "p", ["class": "caption"],
        text: "Written \(Format.date(writtenAt)); this page loads itself anew every "
          + "\(Self.refreshSeconds) seconds."))
    return section
  }

  private func bar(_ share: Double, _ name: String) -> Markup {
    let percent = Format.number(min(max(share, 0), 1) * 100, 1)
    return Markup(
      "progress", ["value": percent, "max": "100", "aria-label": name], text: percent + " %")
  }
}

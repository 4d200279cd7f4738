import Foundation
import MixtureMethods
import Mixtures
import Studies

/// What two losses can be had together.
extension FidelityStudyReport {
  func frontTitle(_ front: ParetoFront) -> String {
    "What \(front.domains.joined(separator: " and ")) can have together"
  }

  func frontWords(_ front: ParetoFront) -> String {
    let area = front.hypervolume
    return
      "Mixtures of which the model expects none to be better in both losses at the target. Crosses are 95\u{202F}% "
      + "intervals, a run’s own noise not included, cut where they reach beyond the chart; what the two losses share moves "
      + "all of them together, and the line along the mixtures with them. P(front) is "
      + "the probability that none of the other \(front.considered - 1) mixtures considered is better in both. The front "
      + "dominates \(Format.fixed(area.mean, 5)) (\(Format.fixed(area.low, 5)) to "
      + "\(Format.fixed(area.high, 5))) nats² below "
      + zip(front.domains, front.reference).map { "\($0) \(Format.loss($1))" }
      .joined(separator: ", ") + ", what all mixtures share taken as expected."
  }

  func frontTable(_ front: ParetoFront) -> TextTable {
    var table = TextTable(
      front.domains.flatMap {
        [.init("loss of \($0)"), .init("95\u{202F}% of \($0)")]
      }
        + [.init("P(front)"), .init("Was run", .left)]
        + configuration.domains.enumerated().map { .init("\($1), %", weightPlace: $0) })
    for member in front.members {
      var row = member.losses.flatMap {
        [Format.loss($0.mean), "\(Format.loss($0.low)) to \(Format.loss($0.high))"]
      }
      row += [Format.fixed(member.probability, 2), member.isRun ? "yes" : "no"]
      table.append(row + member.mixture.weights.map { Format.fixed($0 * 100, 1) })
    }
    return table
  }

  var frontSection: Markup? {
    guard let front else { return nil }
    var section = heading(frontTitle(front), frontWords(front))
    section.append(
      figure(
        frontChart(front),
        key: [
          (.circle, "solid best", "of a mixture that was run"),
          (.circle, "hollow best", "of one that was not"),
        ]))
    section.append(scrolling(frontTable(front)))
    return section
  }

  /// One loss against the other.
  func frontChart(_ front: ParetoFront) -> Plot {
    // What the losses share makes the intervals long.
    func scale(_ place: Int) -> LinearScale {
      LinearScale(
        means: front.members.map { $0.losses[place].mean },
        ends: front.members.flatMap { [$0.losses[place].low, $0.losses[place].high] },
        padding: 0.1)
    }
    let (x, y) = (scale(0), scale(1))
    let height = 300.0
    func across(_ value: Double) -> Double { min(max(x.fraction(value), 0), 1) }
    func depth(_ value: Double) -> Double { min(max(height * (1 - y.fraction(value)), 0), height) }
    var plot = Plot(
      id: "front", title: "\(front.domains[0]) against \(front.domains[1]) at the target",
      summary: "\(front.members.count) mixtures of which none is expected to be better in both.",
      height: height, margins: .init(top: 6, right: 16, bottom: 44, left: 62))
    plot.verticalAxis(y, name: "\(front.domains[1]), nats per token")
    plot.horizontalAxis(x, name: "\(front.domains[0]), nats per token")
    for member in front.members {
      let (a, b) = (member.losses[0], member.losses[1])
      plot.line(
        from: (across(a.low), depth(b.mean)), to: (across(a.high), depth(b.mean)),
        class: "interval thin")
      plot.line(
        from: (across(a.mean), depth(b.low)), to: (across(a.mean), depth(b.high)),
        class: "interval thin")
    }
    let ordered = front.members.sorted { $0.losses[0].mean < $1.losses[0].mean }
    for (one, next) in zip(ordered, ordered.dropFirst()) {
      let corner = (across(next.losses[0].mean), depth(one.losses[1].mean))
      plot.line(
        from: (across(one.losses[0].mean), depth(one.losses[1].mean)), to: corner,
        class: "so-far other")
      plot.line(
        from: corner, to: (across(next.losses[0].mean), depth(next.losses[1].mean)),
        class: "so-far other")
    }
    for member in front.members {
      let (a, b) = (member.losses[0], member.losses[1])
      plot.mark(
        .circle, x: across(a.mean), y: depth(b.mean),
        class: member.isRun ? "solid best" : "hollow best",
        tip: "\(Format.weights(member.mixture)): \(Format.loss(a.mean)), \(Format.loss(b.mean)), "
          + "P \(Format.fixed(member.probability, 2))")
    }
    return plot
  }
}

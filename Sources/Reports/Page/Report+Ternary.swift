import MixtureMethods
import Mixtures

/// A mixture in the triangle.
struct TernaryMark {
  var mixture: Mixture
  var words: String
  /// The row of the table of trials that it leads to.
  var trial: Int?
}

extension Alternatives {
  /// The three domains of the largest recommended weights, in their order.
  var ternaryCorners: [Int] {
    guard pick.weights.count > 2 else { return [] }
    let weights = pick.weights
    return weights.indices.sorted { (-weights[$0], $0) < (-weights[$1], $1) }.prefix(3).sorted()
  }
}

extension StudyReport {
  /// At most 200 trials, those of the lowest losses.
  var ternaryMarks: [TernaryMark] {
    var seen: Set<Int> = []
    let known = findings.searchTrials.filter { $0.loss != nil && seen.insert($0.id).inserted }
    return known.sorted { ($0.loss!, $0.id) < ($1.loss!, $1.id) }.prefix(200).map {
      TernaryMark(
        mixture: $0.mixture, words: "trial \($0.id): \(Format.loss($0.loss!))", trial: $0.id)
    }
  }
}

/// The predicted objective over a triangle of three domains, the others held at the recommended weights.
extension Report {
  func ternaryFigure(_ alternatives: Alternatives, marks: [TernaryMark]) -> Markup? {
    let corners = alternatives.ternaryCorners
    guard corners.count == 3 else { return nil }
    let domains = alternatives.model.domains
    let pick = alternatives.pick.weights
    let total = corners.reduce(0) { $0 + pick[$1] }
    let cells = Self.cells()
    let mixtures = cells.map { cell -> [Double] in
      var weights = pick
      for (corner, share) in zip(corners, cell.center) { weights[corner] = share * total }
      return weights
    }
    let values = alternatives.model.means(at: mixtures)
    let sorted = values.sorted()
    let low = sorted[0]
    let high = sorted[min(sorted.count * 4 / 5, sorted.count - 1)]
    let limit = alternatives.region.objectives[0] + alternatives.noise
    var svg = Markup(
      "svg",
      [
        "viewBox": "0 0 340 320", "role": "img", "width": "100%",
        "aria-labelledby": "ternary-title ternary-desc",
      ],
      [
        Markup("title", ["id": "ternary-title"], text: "Predicted objective over three weights"),
        Markup(
          "desc", ["id": "ternary-desc"],
          text:
            "Lowest \(Format.loss(low)) among mixtures of \(corners.map { domains[$0] }.joined(separator: ", "))."
        ),
      ])
    for (index, cell) in cells.enumerated() {
      let step = min(Int(8 * max(values[index] - low, 0) / max(high - low, 1e-9)), 7)
      let words = zip(domains, mixtures[index]).map { "\($0) \(Format.share($1))" }
      svg.append(
        Markup(
          "polygon",
          [
            "class": values[index] <= limit ? "cell near" : "cell",
            "fill-opacity": Format.fixed(0.95 - 0.12 * Double(step), 2),
            "data-at": cell.center.map { Format.number($0, 6) }.joined(separator: " "),
            "points": cell.corners.map(Self.position).joined(separator: " "),
          ],
          [
            Markup(
              "title",
              text: words.joined(separator: ", ") + ": predicted \(Format.loss(values[index]))")
          ]))
    }
    svg.append(Markup("path", ["class": "outline", "d": "M170 30L20 290H320Z"]))
    for one in marks { svg.append(Self.mark(one, corners, isPick: false)) }
    let words = "recommended: " + Format.weights(alternatives.pick)
    svg.append(
      Self.mark(TernaryMark(mixture: alternatives.pick, words: words), corners, isPick: true))
    for (place, at) in [(170, 20, "middle"), (20, 308, "start"), (320, 308, "end")].enumerated() {
      svg.append(
        Markup(
          "text",
          ["class": "corner", "x": "\(at.0)", "y": "\(at.1)", "text-anchor": at.2],
          text: domains[corners[place]]))
    }
    let others = domains.count - 3
    return Markup(
      "figure", ["class": "ternary"],
      [
        Markup("h3", text: "Three domains against each other"),
        Markup(
          "p", ["class": "lead"],
          text:
            "Predicted objective where three domains share what the recommended mixture gives them"
            + (others > 0 ? " and the others stay as they are" : "")
            + "; the stronger the colour the lower, an outlined cell would also do. Rings are trials by their shares of the "
            + "three, the diamond is the recommended mixture."
            + (others > 0 ? " With scripts any three can be chosen." : "")),
        Markup("div", ["id": "ternary"], [Markup("div", ["class": "plot"], [svg])]),
        Markup(
          "p", ["class": "caption", "id": "ternary-scale"],
          text: "Strongest colour: \(Format.loss(low)); faintest: \(Format.loss(high)) and above."),
      ])
  }

  /// Where a mixture stands by its shares of three domains; hidden where it has next to nothing of them.
  private static func mark(_ one: TernaryMark, _ corners: [Int], isPick: Bool) -> Markup {
    let own = corners.map { one.mixture.weights[$0] }
    let sum = own.reduce(0, +)
    let shares = sum > 0 ? own.map { $0 / sum } : own.map { _ in 1.0 / 3 }
    var mark = Markup(
      "path",
      [
        "class": isPick ? "pick solid" : "trial hollow",
        "d": isPick ? Plot.Shape.diamond.path : "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z",
        "transform": "translate(\(position(shares).replacing(",", with: " ")))",
        "data-weights": one.mixture.weights.map { Format.number($0, 4) }.joined(separator: " "),
      ], [Markup("title", text: one.words)])
    if let trial = one.trial {
      mark.attributes.append(.init(name: "data-trial", value: "\(trial)"))
    }
    if sum < 0.02 { mark.attributes.append(.init(name: "style", value: "display:none")) }
    return mark
  }

  private static func position(_ shares: [Double]) -> String {
    let x = 170 * shares[0] + 20 * shares[1] + 320 * shares[2]
    let y = 30 * shares[0] + 290 * (shares[1] + shares[2])
    return Format.number(x, 1) + "," + Format.number(y, 1)
  }

  /// Equal triangles that fill the large one, each by its corners and its center.
  private static func cells() -> [(corners: [[Double]], center: [Double])] {
    // Cells along an edge.
    let grain = 16
    func point(_ i: Int, _ j: Int) -> [Double] {
      let n = Double(grain)
      return [Double(i) / n, Double(j) / n, Double(grain - i - j) / n]
    }
    var cells: [[[Double]]] = []
    for i in 0..<grain {
      for j in 0..<(grain - i) {
        cells.append([point(i, j), point(i + 1, j), point(i, j + 1)])
        if i + j + 2 <= grain {
          cells.append([point(i + 1, j), point(i, j + 1), point(i + 1, j + 1)])
        }
      }
    }
    return cells.map { corners in
      let center = (0..<3).map { part in corners.reduce(0) { $0 + $1[part] } / 3 }
      return (corners, center)
    }
  }
}

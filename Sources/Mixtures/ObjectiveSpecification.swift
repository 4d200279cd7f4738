import Spelling

/// An objective as somebody writes it, before the held-out domains are known:
///
/// - `mean`, `mean:books,code`: the mean over the targets;
/// - `worst`, `worst:books,code`: the largest of the targets' losses;
/// - `weighted:reviews=.5,docs=.5`: a weighted mean;
/// - `excess:books=3.91,code=2.74`: the mean above a reference run's losses;
/// - `worst-excess:books=3.91,code=2.74`: the largest of these excesses.
///
/// Guardrails are written apart: `web<=3.95`. Names that have signs in them are quoted.
package struct ObjectiveSpecification: Sendable, Hashable {
  package enum Shape: String, Sendable, Hashable, CaseIterable {
    case mean
    case worst
    case weighted
    case excess
    case worstExcess = "worst-excess"

    /// Whether each target is given with a number.
    package var takesNumbers: Bool { self != .mean && self != .worst }
  }

  package var shape: Shape
  /// Empty for every target by default; with a weight or a reference loss where the shape takes one.
  package var entries: [(domain: String, number: Double)]

  package static func == (a: Self, b: Self) -> Bool {
    a.shape == b.shape && a.entries.map(\.domain) == b.entries.map(\.domain)
      && a.entries.map(\.number) == b.entries.map(\.number)
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(shape)
    hasher.combine(entries.map(\.domain))
  }

  package init(shape: Shape, entries: [(domain: String, number: Double)]) {
    self.shape = shape
    self.entries = entries
  }

  package init(parsing text: String) throws(ObjectiveError) {
    let sides = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = NameSyntax.trimmed(sides[0])
    guard let shape = Shape(rawValue: name) else { throw .unknownShape(name: name) }
    self.shape = shape
    entries = []
    guard sides.count == 2 else {
      if shape.takesNumbers { throw .malformed(text: text) }
      return
    }
    for part in NameSyntax.split(sides[1], on: ",") {
      let pair = NameSyntax.split(part, onLast: { $0 == "=" })
      guard (pair != nil) == shape.takesNumbers,
        let domain = NameSyntax.name(pair?.before ?? part), !domain.isEmpty
      else { throw .malformed(text: text) }
      let number = pair.map { Double(NameSyntax.trimmed($0.after)) } ?? 1
      guard let number, number.isFinite, shape != .weighted || number >= 0 else {
        throw .malformed(text: text)
      }
      if entries.contains(where: { $0.domain == domain }) { throw .duplicate(domain: domain) }
      entries.append((domain, number))
    }
    if shape == .weighted, !(entries.reduce(0) { $0 + $1.number } > 0) {
      throw .malformed(text: text)
    }
  }

  /// The objective over the held-out domains that there are, in their order.
  ///
  /// - Parameter targets: those that count where none is named.
  package func resolved(
    over heldOut: [String], targets: [String], limits: [Objective.Limit] = []
  ) throws(ObjectiveError) -> Objective {
    let entries = Self.spread(entries, over: heldOut, isShared: shape == .weighted)
    for domain in entries.map(\.domain) + limits.map(\.domain) where !heldOut.contains(domain) {
      throw .unknown(domain: domain, known: heldOut + MixtureLevels.parents(of: heldOut))
    }
    if let floor = limits.first(where: \.isFloor) {
      throw .malformedLimit(text: floor.description)
    }
    let named = entries.isEmpty ? targets.map { ($0, 1.0) } : entries.map { ($0.domain, $0.number) }
    let ordered = heldOut.compactMap { domain in named.first { $0.0 == domain } }
    let ones = ordered.map { _ in 1.0 }
    return Objective(
      targets: ordered.map(\.0), proportionalTo: shape == .weighted ? ordered.map(\.1) : ones,
      aggregate: shape == .worst || shape == .worstExcess ? .worst : .mean,
      references: shape == .excess || shape == .worstExcess ? ordered.map(\.1) : nil,
      limits: heldOut.compactMap { domain in limits.first { $0.domain == domain } })
  }
}

extension ObjectiveSpecification {
  /// A source, such as `web`, stands for all its topics, which share what it counts.
  private static func spread(
    _ entries: [(domain: String, number: Double)], over heldOut: [String], isShared: Bool
  ) -> [(domain: String, number: Double)] {
    entries.flatMap { entry in
      let places = MixtureLevels.places(of: entry.domain, in: heldOut)
      guard !heldOut.contains(entry.domain), !places.isEmpty else { return [entry] }
      let share = isShared ? entry.number / Double(places.count) : entry.number
      return places.map { (heldOut[$0], share) }
    }
  }
}

extension Objective.Limit {
  /// Reads `web<=3.95`; `acc>=0.6` for what is to rise.
  package init(parsing text: String) throws(ObjectiveError) {
    guard let found = NameSyntax.split(text, onLast: { $0 == "=" || $0 == "≤" || $0 == "≥" }) else {
      throw .malformedLimit(text: text)
    }
    var subject = found.before
    var isFloor = found.sign == "≥"
    if found.sign == "=" {
      guard let sign = subject.popLast(), sign == "<" || sign == ">" else {
        throw .malformedLimit(text: text)
      }
      isFloor = sign == ">"
    }
    guard let loss = Double(NameSyntax.trimmed(found.after)), loss.isFinite,
      let domain = NameSyntax.name(subject), !domain.isEmpty
    else { throw .malformedLimit(text: text) }
    self.init(domain: domain, loss: loss)
    self.isFloor = isFloor
  }
}

extension Objective.Limit: CustomStringConvertible {
  package var description: String {
    "\(NameSyntax.written(domain, among: "<>=≤≥"))\(isFloor ? ">" : "<")=\(shortest(loss))"
  }
}

extension Objective: CustomStringConvertible {
  /// As ``ObjectiveSpecification`` reads it, all digits and every target named; limits come after it,
  /// each behind a semicolon.
  package var description: String {
    ([specification] + limits.map(\.description)).joined(separator: "; ")
  }

  /// Without the limits.
  package var specification: String {
    func list(_ numbers: [Double]) -> String {
      zip(targets, numbers).map { "\(written($0))=\(shortest($1))" }.joined(separator: ",")
    }
    func written(_ name: String) -> String { NameSyntax.written(name, among: ",=") }
    let names = targets.map(written).joined(separator: ",")
    let isEven = weights.allSatisfy { abs($0 - weights[0]) < 1e-12 }
    switch (aggregate, references) {
    case (.worst, nil): return "worst:\(names)"
    case (.worst, let references?): return "worst-excess:\(list(references))"
    case (.mean, let references?): return "excess:\(list(references))"
    case (.mean, nil):
      return isEven ? "mean:\(names)" : "weighted:\(list(weights))"
    }
  }
}

/// What can be wrong with an objective that somebody wrote down.
package enum ObjectiveError: Error, Equatable, CustomStringConvertible {
  case unknownShape(name: String)
  case malformed(text: String)
  case malformedLimit(text: String)
  case duplicate(domain: String)
  case unknown(domain: String, known: [String])

  package var description: String {
    switch self {
    case .unknownShape(let name):
      let shapes = ObjectiveSpecification.Shape.allCases.map(\.rawValue)
      return "unknown objective '\(name)'; "
        + (nearestName(to: name, in: shapes).map { "did you mean '\($0)'? " } ?? "")
        + "expected one of \(shapes.joined(separator: ", "))"
    case .malformed(let text):
      return "found the objective '\(text)', expected one such as 'mean', 'worst:books,code', "
        + "'weighted:reviews=.5,docs=.5', 'excess:books=3.9,code=2.7' or 'worst-excess:…'"
    case .malformedLimit(let text):
      return "found the limit '\(text)', expected one such as 'web<=3.95'"
    case .duplicate(let domain):
      return "the objective names '\(domain)' twice; name each held-out domain once"
    case .unknown(let domain, let known):
      return "unknown held-out domain '\(domain)'; "
        + (nearestName(to: domain, in: known).map { "did you mean '\($0)'? " } ?? "")
        + "the held-out domains are \(known.joined(separator: ", "))"
    }
  }
}

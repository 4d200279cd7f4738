import Numerics

/// The mixtures that meet all constraints, over given domains.
package struct FeasibleMixtures: Sendable, Hashable {
  package let domains: [String]
  package let constraints: [MixtureConstraint]
  /// The weights' conditions: that they sum to one, that none is negative, then the constraints'.
  package let polytope: Polytope
  /// The most domains that may have any weight; nil where all may.
  package let maximumDomains: Int?
  /// What it costs to leave a reference; nil where it costs nothing.
  package private(set) var pull: MixturePull?
  /// For each of the polytope's conditions, what it is called.
  private let names: [String]

  /// Every mixture.
  package static func all(over domains: [String]) -> FeasibleMixtures {
    FeasibleMixtures(domains: domains)
  }

  private init(domains: [String]) {
    let parts = domains.count
    self.domains = domains
    constraints = []
    maximumDomains = nil
    pull = nil
    polytope = Polytope(dimensions: parts, conditions: Self.simplex(parts))
    names = Self.simplexNames(domains)
  }

  /// The same mixtures, at no price.
  package var withoutPull: FeasibleMixtures {
    var same = self
    same.pull = nil
    return same
  }

  private static func simplex(_ parts: Int) -> [Polytope.Condition] {
    let units = (0..<parts).map { i in (0..<parts).map { $0 == i ? 1.0 : 0 } }
    return [
      .init(normal: [Double](repeating: 1, count: parts), offset: 1, isEquality: true)
    ] + units.map { .init(normal: $0, offset: 0) }
  }

  /// The simplex's own conditions go without saying.
  private static func simplexNames(_ domains: [String]) -> [String] {
    [String](repeating: "", count: domains.count + 1)
  }

  /// - Parameters:
  ///   - availableTokens: training tokens of each domain.
  ///   - trainingTokens: of the run that the epochs are counted for.
  ///   - naturalTokens: in whose shares text comes; those available if nil.
  /// - Throws: ``ConstraintError`` for a domain that is not there, or where nothing is feasible.
  package init(
    _ constraints: [MixtureConstraint], domains: [String], availableTokens: [Int],
    trainingTokens: Int, naturalTokens: [Int]? = nil
  ) throws(ConstraintError) {
    let parts = domains.count
    precondition(availableTokens.count == parts && trainingTokens > 0)
    func mask(_ chosen: [String]) throws(ConstraintError) -> [Double] {
      var mask = [Double](repeating: 0, count: parts)
      let parents = MixtureLevels.parents(of: domains)
      for name in MixtureConstraint.known(chosen, in: domains + parents) ?? chosen {
        let places = MixtureLevels.places(of: name, in: domains)
        guard !places.isEmpty else { throw .unknown(domain: name, known: domains + parents) }
        for index in places { mask[index] = 1 }
      }
      return mask
    }
    var conditions = Self.simplex(parts)
    var names = Self.simplexNames(domains)
    var maximum: Int?
    var pull: MixturePull?
    let levels = MixtureLevels(domains)
    let reference = naturalTokens ?? availableTokens
    let text = Double(reference.reduce(0, +))
    let natural = reference.map { Double($0) / text }
    func add(_ normal: [Double], lower: Double?, upper: Double?, _ name: String) {
      let quoted = "'\(name)'"
      if let lower, lower == upper {
        conditions.append(.init(normal: normal, offset: lower, isEquality: true))
        names.append(quoted)
        return
      }
      // No weight is negative anyway, and none above one.
      if let lower, lower > 0 {
        conditions.append(.init(normal: normal, offset: lower))
        names.append(quoted)
      }
      if let upper, upper < 1 {
        conditions.append(.init(normal: normal.map { -$0 }, offset: -upper))
        names.append(quoted)
      }
    }
    for constraint in constraints {
      switch constraint {
      case .total(let chosen, let lower, let upper):
        add(try mask(chosen), lower: lower, upper: upper, constraint.description)
      case .epochs(let domain, let limit):
        // Of a source as a whole, too.
        for name in domain.map({ [$0] }) ?? domains {
          let mask = try mask([name])
          let cap = limit * dot(mask, availableTokens.map(Double.init)) / Double(trainingTokens)
          add(
            mask, lower: nil, upper: cap,
            MixtureConstraint.epochs(domain: name, limit: limit).description)
        }
      case .domainCount(let count):
        maximum = min(maximum ?? count, count)
      case .near(let reference, let strength):
        pull = MixturePull(
          toward: reference == .natural ? natural : domains.map { _ in 1 }, strength: strength)
      case .natural(.topics):
        for members in levels.members {
          let whole = members.reduce(0) { $0 + natural[$1] }
          for place in members.dropFirst() where whole > 0 {
            var normal = [Double](repeating: 0, count: parts)
            normal[place] = natural[members[0]] / whole
            normal[members[0]] = -natural[place] / whole
            conditions.append(.init(normal: normal, offset: 0, isEquality: true))
            names.append("'\(constraint.description)'")
          }
        }
      case .natural(.sources):
        // The last one's share is what is left.
        for (members, share) in zip(levels.members, levels.shares(of: natural)).dropLast() {
          var normal = [Double](repeating: 0, count: parts)
          for place in members { normal[place] = 1 }
          conditions.append(.init(normal: normal, offset: share, isEquality: true))
          names.append("'\(constraint.description)'")
        }
      }
    }
    self.domains = domains
    self.constraints = constraints
    self.pull = pull
    self.names = names
    maximumDomains = maximum.flatMap { $0 < parts ? $0 : nil }
    polytope = Polytope(dimensions: parts, conditions: conditions)
    let even = [Double](repeating: 1 / Double(parts), count: parts)
    do throws(Polytope.Conflict) {
      _ = try polytope.projection(of: even)
    } catch {
      var involved: [String] = []
      for name in error.conditions.map({ names[$0] }) where !name.isEmpty {
        if !involved.contains(name) { involved.append(name) }
      }
      throw .infeasible(constraints: involved, gap: error.gap)
    }
    if let maximumDomains, support(preferring: Array(0..<parts)) == nil {
      throw .tooFewDomains(limit: maximumDomains)
    }
  }

  /// Whether nothing is asked for.
  package var isWholeSimplex: Bool {
    maximumDomains == nil && polytope.conditions.count == domains.count + 1
  }

  /// - Parameter tolerance: by how much a condition may be broken.
  package func contains(_ weights: [Double], tolerance: Double = 1e-9) -> Bool {
    polytope.violation(at: weights) <= tolerance
      && weights.count { $0 > tolerance } <= maximumDomains ?? domains.count
  }

  /// The constraints that a mixture breaks, as they were written, each once.
  package func broken(by weights: [Double], tolerance: Double = 1e-9) -> [String] {
    var found: [String] = []
    for (condition, name) in zip(polytope.conditions, names) where !name.isEmpty {
      let slack = condition.slack(at: weights)
      let isBroken = condition.isEquality ? abs(slack) > tolerance : slack < -tolerance
      if isBroken, !found.contains(name) { found.append(name) }
    }
    let text = found.map { String($0.dropFirst().dropLast()) }
    guard let maximumDomains, weights.count(where: { $0 > tolerance }) > maximumDomains else {
      return text
    }
    return text + [MixtureConstraint.domainCount(atMost: maximumDomains).description]
  }

  /// The nearest feasible mixture (Euclid); with a limit on the domains, the nearest of those that keep
  /// the largest weights that can be kept.
  package func nearest(to weights: [Double]) -> [Double] {
    if contains(weights, tolerance: 1e-12) { return weights }
    let projected = projection(of: weights, on: Array(domains.indices))!
    guard let maximumDomains, projected.count(where: { $0 > 0 }) > maximumDomains else {
      return projected
    }
    let order = projected.indices.sorted {
      projected[$0] != projected[$1] ? projected[$0] > projected[$1] : $0 < $1
    }
    return projection(of: weights, on: support(preferring: order)!)!
  }

  /// The nearest feasible mixture of only these domains; nil where there is none.
  package func projection(of weights: [Double], on support: [Int]) -> [Double]? {
    let part = face(support)
    guard let found = try? part.projection(of: support.map { weights[$0] }) else { return nil }
    var result = [Double](repeating: 0, count: domains.count)
    for (index, value) in zip(support, found) { result[index] = max(value, 0) }
    return result
  }

  /// The conditions on the weights of some domains, all others having none.
  package func face(_ support: [Int]) -> Polytope {
    if support.count == domains.count { return polytope }
    return Polytope(
      dimensions: support.count,
      conditions: polytope.conditions.map { condition in
        .init(
          normal: support.map { condition.normal[$0] }, offset: condition.offset,
          isEquality: condition.isEquality)
      })
  }

  /// As many domains as may have weight, with which something is feasible, the first in an order of
  /// preference that will do; nil where there are none.
  package func support(preferring order: [Int]) -> [Int]? {
    guard let maximumDomains else { return Array(domains.indices) }
    // Domains that must have weight come first.
    let needed = order.filter { index in
      polytope.conditions.contains { condition in
        condition.offset > 0 && condition.normal[index] > 0
          && condition.normal.indices.allSatisfy { $0 == index || condition.normal[$0] <= 0 }
      }
    }
    guard needed.count <= maximumDomains else { return nil }
    let others = order.filter { !needed.contains($0) }
    var tries = 0
    func extended(_ chosen: [Int], from start: Int) -> [Int]? {
      if chosen.count == maximumDomains {
        tries += 1
        let sorted = chosen.sorted()
        return projection(of: [Double](repeating: 0, count: domains.count), on: sorted) == nil
          ? nil : sorted
      }
      for next in others.indices.dropFirst(start)
      where others.count - next >= maximumDomains - chosen.count && tries < 20_000 {
        if let found = extended(chosen + [others[next]], from: next + 1) { return found }
      }
      return nil
    }
    return extended(needed, from: 0)
  }
}

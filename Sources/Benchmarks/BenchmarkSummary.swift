import Foundation
import Numerics

/// What the searches of a suite come to: for each kind of search its methods, the best first.
package struct BenchmarkSummary: Sendable, Codable {
  /// What counts as found, in gaps between the best mixture and one drawn at random.
  package static let tolerances = [0.1, 0.03]
  /// Parts of a budget at which regrets are told.
  package static let shares = [0.125, 0.25, 0.5, 1]
  /// Those between which a curve is drawn: from 1/128 to the end, two for each doubling.
  package static let curveShares = (0...14).map { exp2(Double($0 - 14) / 2) }
  /// A regret counts as this at most: what is worse than a random mixture by far is bad, however far.
  static let most = 2.0

  /// A mean with its 95 % interval over problems and seeds; no interval with one problem and seed.
  package struct Interval: Sendable, Hashable, Codable {
    package var mean: Double
    package var low: Double?
    package var high: Double?
  }

  /// How often, and how soon, a mixture within a tolerance is there for good.
  package struct Arrival: Sendable, Hashable, Codable {
    package var tolerance: Double
    /// The share of searches.
    package var share: Interval
    /// The median part of the budget over all searches; nil where fewer than half get there.
    package var median: Double?
  }

  /// On how many problems a method comes to where random search ends, and how soon: the way in which papers tell
  /// speed-ups.
  package struct CatchUp: Sendable, Hashable, Codable {
    /// The method that it is set beside: ``reference(_:)``.
    package var reference: String
    /// Problems on which the mean regret over seeds is at or below the reference's at its end, and stays there.
    package var problems: Int
    /// The median over all problems of the part of the budget from which on it is; nil where it is on fewer than half.
    package var median: Double?
  }

  /// Random search, as each kind has it.
  package static func reference(_ kind: BenchmarkKind) -> String {
    kind == .oneSize ? "sobol" : "random"
  }

  package struct Method: Sendable, Hashable, Codable {
    package var method: String
    package var searches: Int
    package var problems: Int
    /// Of what is handed over, at each of ``shares``.
    package var regrets: [Interval]
    /// The same at each of ``curveShares``.
    package var curve: [Interval]
    /// For each of ``tolerances``.
    package var handedOver: [Arrival]
    package var ran: [Arrival]
    /// The mean over problems of its rank by mean regret at the end.
    package var rank: Double
    /// The mean regret at the end on each problem, in the order of the table.
    package var byProblem: [Double?]
    /// Nil where the reference has not been run, and for it.
    package var catchUp: CatchUp?
  }

  package struct Table: Sendable, Codable {
    package var kind: BenchmarkKind
    package var problems: [String]
    package var methods: [Method]
  }

  package var version = BenchmarkSuite.version
  package var seeds: Int
  package var tables: [Table]

  /// - Parameter traces: in any order; what comes out does not depend on it.
  package init(_ traces: [BenchmarkTrace], problems: [BenchmarkProblem]) {
    seeds = Set(traces.map(\.seed)).count
    let budgets = Dictionary(
      uniqueKeysWithValues: problems.map { ($0.name, (Double($0.trials), $0.budget)) })
    tables = BenchmarkKind.allCases.compactMap { kind in
      let own = traces.filter { $0.kind == kind && budgets[$0.problem] != nil }
      let names = problems.map(\.name).filter { name in own.contains { $0.problem == name } }
      if own.isEmpty { return nil }
      func searches(_ method: String) -> [[Search]] {
        names.map { problem -> [Search] in
          own.filter { $0.method == method && $0.problem == problem }
            .sorted { $0.seed < $1.seed }.map {
              let budget = budgets[problem]!
              return Search($0, budget: kind == .oneSize ? budget.0 : budget.1)
            }
        }
      }
      let reference = Self.reference(kind)
      let referenceSearches = searches(reference)
      var methods = Set(own.map(\.method)).sorted().map { method -> Method in
        let found = searches(method)
        var summary = Method(method, found)
        if method != reference {
          summary.catchUp = CatchUp(found, reference, referenceSearches)
        }
        return summary
      }
      for place in names.indices {
        let known = methods.indices.filter { methods[$0].byProblem[place] != nil }
        let ranks = RankCorrelation.ranks(known.map { methods[$0].byProblem[place]! })
        for (index, rank) in zip(known, ranks) {
          methods[index].rank += rank / Double(methods[index].problems)
        }
      }
      methods.sort {
        ($0.regrets[$0.regrets.count - 1].mean, $0.method)
          < ($1.regrets[$1.regrets.count - 1].mean, $1.method)
      }
      return Table(kind: kind, problems: names, methods: methods)
    }
  }

  /// One search in parts of its budget.
  fileprivate struct Search {
    let points: [(share: Double, handedOver: Double?, ran: Double?)]

    init(_ trace: BenchmarkTrace, budget: Double) {
      points = trace.points.map { ($0.compute / budget, $0.handedOver, $0.ran) }
    }

    /// What is handed over at a part of the budget; as a mixture drawn at random where nothing is.
    func regret(at share: Double) -> Double {
      let last = points.last { $0.share <= share + 1e-9 }
      return min(last?.handedOver ?? 1, BenchmarkSummary.most)
    }

    /// The part of the budget from which on all values are within the tolerance; nil where the last is not.
    func arrival(_ tolerance: Double, _ value: KeyPath<Point, Double?>) -> Double? {
      let isWithin = points.map { point in
        Point(handedOver: point.handedOver, ran: point.ran)[keyPath: value].map {
          $0 <= tolerance
        } ?? false
      }
      guard isWithin.last == true else { return nil }
      let first = isWithin.lastIndex(of: false).map { $0 + 1 } ?? 0
      return points[first].share
    }
  }

  fileprivate struct Point {
    var handedOver: Double?
    var ran: Double?
  }
}

extension BenchmarkSummary.CatchUp {
  /// - Parameter searches, others: by problem, then by seed.
  fileprivate init?(
    _ searches: [[BenchmarkSummary.Search]], _ reference: String,
    _ others: [[BenchmarkSummary.Search]]
  ) {
    var found: [Double] = []
    for (own, other) in zip(searches, others) where !own.isEmpty && !other.isEmpty {
      func regret(at share: Double) -> Double {
        Statistics.mean(own.map { $0.regret(at: share) })
      }
      let goal = Statistics.mean(other.map { $0.regret(at: 1) })
      let shares = Set(own.flatMap { $0.points.map(\.share) }).sorted()
      let isThere = shares.map { regret(at: $0) <= goal }
      guard isThere.last == true else {
        found.append(.infinity)
        continue
      }
      found.append(shares[isThere.lastIndex(of: false).map { $0 + 1 } ?? 0])
    }
    guard !found.isEmpty else { return nil }
    self.reference = reference
    problems = found.count(where: \.isFinite)
    let median = Statistics.quantile(ofSorted: found.sorted(), 0.5)
    self.median = median.isFinite ? median : nil
  }
}

extension BenchmarkSummary.Method {
  /// - Parameter searches: by problem, then by seed.
  fileprivate init(_ method: String, _ searches: [[BenchmarkSummary.Search]]) {
    self.method = method
    self.searches = searches.reduce(0) { $0 + $1.count }
    problems = searches.count { !$0.isEmpty }
    let known = searches.filter { !$0.isEmpty }
    func interval(_ value: (BenchmarkSummary.Search) -> Double) -> BenchmarkSummary.Interval {
      .init(of: known.map { $0.map(value) }, name: method)
    }
    regrets = BenchmarkSummary.shares.map { share in interval { $0.regret(at: share) } }
    curve = BenchmarkSummary.curveShares.map { share in interval { $0.regret(at: share) } }
    func arrivals(
      _ path: KeyPath<BenchmarkSummary.Point, Double?>
    ) -> [BenchmarkSummary.Arrival] {
      BenchmarkSummary.tolerances.map { tolerance in
        let found = known.flatMap { $0.map { $0.arrival(tolerance, path) ?? .infinity } }.sorted()
        let median = Statistics.quantile(ofSorted: found, 0.5)
        return .init(
          tolerance: tolerance, share: interval { $0.arrival(tolerance, path) == nil ? 0 : 1 },
          median: median.isFinite ? median : nil)
      }
    }
    handedOver = arrivals(\.handedOver)
    ran = arrivals(\.ran)
    rank = 0
    byProblem = searches.map { searches in
      searches.isEmpty ? nil : Statistics.mean(searches.map { $0.regret(at: 1) })
    }
  }
}

extension BenchmarkSummary.Interval {
  /// The mean over problems of the means over seeds, with an interval by resampling problems and, within each, seeds.
  fileprivate init(of values: [[Double]], name: String) {
    mean = Statistics.mean(values.map { Statistics.mean($0) })
    guard values.count > 1 else { return }
    var draws = SeededGenerator(seed: 1, stream: "benchmark resampling of \(name)")
    var generator = draws
    let found = Bootstrap.percentileInterval(count: values.count, using: &generator) { indices in
      let means = indices.map { index -> Double in
        let own = values[index]
        let drawn = own.map { _ in own[draws.integer(below: own.count)] }
        return Statistics.mean(drawn)
      }
      return Statistics.mean(means)
    }
    (low, high) = (found?.lowerBound, found?.upperBound)
  }
}

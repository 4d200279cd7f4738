import Foundation

/// The problems that methods are compared on. Their data are part of the program: a change of one is another version
/// of it and of the suite.
package enum BenchmarkSuite {
  package static let version = 1

  package static let problems: [BenchmarkProblem] = sources.map { decoded($0) }

  /// - Throws: ``BenchmarkError/unknownProblem(name:known:)``.
  package static func problems(named names: [String]?) throws(BenchmarkError) -> [BenchmarkProblem]
  {
    guard let names else { return problems }
    var chosen: [BenchmarkProblem] = []
    for name in names {
      guard let problem = problems.first(where: { $0.name == name }) else {
        throw .unknownProblem(name: name, known: problems.map(\.name))
      }
      chosen.append(problem)
    }
    return chosen
  }
}

extension BenchmarkSuite {
  /// A problem that is not part of the suite, as enumeration solves it: Data Mixing Laws' table as it is, with no
  /// mixtures but its 26.
  package static let rejected: [BenchmarkProblem] = {
    var table = decoded(kinds5)
    table.name = "kinds-5-table"
    table.pool = .init(count: 26, seed: 5, atTarget: 26)
    table.optimum = nil
    return [table]
  }()

  private static func decoded(_ source: String) -> BenchmarkProblem {
    do {
      return try JSONDecoder().decode(BenchmarkProblem.self, from: Data(source.utf8))
    } catch {
      preconditionFailure("expected a problem of the suite, found \(error)")
    }
  }
}

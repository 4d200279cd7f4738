import Foundation
import Mixtures
import Numerics
import Spelling
import Testing

private let domains = ["books", "web", "code", "papers", "chat"]

/// The line that is shown for what `body` throws.
private func message<Result>(of body: () throws -> Result) -> String {
  do {
    _ = try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}

@Suite struct MixtureTests {
  @Test("sums to one") func sumsToOne() throws {
    let mixture = try Mixture(domains: domains, weights: [0.2, 0.3, 0.1, 0.3, 0.1])
    #expect(abs(mixture.weights.reduce(0, +) - 1) < 1e-15)
    #expect(mixture["web"] == 0.3 && mixture["reviews"] == nil)
    // A sum that is off by the digits that people write is scaled.
    let thirds = try Mixture(domains: ["a", "b", "c"], weights: [0.333, 0.333, 0.333])
    #expect(thirds.weights.allSatisfy { abs($0 - 1.0 / 3) < 1e-12 })
    #expect(Mixture.uniform(over: domains).weights == [0.2, 0.2, 0.2, 0.2, 0.2])
    #expect(Mixture(domains: ["a", "b"], proportionalTo: [3, 1]).weights == [0.75, 0.25])
  }

  @Test("refuses weights that do not") func refusesWeightsThatDoNot() {
    #expect(throws: MixtureError.sum(0.75)) {
      try Mixture(domains: ["a", "b"], weights: [0.5, 0.25])
    }
    #expect(throws: MixtureError.invalidWeight(domain: "b", weight: -0.5)) {
      try Mixture(domains: ["a", "b"], weights: [1.5, -0.5])
    }
    #expect(
      message(of: { try Mixture(domains: ["a", "b"], weights: [.nan, 1]) })
        == "the weight of 'a' is nan, expected a number from 0 to 1")
    #expect(throws: MixtureError.self) {
      try Mixture(domains: ["a", "b"], weights: [.infinity, 0])
    }
  }

  @Test("survives JSON to the last bit") func survivesJSONToTheLastBit() throws {
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<200 {
      let mixture = Mixture(
        domains: domains, proportionalTo: domains.map { _ in generator.exponential() })
      let read = try JSONDecoder().decode(Mixture.self, from: JSONEncoder().encode(mixture))
      #expect(read.weights.map(\.bitPattern) == mixture.weights.map(\.bitPattern))
      #expect(read == mixture)
    }
  }

  @Test(
    "is not read from JSON that is none",
    arguments: [
      #"{"domains":["a"],"weights":[0.5,0.5]}"#, #"{"domains":["a","b"],"weights":[0.5,0.6]}"#,
      #"{"domains":["a","b"],"weights":[1.5,-0.5]}"#,
    ]) func isNotReadFromJSONThatIsNone(text: String)
  {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(Mixture.self, from: Data(text.utf8))
    }
  }
}

@Suite struct MixtureAsItIsWrittenTests {
  private func resolved(_ text: String) throws -> [Double] {
    try MixtureSpecification(parsing: text)
      .resolved(over: domains, availableTokens: [10, 20, 30, 40, 100]).weights
  }

  @Test("has a weight for each domain that it names in any order")
  func hasAWeightForEachDomainThatItNamesInAnyOrder() throws {
    #expect(try resolved("code=0.7,books=0.3") == [0.3, 0, 0.7, 0, 0])
    #expect(try resolved(" code = 0.75 ,\tbooks=.25 ") == [0.25, 0, 0.75, 0, 0])
    #expect(try resolved("web=1") == [0, 1, 0, 0, 0])
    #expect(try resolved("web=1e0,code=0") == [0, 1, 0, 0, 0])
  }

  @Test("may be the name of one that needs no search") func mayBeTheNameOfOneThatNeedsNoSearch()
    throws
  {
    #expect(try resolved("uniform") == [0.2, 0.2, 0.2, 0.2, 0.2])
    #expect(try resolved("natural") == [0.05, 0.1, 0.15, 0.2, 0.5])
    // assets/report.pdf, table of weights, rounded to four digits.
    let llama = try resolved("llama").map { ($0 * 1e4).rounded() / 1e4 }
    #expect(llama == [0.0497, 0.7403, 0.0718, 0.0276, 0.1105])
  }

  @Test(
    "is refused in one line that says what to do",
    arguments: [
      (
        "books=0.5,code=0.45",
        "the weights sum to 0.95, expected 1; scale them so that they sum to one"
      ),
      ("books=1,code=1", "the weights sum to 2, expected 1; scale them so that they sum to one"),
      (
        "books=0.1,web=0.2",
        "the weights sum to 0.3, expected 1; scale them so that they sum to one"
      ),
      ("books=1.5,code=-0.5", "the weight of 'code' is -0.5, expected a number from 0 to 1"),
      ("books=nan", "the weight of 'books' is nan, expected a number from 0 to 1"),
      ("books=0.5,books=0.5", "the domain 'books' is given twice; give each domain once"),
      ("books", "found 'books', expected a list such as 'books=0.3,code=0.7'"),
      ("", "found '', expected a list such as 'books=0.3,code=0.7'"),
      ("books=0.5,", "found '', expected a list such as 'books=0.3,code=0.7'"),
      ("books=half", "found 'books=half', expected a list such as 'books=0.3,code=0.7'"),
      ("books=0.5 0.5", "found 'books=0.5 0.5', expected a list such as 'books=0.3,code=0.7'"),
      ("=1", "found '=1', expected a list such as 'books=0.3,code=0.7'"),
      (
        "my books=1",
        "unknown domain 'my books'; did you mean 'books'? "
          + "the domains are books, web, code, papers, chat"
      ),
      ("books=30%", "found 'books=30%', expected a list such as 'books=0.3,code=0.7'"),
      (
        "unifrom",
        "unknown mixture 'unifrom'; did you mean 'uniform'? give weights such as "
          + "'books=0.3,code=0.7', or one of uniform, natural, llama"
      ),
      (
        "boks=0.5,code=0.5",
        "unknown domain 'boks'; did you mean 'books'? "
          + "the domains are books, web, code, papers, chat"
      ),
      ("reddit=1", "unknown domain 'reddit'; the domains are books, web, code, papers, chat"),
    ]) func isRefusedInOneLineThatSaysWhatToDo(text: String, expected: String)
  {
    #expect(message(of: { try resolved(text) }) == expected)
  }

  @Test("cannot be l la m as without l la m as domains") func cannotBeLLaMAsWithoutLLaMAsDomains() {
    #expect(
      message(of: {
        try MixtureSpecification(parsing: "llama")
          .resolved(over: ["books", "code"], availableTokens: [1, 1])
      })
        == "the mixture 'llama' needs the domains web, papers, chat, which this corpus does not "
        + "train on; give weights instead")
  }
}

@Suite struct ObjectiveTests {
  private func observation(_ losses: [(String, Double)]) -> Observation {
    Observation(
      mixture: .uniform(over: domains),
      outcome: .losses(
        losses.map {
          DomainLoss(domain: $0.0, loss: $0.1, standardError: 0, bitsPerByte: 0)
        }))
  }

  @Test("weighs the targets that it names") func weighsTheTargetsThatItNames() {
    let seen = observation([("docs", 5), ("books", 3), ("code", 2)])
    #expect(Objective.mean(of: ["books", "code"]).value(of: seen) == 2.5)
    let weighted = Objective(targets: ["code", "docs"], proportionalTo: [3, 1])
    #expect(weighted.value(of: seen) == 2.75)
    #expect(weighted.value(of: [2, 5]) == 2.75)
  }

  @Test("has no value where a target is missing or the run diverged")
  func hasNoValueWhereATargetIsMissingOrTheRunDiverged() {
    let seen = observation([("books", 3)])
    #expect(Objective.mean(of: ["books", "code"]).value(of: seen) == nil)
    var diverged = seen
    diverged.outcome = .unexplained
    #expect(Objective.mean(of: ["books"]).value(of: diverged) == nil)
  }

  @Test("survives JSON but not with targets and weights that do not match")
  func survivesJSONButNotWithTargetsAndWeightsThatDoNotMatch() throws {
    let objective = Objective(targets: ["code", "docs", "web"], proportionalTo: [3, 1, 0.7])
    #expect(
      try JSONDecoder().decode(Objective.self, from: JSONEncoder().encode(objective)) == objective)
    for text in [
      #"{"targets":["a"],"weights":[0.5,0.5]}"#, #"{"targets":[],"weights":[]}"#,
      #"{"targets":["a"],"weights":[-1]}"#,
    ] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(Objective.self, from: Data(text.utf8))
      }
    }
  }
}

@Suite struct DidYouMeanTests {
  @Test(
    "names the nearest",
    arguments: [
      ("sobel", "sobol"), ("Uniform", "uniform"), ("unifrom", "uniform"), ("bo-row", "bo-raw"),
      ("lama", "llama"),
    ]) func namesTheNearest(typed: String, expected: String)
  {
    #expect(nearestName(to: typed, in: ["bo", "bo-raw", "sobol", "uniform", "llama"]) == expected)
  }

  @Test("is silent where nothing is near", arguments: ["xyzzy", "hyperband", "q"])
  func isSilentWhereNothingIsNear(
    typed: String
  ) {
    #expect(nearestName(to: typed, in: ["sobol", "uniform", "llama"]) == nil)
  }

  @Test("counts insertions deletions and substitutions")
  func countsInsertionsDeletionsAndSubstitutions() {
    #expect(editDistance("kitten", "sitting") == 3)
    #expect(editDistance("", "abc") == 3)
    #expect(editDistance("abc", "") == 3)
    #expect(editDistance("same", "same") == 0)
    #expect(editDistance("ab", "ba") == 2)
    #expect(nearestName(to: "a", in: []) == nil)
  }
}

import Foundation
import Mixtures
import Numerics
import Testing

private let domains = ["books", "web", "code", "papers", "chat"]

private func feasible(_ texts: [String], tokens: Int = 1000) throws -> FeasibleMixtures {
  try FeasibleMixtures(
    texts.map { try MixtureConstraint(parsing: $0) }, domains: domains,
    availableTokens: [100, 1000, 400, 50, 200], trainingTokens: tokens)
}

private func message(_ body: () throws -> some Any) -> String {
  do {
    _ = try body()
    return ""
  } catch { return "\(error)" }
}

@Suite struct ConstraintTests {
  @Test(
    "is printed as it is read",
    arguments: [
      "code<=0.3", "books=0.1", "books+papers>=0.2", "books+papers=0.2..0.4", "epochs<=4",
      "epochs(books)<=2.5", "domains<=3",
    ]) func isPrintedAsItIsRead(text: String) throws
  {
    let constraint = try MixtureConstraint(parsing: text)
    #expect("\(constraint)" == text)
    #expect(try MixtureConstraint(parsing: " " + text.replacing("=", with: "= ")) == constraint)
    let data = try JSONEncoder().encode([constraint])
    #expect(try JSONDecoder().decode([MixtureConstraint].self, from: data) == [constraint])
  }

  @Test(
    "is refused",
    arguments: [
      "", "code", "code<0.3", "code<=", "<=0.3", "code<=1.5", "code<=-1", "code=0.4..0.2",
      "code<=0.1..0.2", "code=0.1..", "books+=0.1", "epochs>=2", "epochs=2", "epochs()<=2",
      "epochs<=0", "domains<=2.5", "domains<=0", "domains>=2", "code<=nan", "code<=inf",
      "code==0.1=",
    ]) func isRefused(text: String)
  {
    #expect(message { try MixtureConstraint(parsing: text) }.contains("expected one such as"))
  }

  @Test("names domains that are there each once") func namesDomainsThatAreThereEachOnce() throws {
    #expect(message { try feasible(["cod<=0.3"]) }.contains("did you mean 'code'?"))
    #expect(message { try feasible(["epochs(cod)<=3"]) }.contains("did you mean 'code'?"))
    #expect(
      message { try MixtureConstraint(parsing: "code+code<=0.3") }.contains("names 'code' twice"))
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([MixtureConstraint].self, from: Data(#"["code<0.3"]"#.utf8))
    }
  }
}

@Suite struct FeasibleMixturesTests {
  @Test("count epochs of other text than what the natural mixture is of")
  func countEpochsOfOtherText() throws {
    let feasible = try FeasibleMixtures(
      [.epochs(domain: nil, limit: 4), .near(.natural, strength: 1), .natural(.sources)],
      domains: ["web/a", "web/b", "code"], availableTokens: [100, .max, .max],
      trainingTokens: 1000, naturalTokens: [1, 2, 1])
    #expect(feasible.contains([0.4, 0.35, 0.25]) && feasible.contains([0, 0.75, 0.25]))
    #expect(!feasible.contains([0.41, 0.34, 0.25]))
    #expect(!feasible.contains([0.4, 0.2, 0.4]))
    #expect(feasible.pull == MixturePull(toward: [0.25, 0.5, 0.25], strength: 1))
  }

  @Test("are all of them where nothing is asked for") func areAllOfThemWhereNothingIsAskedFor()
    throws
  {
    let all = FeasibleMixtures.all(over: domains)
    #expect(all.isWholeSimplex)
    #expect(try feasible([]) == all)
    #expect(all.contains([1, 0, 0, 0, 0]) && !all.contains([0.5, 0, 0, 0, 0]))
    #expect(try feasible(["code<=1", "books>=0"]).isWholeSimplex)
    let spread = FeasibleSpread(all)
    let points = SobolSequence.simplexPoints(parts: 5, start: 3, count: 1, seed: 9)
    #expect(spread.point(3, seed: 9) == points[0])
  }

  @Test("count epochs by the tokens that there are") func countEpochsByTheTokensThatThereAre()
    throws
  {
    // 1,000 tokens are trained on: at most .4 of them from 100 tokens of books gone through 4 times.
    let found = try feasible(["epochs<=4", "epochs(papers)<=2"])
    #expect(found.contains([0.4, 0.5, 0, 0.1, 0]))
    #expect(!found.contains([0.41, 0.49, 0, 0.1, 0]))
    #expect(found.broken(by: [0.41, 0.49, 0, 0.1, 0]) == ["epochs(books)<=4"])
    #expect(
      found.broken(by: [0, 0.4, 0, 0.6, 0]) == ["epochs(papers)<=4", "epochs(papers)<=2"])
  }

  @Test("say what contradicts what and by how much") func sayWhatContradictsWhatAndByHowMuch() {
    #expect(
      message { try feasible(["books>=0.7", "code>=0.5", "web<=0.9"]) }
        == "no mixture satisfies 'books>=0.7' and 'code>=0.5' together: they miss each other by 0.2 "
        + "of the tokens; loosen them by that much")
    #expect(
      message { try feasible(["books+web+code+papers+chat<=0.8"]) }
        == "no mixture satisfies 'books+web+code+papers+chat<=0.8': they miss each other by 0.2 "
        + "of the tokens; loosen them by that much")
    // 1,750 tokens gone through once, 3,500 to be trained on.
    #expect(
      message { try feasible(["epochs<=1"], tokens: 3500) }.contains("by 0.5 of the tokens"))
    #expect(
      message { try feasible(["domains<=2", "books<=0.3", "web+code+papers+chat<=0.8"]) } == "")
    #expect(
      message {
        try feasible(["domains<=3"] + domains.map { "\($0)<=0.3" })
      }
        == "no mixture of 3 domains satisfies the other constraints; allow more domains, or loosen "
        + "the others")
    #expect(
      message { try feasible(["domains<=2", "books=0.1", "code=0.1", "chat=0.1"]) }
        .contains("no mixture of 2 domains"))
  }

  private static let cases: [[String]] = [
    ["code<=0.3"], ["books=0.1", "books+papers>=0.35", "chat<=0.05"],
    ["books+code=0.2..0.4", "code+chat>=0.5", "epochs<=6"], ["domains<=2"],
    ["domains<=3", "books>=0.1", "web<=0.5", "code+papers>=0.2"],
    ["books=0.2", "web=0.2", "code=0.2", "papers=0.2"], ["books=0"],
    ["books+web=0.3", "web+code=0.3", "domains<=4"],
  ]

  @Test("are filled by an even spread", arguments: cases) func areFilledByAnEvenSpread(
    texts: [String]
  ) throws {
    let found = try feasible(texts)
    let spread = FeasibleSpread(found)
    var points: [[Double]] = []
    for ordinal in 0..<64 {
      let point = spread.point(ordinal, seed: 4)
      #expect(found.contains(point, tolerance: 1e-10), "\(point)")
      #expect(point == spread.point(ordinal, seed: 4))
      points.append(point)
    }
    // Each weight takes much of the range that it can.
    for j in domains.indices {
      var direction = [Double](repeating: 0.2, count: 5)
      direction[j] = 100
      let most = found.nearest(to: direction)[j]
      direction[j] = -100
      let least = found.nearest(to: direction)[j]
      let seen = points.map { $0[j] }
      #expect(seen.max()! - seen.min()! >= 0.4 * (most - least) - 1e-9)
      #expect(
        seen.max()! <= most + 1e-9 && (found.maximumDomains != nil || seen.min()! >= least - 1e-9))
    }
  }

  @Test("take in the nearest of a mixture", arguments: cases) func takeInTheNearestOfAMixture(
    texts: [String]
  ) throws {
    let found = try feasible(texts)
    var generator = SeededGenerator(seed: 8)
    for _ in 0..<40 {
      let mixture = Simplex.dirichlet(parts: 5, concentration: 0.5, using: &generator)
      let nearest = found.nearest(to: mixture)
      #expect(found.contains(nearest, tolerance: 1e-12))
      #expect(found.nearest(to: nearest) == nearest)
      guard found.maximumDomains == nil else { continue }
      let distance = zip(nearest, mixture).reduce(0) { $0 + pow($1.0 - $1.1, 2) }
      for ordinal in 0..<32 {
        let other = FeasibleSpread(found).point(ordinal, seed: 1)
        #expect(zip(other, mixture).reduce(0) { $0 + pow($1.0 - $1.1, 2) } >= distance - 1e-9)
      }
    }
  }
}

@Suite struct ObjectiveAsItIsWrittenTests {
  private let heldOut = domains + ["reviews", "docs"]

  private func objective(_ text: String, limits: [String] = []) throws -> Objective {
    try ObjectiveSpecification(parsing: text).resolved(
      over: heldOut, targets: domains, limits: limits.map { try Objective.Limit(parsing: $0) })
  }

  @Test(
    "weighs the losses",
    arguments: [
      ("mean", 3.0), ("worst", 5.0), ("worst:books,web", 2.0), ("mean:docs,reviews", 6.5),
      ("weighted:reviews=3,docs=1", 6.25), ("excess:docs=6.5,books=0.5", 0.5),
      ("worst-excess:docs=6.5,books=0.75", 0.5),
    ]) func weighsTheLosses(text: String, expected: Double) throws
  {
    let objective = try objective(text)
    let losses = objective.domains.map { Double(heldOut.firstIndex(of: $0)! + 1) }
    #expect(abs(objective.value(of: losses) - expected) < 1e-12)
    #expect(try self.objective(objective.specification) == objective)
    let data = try JSONEncoder().encode(objective)
    #expect(try JSONDecoder().decode(Objective.self, from: data) == objective)
    #expect(objective.isLinear == !text.hasPrefix("worst"))
  }

  @Test("pays for what is above a limit") func paysForWhatIsAboveALimit() throws {
    let guarded = try objective("mean:books,web", limits: ["docs<=6.5", "books <= 2"])
    #expect(guarded.domains == ["books", "web", "docs"])
    #expect(guarded.value(of: [1, 2, 6]) == 1.5)
    #expect(abs(guarded.value(of: [1, 2, 6.75]) - 4) < 1e-12)
    #expect(abs(guarded.value(of: [2.5, 1.5, 6]) - 7) < 1e-12)
    #expect(!guarded.isLinear)
    #expect("\(guarded)" == "mean:books,web; books<=2; docs<=6.5")
    let data = try JSONEncoder().encode(guarded)
    #expect(try JSONDecoder().decode(Objective.self, from: data) == guarded)
  }

  @Test("is written as it always was where it is a plain mean")
  func isWrittenAsItAlwaysWasWhereItIsAPlainMean() throws {
    let data = try JSONEncoder().encode(Objective.mean(of: ["books", "web"]))
    let fields = try JSONSerialization.jsonObject(with: data) as! [String: Any]
    #expect(fields.keys.sorted() == ["targets", "weights"])
  }

  @Test(
    "is refused",
    arguments: [
      "men", "worst:", "mean:books=2", "weighted", "weighted:books", "weighted:books=-1",
      "weighted:books=0", "excess", "excess:books", "worst:books,books", "mean:nowhere",
      "excess:books=x", "mean:books,",
    ]) func isRefused(text: String)
  {
    #expect(!message { try objective(text) }.isEmpty)
  }

  @Test("is told what was probably meant") func isToldWhatWasProbablyMeant() {
    #expect(message { try objective("wurst") }.contains("did you mean 'worst'?"))
    #expect(message { try objective("mean:boks") }.contains("did you mean 'books'?"))
    #expect(message { try objective("mean", limits: ["web<3"]) }.contains("'web<=3.95'"))
    #expect(message { try objective("mean", limits: ["wep<=3"]) }.contains("did you mean 'web'?"))
  }
}

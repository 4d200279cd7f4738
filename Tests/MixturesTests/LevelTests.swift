import Foundation
import Mixtures
import Testing

@Suite("Domains in levels") struct DomainsInLevels {
  private static let domains = ["web/health", "web/news", "code/python", "code/c++", "books"]
  private static let tokens = [100, 300, 200, 200, 200]

  private func feasible(_ texts: [String]) throws -> FeasibleMixtures {
    try FeasibleMixtures(
      texts.map { try MixtureConstraint(parsing: $0) }, domains: Self.domains,
      availableTokens: Self.tokens, trainingTokens: 1000)
  }

  @Test("are sources and topics") func areSourcesAndTopics() {
    let levels = MixtureLevels(Self.domains)
    #expect(levels.sources == ["web", "code", "books"] && levels.areTwo)
    #expect(levels.members == [[0, 1], [2, 3], [4]])
    #expect(!MixtureLevels(["a", "b"]).areTwo && !MixtureLevels(["x/a", "x/b"]).areTwo)
    #expect(MixtureLevels.parents(of: ["a/b/c", "a/d", "e"]) == ["a", "a/b"])
    #expect(MixtureLevels.source(of: "/a") == "/a")
  }

  @Test("a condition on a source is one on all its topics") func sources() throws {
    let found = try feasible(["web<=0.5", "code+books>=0.4", "epochs(web)<=0.5"])
    #expect(found.contains([0.1, 0.1, 0.3, 0.3, 0.2]))
    #expect(found.broken(by: [0.4, 0.2, 0.2, 0.1, 0.1]) == ["web<=0.5", "epochs(web)<=0.5"])
    // 400 tokens half a time are a fifth of 1,000.
    #expect(found.broken(by: [0.3, 0, 0.3, 0.3, 0.1]) == ["epochs(web)<=0.5"])
    #expect(found.broken(by: [0.2, 0.5, 0.1, 0.1, 0.1]).contains("code+books>=0.4"))
    #expect(throws: ConstraintError.self) { try feasible(["wab<=0.5"]) }
    // A domain of its own name comes first.
    let own = try FeasibleMixtures(
      [MixtureConstraint(parsing: "web<=0.5")], domains: ["web", "web/news"],
      availableTokens: [1, 1], trainingTokens: 1)
    #expect(own.contains([0.4, 0.6]) && !own.contains([0.6, 0.4]))
  }

  @Test("one level is held while the other is free") func held() throws {
    let topics = try feasible(["natural(topics)"])
    #expect(topics.contains([0.1, 0.3, 0.05, 0.05, 0.5]))
    #expect(topics.broken(by: [0.3, 0.1, 0.05, 0.05, 0.5]) == ["natural(topics)"])
    let sources = try feasible(["natural(sources)"])
    #expect(sources.contains([0.4, 0, 0.1, 0.3, 0.2]))
    #expect(!sources.contains([0.4, 0.1, 0.1, 0.2, 0.2]))
    // Any mixture has a nearest one that keeps it.
    for weights in [[0.2, 0.2, 0.2, 0.2, 0.2], [1, 0, 0, 0, 0], [0, 0, 0, 1, 0]] {
      #expect(topics.contains(topics.nearest(to: weights), tolerance: 1e-8))
      #expect(sources.contains(sources.nearest(to: weights), tolerance: 1e-8))
    }
    let spread = FeasibleSpread(topics)
    #expect(topics.contains(spread.drawn([0.9, 0, 0, 0.1, 0]), tolerance: 1e-8))
  }

  @Test("are named in objectives") func objectives() throws {
    let found = try ObjectiveSpecification(parsing: "weighted:web=0.6,books=0.4").resolved(
      over: Self.domains, targets: Self.domains)
    #expect(found.targets == ["web/health", "web/news", "books"])
    for (a, b) in zip(found.weights, [0.3, 0.3, 0.4]) { #expect(abs(a - b) < 1e-12) }
  }

  @Test(
    "what is said of nearness is read as it is written",
    arguments: ["near(natural)=0.1", "near(uniform)=0.05", "natural(topics)", "natural(sources)"])
  func words(text: String) throws {
    #expect(try MixtureConstraint(parsing: text).description == text)
  }

  @Test("a domain may be called like a word of conditions") func quoted() throws {
    for text in ["\"near(natural)\"<=0.1", "\"natural(topics)\"=0.2"] {
      let constraint = try MixtureConstraint(parsing: text)
      #expect(try MixtureConstraint(parsing: constraint.description) == constraint)
    }
    for text in ["near(nature)=0.1", "near(natural)=-1", "natural(all)", "near(natural)=x"] {
      #expect(throws: ConstraintError.self) { try MixtureConstraint(parsing: text) }
    }
  }

  @Test("a pull is the divergence from its reference, with its slope") func pull() throws {
    let pull = try #require(try feasible(["near(natural)=0.5"]).pull)
    #expect(abs(pull.value(at: Self.tokens.map { Double($0) / 1000 })) < 1e-15)
    let weights = [0.3, 0.1, 0.2, 0.15, 0.25]
    let expected = zip(weights, Self.tokens).reduce(0.0) {
      $0 + 0.5 * $1.0 * log($1.0 / (Double($1.1) / 1000))
    }
    #expect(abs(pull.value(at: weights) - expected) < 1e-14)
    for j in weights.indices {
      var (up, down) = (weights, weights)
      up[j] += 1e-5
      down[j] -= 1e-5
      let slope = (pull.value(at: up) - pull.value(at: down)) / 2e-5
      #expect(abs(slope - pull.gradient(at: weights)[j]) < 1e-7)
    }
    #expect(pull.value(at: [1, 0, 0, 0, 0]).isFinite)
  }
}

import Foundation
import GaussianProcesses
import MixtureMethods
import Mixtures
import Numerics
import Testing

@testable import Reports

@Suite("Forecasts as they are told") struct ForecastReportTests {
  private func report(_ domains: [String]) throws -> ForecastReport {
    let mixtures = SobolSequence.simplexPoints(parts: domains.count, count: 16, seed: 3)
    let runs = mixtures.enumerated().map { place, weights -> ScaleData.Run in
      let size = place % 2 == 0 ? 20e6 : 60e6
      let loss = 2.9 - 0.1 * log10(size / 20e6) + 0.3 * pow(weights[0] - 0.2, 2)
      return ScaleData.Run(
        weights: weights, parameters: size, tokens: [size * 20], losses: [[loss]])
    }
    let data = ScaleData(
      runs: runs, target: .init(parameters: 200e6, tokens: 4e9), ownDomains: [nil])
    let question = ForecastQuestion(
      domains: domains, outputs: ["reviews"],
      objective: Objective(targets: ["reviews"], proportionalTo: [1]), data: data,
      feasible: .all(over: domains))
    let forecast = try #require(ScaleForecast(question))
    return ForecastReport(
      name: "runs.csv", forecast: forecast, outputs: ["reviews"], target: "200M at 4B tokens",
      objective: "mean:reviews", guards: [], front: nil, facts: [], command: "mixpipe forecast")
  }

  /// Seventeen names of thirty letters would be rows of six hundred columns.
  @Test("keep to a terminal's width, whatever domains are called")
  func keepToATerminalsWidth() throws {
    let domains = (0..<17).map { "a_domain_with_a_name_of_its_own_\($0)" }
    let report = try report(domains)
    let rows = report.text.split(separator: "\n").filter { $0.contains("  ") }
    #expect(rows.allSatisfy { displayWidth(String($0)) < 200 })
    // Nothing is left out for it: each share of each mixture is there.
    let weights = report.forecast.items[1].mixture.weights
    for (domain, weight) in zip(domains, weights) {
      let row = try #require(rows.first { $0.hasPrefix(domain + " ") })
      #expect(row.contains(Format.share(weight)))
      #expect(report.markdown.contains(TextTable.escapedForMarkdown(domain)))
    }
  }

  @Test("name few domains where they are told of") func nameFewDomains() throws {
    let report = try report(["web", "code", "books"])
    let second = report.forecast.items[1].mixture
    #expect(report.text.contains("\n" + Format.weights(second) + " "))
  }

  @Test("say equal shares of many domains by their number") func sayEqualShares() {
    let names = (0..<8).map { "d\($0)" }
    #expect(
      Format.weights(.uniform(over: names)) == "equal shares of 8 domains (12.5\u{202F}% each)")
    let few = Format.weights(.uniform(over: ["a", "b"]))
    #expect(few == "a 50.0\u{202F}%, b 50.0\u{202F}%")
    let other = Mixture(domains: names, proportionalTo: names.indices.map { 1 + Double($0 % 2) })
    #expect(Format.weights(other).contains("d7 "))
  }
}

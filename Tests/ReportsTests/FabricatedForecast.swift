import Foundation
import GaussianProcesses
import MixtureMethods
import Mixtures
import Numerics
import Reports

/// A forecast from runs whose losses come from a formula, at two sizes.
struct FabricatedForecast {
  struct Unfit: Error {}

  func report() throws -> ForecastReport {
    let domains = ["books", "web", "code", "a-domain-of-a-long-name"]
    let outputs = domains + ["reviews"]
    let mixtures = SobolSequence.simplexPoints(parts: 4, count: 12, seed: 3)
    let runs = mixtures.enumerated().map { place, weights -> ScaleData.Run in
      let size = place % 2 == 0 ? 20e6 : 60e6
      let losses = outputs.indices.map { d -> Double in
        let law = 2.4 + 0.2 * Double(d) - 0.1 * log10(size / 20e6)
        return law + 0.3 / (1 + 8 * weights[d % 4]) + 0.002 * Double((place * 7 + d) % 5)
      }
      return ScaleData.Run(
        weights: weights, parameters: size, tokens: [size * 20], losses: [losses])
    }
    let data = ScaleData(
      runs: runs, target: .init(parameters: 200e6, tokens: 4e9), ownDomains: [0, 1, 2, 3, nil])
    let question = ForecastQuestion(
      domains: domains, outputs: outputs,
      objective: Objective(targets: ["reviews"], proportionalTo: [1]), data: data,
      feasible: .all(over: domains), guards: [.init(domain: "code", loss: 2.9)],
      front: ["books", "reviews"])
    guard let forecast = ScaleForecast(question) else { throw Unfit() }
    return ForecastReport(
      name: "runs.csv", forecast: forecast, outputs: outputs, target: "200M at 4B tokens",
      objective: "mean:reviews", guards: ["code ≤ 2.9"], front: ["books", "reviews"],
      facts: [("Tables", "runs.csv"), ("Runs", "12")],
      command: "mixpipe forecast runs.csv --target-size 200M --target-tokens 4B")
  }
}

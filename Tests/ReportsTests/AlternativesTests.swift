import Mixtures
import Reports
import Testing

@Suite("What would also do") struct WhatWouldAlsoDo {
  static let alternatives = Result { try FabricatedStudy().report().alternatives }

  @Test("is predicted to be within a run's noise of the best, every point of it")
  func isPredictedToBeWithinARunSNoiseOfTheBestEveryPointOfIt() throws {
    let found = try #require(try Self.alternatives.get())
    let region = found.region
    let limit = region.objectives[0] + found.noise
    #expect(region.mixtures.count > 100)
    let means = found.model.means(at: region.mixtures.map(\.weights))
    for (mean, mixture) in zip(means, region.mixtures) {
      #expect(mean <= limit + 1e-9)
      #expect(abs(mixture.weights.reduce(0, +) - 1) < 1e-9)
      for (weight, range) in zip(mixture.weights, region.ranges) {
        #expect(range.lowerBound - 1e-9 <= weight && weight <= range.upperBound + 1e-9)
      }
    }
    // It is a region, not a point.
    #expect(region.ranges.contains { $0.upperBound - $0.lowerBound > 0.02 })
  }

  @Test("is the same each time") func isTheSameEachTime() throws {
    let first = try #require(try Self.alternatives.get()).region.ranges
    let again = try #require(try FabricatedStudy().report().alternatives).region.ranges
    #expect(first == again)
  }

  @Test("no single weight can go further than its range says by a tenth")
  func noSingleWeightCanGoFurtherThanItsRangeSaysByATenth() throws {
    let found = try #require(try Self.alternatives.get())
    let region = found.region
    let limit = region.objectives[0] + found.noise
    // From the points of the region, one weight moved on by a fifth of the simplex at the others' expense:
    // were ranges much too narrow, some such point would be near enough.
    for (j, range) in region.ranges.enumerated() where range.upperBound < 0.75 {
      let moved = region.mixtures.map { mixture -> [Double] in
        let target = range.upperBound + 0.2
        let rest = 1 - mixture.weights[j]
        return mixture.weights.enumerated().map {
          $0.offset == j ? target : $0.element * (1 - target) / max(rest, 1e-9)
        }
      }
      let near = found.model.means(at: moved).count { $0 <= limit }
      #expect(near == 0, "domain \(j)")
    }
  }

  @Test("holds a round mixture and one that costs others less")
  func holdsARoundMixtureAndOneThatCostsOthersLess() throws {
    let found = try #require(try Self.alternatives.get())
    let round = try #require(found.choices.first { $0.name.hasPrefix("in steps of") })
    let limit = found.region.objectives[0] + found.noise
    #expect(round.prediction.objective.mean <= limit + 1e-9)
    for weight in round.prediction.mixture.weights {
      #expect(abs(weight * 100 - (weight * 100).rounded()) < 1e-9)
    }
  }

  @Test("a gain has its price beside it") func aGainHasItsPriceBesideIt() throws {
    var study = FabricatedStudy()
    study.noise = 1e-4
    study.objective = Objective(targets: ["reviews"], proportionalTo: [1])
    let report = try study.report()
    let words = try #require(report.findings.priceWords(report.record.configuration.objective))
    let prices = report.findings.prices.filter { $0.row.objectiveWeight == nil }
    let worst = try #require(prices.max { $0.difference.mean < $1.difference.mean })
    #expect(worst.difference.mean > 0)
    #expect(words.hasPrefix("The price against equal weights"))
    #expect(words.contains(": \(worst.row.domain) +"))
    #expect(words.hasSuffix("Nothing was guarded."))
    #expect(report.markdown.contains("Highest price, \(worst.row.domain)"))
    #expect(report.markdown.contains("Bits per byte"))
  }

  @Test("a trainer that tells no bits per byte has its gains and prices all the same")
  func noBits() throws {
    var study = FabricatedStudy()
    study.noise = 1e-4
    study.objective = Objective(targets: ["reviews"], proportionalTo: [1])
    let whole = try study.report()
    study.hasBitsPerByte = false
    let report = try study.report()
    let objective = report.record.configuration.objective
    #expect(report.findings.priceWords(objective) == whole.findings.priceWords(objective))
    #expect(report.findings.domains.map(\.cells.count) == whole.findings.domains.map(\.cells.count))
    #expect(report.markdown.contains("Nats per token"))
    #expect(report.markdown.contains("- Trainer: a loop of ours"))
    for text in [report.markdown, report.html] {
      #expect(!text.contains("| Bits per byte") && !text.contains("below, bits per byte"))
    }
  }
}

import Foundation
import Mixtures
import Studies
import Testing

@testable import Reports

@Suite("Prices") struct PriceTests {
  // By hand: squares about the means .14 and .0466667, over five degrees of freedom.
  @Test("a difference of two means has the pooled spread") func pooled() throws {
    let a = try #require(Estimate(of: [4.1, 4.3, 4.2, 4.6]))
    let b = try #require(Estimate(of: [4.0, 4.1, 3.8]))
    let found = a.minus(b)
    #expect(abs(found.mean - 1.0 / 3) < 1e-12)
    let variance: Double = 0.186666666666667 / 5
    let error: Double = (variance * (1.0 / 4.0 + 1.0 / 3.0)).squareRoot()
    let own = try #require(found.standardError)
    #expect(abs(own - error) < 1e-9)
    // The quantile of Student's t at five degrees of freedom is 2.5705818.
    let margin = try #require(found.margin)
    let expected: Double = 2.570581835636 * error
    #expect(abs(margin - expected) < 1e-7)
  }

  @Test("a single run takes the other's spread; two single runs say nothing of theirs")
  func single() throws {
    let many = try #require(Estimate(of: [4.1, 4.3, 4.2]))
    let one = try #require(Estimate(of: [4.0]))
    let found = many.minus(one)
    let error: Double = 0.1 * (4.0 / 3.0).squareRoot()
    let own = try #require(found.standardError)
    #expect(abs(own - error) < 1e-12)
    // Of two degrees of freedom.
    let margin = try #require(found.margin)
    let expected: Double = 4.302652729911 * error
    #expect(abs(margin - expected) < 1e-7)
    #expect(one.minus(one).interval == nil)
  }

  @Test("sentences name who pays, who gains, who cannot be told, and for how many that holds")
  func sentences() {
    let found = PriceSentences(
      [("code", 0.8, true), ("web", 0.1, true), ("chat", -0.2, true), ("docs", 0.3, false)],
      against: "equal weights", comparisons: 9)
    #expect(found.hasPrice)
    #expect(
      found.sentences == [
        "The price against equal weights (95\u{202F}% for all 9 comparisons together): code +0.8000 (perplexity × 2.2), web +0.1000.",
        "Better as well: chat −0.2000.", "Not certain: docs +0.3000.",
      ])
    let none = PriceSentences([("code", 0.8, false)], against: "equal weights", comparisons: 2)
    #expect(!none.hasPrice && none.sentences.count == 2)
    #expect(none.sentences[1] == "Not certain: code +0.8000 (perplexity × 2.2).")
  }

  @Test(
    "a study of several sizes has gains and prices of every held-out domain, and what would also do"
  )
  func sizes() throws {
    var root = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { root.deleteLastPathComponent() }
    let record = try FidelityStudyRecord.read(folder: root.path + "/runs/sizes")
    let report = FidelityStudyReport(record: record, commands: [])
    let rows = report.domainRows
    #expect(rows.map(\.domain).sorted() == record.measuredDomains.sorted() && rows.count == 7)
    for row in rows {
      let change = try #require(row.predictedChange)
      let predicted = try #require(row.predicted)
      let even = try #require(report.evenWeights)
      let place = try #require(report.alternatives?.model.outputs.firstIndex(of: row.domain))
      #expect(abs(predicted.mean - even.losses[place].mean - change.mean) < 1e-9)
    }
    let alternatives = try #require(report.alternatives)
    let region = alternatives.region
    for mixture in region.mixtures.prefix(40) {
      #expect(
        alternatives.model.means(at: [mixture.weights])[0]
          <= region.objectives[0] + alternatives.noise + 1e-9)
    }
    // Nothing of code is used, so its loss rises, which the headline says.
    let words = try #require(report.priceWords)
    #expect(words.contains("equal weights") && words.contains("for all 8 comparisons together"))
    #expect(words.contains("code +"))
    #expect(report.markdown.contains("## What would also do"))
    #expect(report.markdown.contains("## Gain and price on each domain"))
  }
}

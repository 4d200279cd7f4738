import FoundationXML
import Mixtures
import Numerics
import Reports
import Testing

@Suite struct LinearScaleTests {
  // d3.scaleLinear().domain([a, b]).ticks(n), d3 7.
  @Test(
    "marks the round values that d 3 marks",
    arguments: [
      (0.0, 1.0, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0, 10, 5, [0, 2, 4, 6, 8, 10]),
      (-1, 1, 4, [-1, -0.5, 0, 0.5, 1]), (4.412, 4.527, 5, [4.42, 4.44, 4.46, 4.48, 4.5, 4.52]),
      (0.1, 0.3, 2, [0.1, 0.2, 0.3]), (0, 64, 8, [0, 10, 20, 30, 40, 50, 60]),
    ])
  func marksTheRoundValuesThatD3Marks(
    low: Double, high: Double, count: Int, expected: [Double]
  ) {
    #expect(LinearScale(low...high).ticks(count: count) == expected)
  }

  @Test("ticks are within bounds even and as many as asked within a factor")
  func ticksAreWithinBoundsEvenAndAsManyAsAskedWithinAFactor() {
    var generator = SeededGenerator(seed: 4)
    for _ in 0..<500 {
      let low = (generator.uniform() - 0.5) * 100
      let scale = LinearScale(low...(low + generator.uniform() * 10 + 1e-4))
      let ticks = scale.ticks(count: 5)
      #expect((2...12).contains(ticks.count), "\(scale.bounds)")
      let slack = scale.step(count: 5) * 1e-6
      #expect(ticks[0] >= scale.bounds.lowerBound - slack)
      #expect(ticks[ticks.count - 1] <= scale.bounds.upperBound + slack)
    }
  }

  @Test("one value stands in the middle") func oneValueStandsInTheMiddle() {
    #expect(abs(LinearScale(holding: [4.2]).fraction(4.2) - 0.5) < 1e-9)
    #expect(abs(LinearScale(holding: [0, 0]).fraction(0) - 0.5) < 1e-9)
    #expect(LinearScale(holding: []).ticks().count > 1)
  }

  @Test("means keep a third of the length, however long their intervals are")
  func meansKeepAThirdOfTheLengthHoweverLongTheirIntervalsAre() {
    let few = LinearScale(means: [5.3, 5.4], ends: [2.1, 8.8], padding: 0)
    #expect(few.fraction(5.4) - few.fraction(5.3) > 0.33)
    let many = LinearScale(means: [5.3, 5.4], ends: [5.28, 5.42], padding: 0)
    #expect(abs(many.fraction(5.28)) < 1e-9 && abs(many.fraction(5.42) - 1) < 1e-9)
    // Where means do not differ, intervals are all that there is to see.
    let one = LinearScale(means: [5.3, 5.3], ends: [5, 5.6], padding: 0)
    #expect(abs(one.fraction(5)) < 1e-9 && abs(one.fraction(5.6) - 1) < 1e-9)
  }

  @Test("an axis of whole numbers has numbers, however short it is", arguments: 1...40)
  func anAxisOfWholeNumbersHasNumbersHoweverShortItIs(count: Int) throws {
    var plot = Plot(id: "p", title: "t", summary: "s", height: 100)
    plot.horizontalAxis(
      LinearScale(0.3...Double(count) + 0.7), name: "trial", count: 6, wholeNumbers: true)
    let document = try XMLDocument(xmlString: plot.markup.text)
    let numbers = try document.nodes(forXPath: "//text").compactMap(\.stringValue)
    #expect(!numbers.isEmpty && numbers.allSatisfy { Int($0) != nil }, "\(numbers)")
  }

  @Test(
    "decimals tell ticks apart", arguments: [(0.2, 1), (0.05, 2), (0.001, 3), (1.0, 0), (50.0, 0)])
  func decimalsTellTicksApart(step: Double, decimals: Int) {
    #expect(LinearScale.decimals(ofStep: step) == decimals)
  }
}

@Suite struct StretchedScaleTests {
  @Test("marks thirds of decades on either side of zero in order")
  func marksThirdsOfDecadesOnEitherSideOfZeroInOrder() {
    #expect(StretchedScale(limit: 0.4, unit: 0.008).ticks == [0, 0.01, 0.03, 0.1, 0.3])
    #expect(
      StretchedScale(least: -0.02, limit: 1.2, unit: 0.01).ticks == [
        -0.01, 0, 0.01, 0.03, 0.1, 0.3, 1,
      ])
  }

  @Test("marks more than zero where everything is within the unit")
  func marksMoreThanZeroWhereEverythingIsWithinTheUnit() {
    for (least, limit, unit) in [(-0.2, 0.29, 0.35), (0, 0.04, 0.05), (-0.6, 0.6, 0.9)] {
      let ticks = StretchedScale(least: least, limit: limit, unit: unit).ticks
      #expect(ticks.count > 1 && ticks.contains(0), "\(ticks)")
      #expect(ticks.allSatisfy { (least...limit).contains($0) } && ticks == ticks.sorted())
    }
  }

  @Test(
    "goes from one end to the other evenly near zero and by logarithms far off",
    arguments: [0, -0.02, -3])
  func goesFromOneEndToTheOtherEvenlyNearZeroAndByLogarithmsFarOff(least: Double) {
    let scale = StretchedScale(least: least, limit: 5, unit: 0.01)
    #expect(abs(scale.fraction(least)) < 1e-12 && abs(scale.fraction(5) - 1) < 1e-12)
    let near = scale.fraction(0.001) - scale.fraction(0)
    #expect(abs(scale.fraction(0.002) - scale.fraction(0.001) - near) < 0.02 * near)
    let decade = scale.fraction(5) - scale.fraction(0.5)
    #expect(abs(scale.fraction(0.5) - scale.fraction(0.05) - decade) < 0.02 * decade)
  }
}

@Suite struct MarkupAndPlotsTests {
  @Test("escapes what would be markup") func escapesWhatWouldBeMarkup() throws {
    let text = "<b>&\"'\u{1}]]>"
    let element = Markup("p", ["title": text], text: text)
    let document = try XMLDocument(xmlString: element.text)
    let expected = text.replacing("\u{1}", with: "\u{FFFD}")
    #expect(document.rootElement()?.stringValue == expected)
    #expect(document.rootElement()?.attribute(forName: "title")?.stringValue == expected)
  }

  @Test("a plot says what it is to those who cannot see it")
  func aPlotSaysWhatItIsToThoseWhoCannotSeeIt() throws {
    var plot = Plot(id: "x", title: "A & B", summary: "Less < more", height: 40)
    plot.mark(.circle, x: 0.25, y: 10, class: "solid", tip: "here")
    plot.line(from: (0, 0), to: (1, 40), class: "grid")
    let document = try XMLDocument(xmlString: plot.markup.text)
    let svg = try #require(try document.nodes(forXPath: "//svg[@role='img']").first as? XMLElement)
    #expect(svg.attribute(forName: "aria-labelledby")?.stringValue == "x-title x-desc")
    #expect(try document.nodes(forXPath: "//title[@id='x-title']").first?.stringValue == "A & B")
    #expect(try document.nodes(forXPath: "//desc").first?.stringValue == "Less < more")
    #expect(
      try document.nodes(forXPath: "//svg/svg[@x='25%']/path/title").first?.stringValue == "here")
  }

  @Test("labels are spread no further than they must be")
  func labelsAreSpreadNoFurtherThanTheyMustBe() {
    #expect(spread([10, 50], gap: 16, within: 0...100) == [10, 50])
    #expect(spread([50, 50], gap: 16, within: 0...100) == [42, 58])
    #expect(spread([99, 98], gap: 16, within: 0...100) == [100, 84])
    #expect(spread([], gap: 16, within: 0...100) == [])
    // More labels than a chart has room for make it higher.
    let many = [Double](repeating: 340, count: 30)
    let room = chartHeight(atLeast: 340, labels: many.count)
    #expect(spread(many, gap: 16, within: 0...room).allSatisfy { (0...room).contains($0) })
    #expect(
      chartHeight(atLeast: 340, labels: 22) == 340 && chartHeight(atLeast: 340, labels: 0) == 340)
    let placed = spread([3, 2, 1, 60, 61], gap: 10, within: 0...200)
    #expect(placed == [20, 10, 0, 55.5, 65.5])
  }
}

@Suite struct MixtureClustersTests {
  func mixture(_ weights: Double...) -> Mixture {
    Mixture(domains: weights.indices.map { "d\($0)" }, proportionalTo: weights)
  }

  @Test("hellingers distance is 0 for equal mixtures and 1 for strangers")
  func hellingersDistanceIs0ForEqualMixturesAnd1ForStrangers() {
    #expect(hellingerDistance(mixture(0.3, 0.7), mixture(0.3, 0.7)) == 0)
    #expect(hellingerDistance(mixture(1, 0), mixture(0, 1)) == 1)
    // √(1 − √(0.5))
    #expect(abs(hellingerDistance(mixture(1, 0), mixture(1, 1)) - 0.541_196_100_146_197) < 1e-14)
  }

  @Test("mixtures that are alike are grouped in the order they came")
  func mixturesThatAreAlikeAreGroupedInTheOrderTheyCame() {
    let clusters = MixtureClusters([
      mixture(0.9, 0.1), mixture(0.1, 0.9), mixture(0.88, 0.12), mixture(0.5, 0.5),
      mixture(0.12, 0.88),
    ])
    #expect(clusters.clusters.map(\.members) == [[0, 2], [1, 4], [3]])
    #expect(clusters.assignment == [0, 1, 0, 2, 1])
    #expect(abs(clusters.clusters[0].mean.weights[0] - 0.89) < 1e-12)
  }

  /// Mean linkage done the long way, from all pairs at every step.
  func slow(_ mixtures: [Mixture], limit: Int, threshold: Double) -> [[Int]] {
    var groups = mixtures.indices.map { [$0] }
    while groups.count > 1 {
      var best: (Int, Int, Double)?
      for i in groups.indices {
        for j in groups.indices.dropFirst(i + 1) {
          let all = groups[i].flatMap { a in
            groups[j].map { hellingerDistance(mixtures[a], mixtures[$0]) }
          }
          let mean = all.reduce(0, +) / Double(all.count)
          if mean < best?.2 ?? .infinity { best = (i, j, mean) }
        }
      }
      guard let (i, j, distance) = best, groups.count > limit || distance <= threshold else {
        break
      }
      groups[i] = (groups[i] + groups[j]).sorted()
      groups.remove(at: j)
    }
    return groups.sorted { $0[0] < $1[0] }
  }

  @Test("agrees with mean linkage done from all pairs", arguments: [UInt64(1), 2, 3])
  func agreesWithMeanLinkageDoneFromAllPairs(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let mixtures = (0..<40).map { _ in
      Mixture(
        domains: ["a", "b", "c"], proportionalTo: (0..<3).map { _ in generator.uniform() + 1e-3 })
    }
    for (limit, threshold) in [(6, 0.2), (40, 0.15), (1, 0)] {
      let found = MixtureClusters(mixtures, limit: limit, distance: threshold)
      #expect(found.clusters.map(\.members) == slow(mixtures, limit: limit, threshold: threshold))
    }
  }

  @Test("none and one are no trouble") func noneAndOneAreNoTrouble() {
    #expect(MixtureClusters([]).clusters.isEmpty)
    #expect(MixtureClusters([mixture(1, 1)]).clusters.map(\.members) == [[0]])
  }
}

@Suite struct TextTableTests {
  @Test("lines up whatever the letters") func linesUpWhateverTheLetters() {
    var table = TextTable([.init("Domain", .left), .init("Loss")])
    table.append(["books", "4.1"])
    table.append(["日本語", "12.25"])
    table.append(["e\u{301}t\u{1B}[31m", "–"])
    let expected = """
      Domain    Loss
      ───────  ─────
      books      4.1
      日本語   12.25
      e\u{301}t\u{FFFD}[31m      –

      """
    #expect(table.text == expected)
  }

  @Test("is markdown that shows names as they are") func isMarkdownThatShowsNamesAsTheyAre() {
    var table = TextTable([.init("Domain", .left), .init("Loss")])
    table.append(["a|b<c>*", "1"])
    let expected = """
      | Domain          | Loss |
      | --------------- | ---: |
      | a\\|b&lt;c&gt;\\* |    1 |

      """
    #expect(table.markdown == expected)
  }
}

@Suite struct NumbersTests {
  @Test("are written alike everywhere") func areWrittenAlikeEverywhere() {
    #expect(Format.loss(4.43741) == "4.4374")
    #expect(Format.difference(-0.00123) == "−0.0012")
    #expect(Format.difference(0.00123) == "+0.0012")
    #expect(Format.difference(-0.00001) == "0.0000" && Format.difference(0.00001) == "0.0000")
    #expect(
      Format.share(0.4123) == "41.2\u{202F}%" && Format.share(0.0001) == "<\u{202F}0.1\u{202F}%")
    #expect(
      [950, 12_500, 2_000_000, 999_960, 1_300_000_000].map(Format.count) == [
        "950", "12.5k", "2.0M", "1.0M", "1.3B",
      ])
    #expect(
      [3, 42, 250, 3600, 4980].map { Format.duration($0) } == [
        "3.0 s", "42 s", "4 min 10 s", "1 h", "1 h 23 min",
      ])
    #expect(Format.date(1_795_000_000) == "2026-11-18 11:06 UTC")
  }
}

import Numerics

/// What the splits say of each model: R² on mixtures not seen.
package struct ExtrapolationSummary: Sendable, Codable {
  /// A mean over splits.
  package struct Quality: Sendable, Codable {
    package var mean: Double
    /// 95 % of the mean, by resampling splits.
    package var low: Double
    package var high: Double
    /// Of the splits; a mean suffers from few that go wrong.
    package var median: Double

    init(_ values: [Double]) {
      mean = Statistics.mean(values)
      median = Statistics.quantile(ofSorted: values.sorted(), 0.5)
      var generator = SeededGenerator(seed: 1, stream: "extrapolation intervals")
      let interval = Bootstrap.percentileInterval(count: values.count, using: &generator) { draw in
        draw.reduce(0) { $0 + values[$1] } / Double(draw.count)
      }!
      (low, high) = (interval.lowerBound, interval.upperBound)
    }
  }

  package struct Entry: Sendable, Codable {
    /// `E1`, or `8 × 15000` for runs and tokens at equal compute.
    package var design: String
    package var model: ExtrapolationCheck.Model
    package var splits: Int
    /// Runs that were learned from, and mixtures that were told.
    package var trained: Int
    package var tested: Int
    package var objective: Quality
    /// Of each held-out domain; nil of a model that knows the objective alone.
    package var outputs: [Quality]?
    /// The share of the objective's 95 % intervals that held it.
    package var coverage: Double
  }

  package var outputs: [String]
  /// In the order of designs, then of models.
  package var designs: [Entry]
  /// Runs of the target's size for the same compute, from many short ones to few long ones.
  package var equalCompute: [Entry]

  /// - Parameters:
  ///   - outputs: names of the held-out domains.
  ///   - scores, equalCompute: in whatever order they came, the designs in the order of `order`.
  package init(
    outputs: [String], scores: [ExtrapolationCheck.Score],
    equalCompute: [ExtrapolationCheck.Score], budgets: [String]
  ) {
    self.outputs = outputs
    designs = Self.entries(scores, order: ExtrapolationCheck.Design.allCases.map(\.rawValue))
    self.equalCompute = Self.entries(equalCompute, order: budgets)
  }

  private static func entries(
    _ scores: [ExtrapolationCheck.Score], order: [String]
  ) -> [Entry] {
    order.flatMap { design in
      ExtrapolationCheck.Model.allCases.compactMap { model -> Entry? in
        let own = scores.filter { $0.design == design && $0.model == model }
          .sorted { $0.split < $1.split }
        guard let first = own.first else { return nil }
        return Entry(
          design: design, model: model, splits: own.count, trained: first.trained,
          tested: first.tested, objective: Quality(own.map(\.objective)),
          outputs: first.outputs.map { outputs in
            outputs.indices.map { d in Quality(own.map { $0.outputs![d] }) }
          },
          coverage: Double(own.reduce(0) { $0 + $1.covered })
            / Double(own.reduce(0) { $0 + $1.tested }))
      }
    }
  }

  package func entry(_ design: String, _ model: ExtrapolationCheck.Model) -> Entry? {
    (designs + equalCompute).first { $0.design == design && $0.model == model }
  }
}

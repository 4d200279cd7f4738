import Foundation
import Numerics

// p points, m mixtures, c cells (fidelities).

/// Where something is measured, or asked for, as the kernels of every output see it.
struct ScaleInputs: Sendable {
  struct Point: Sendable, Hashable {
    /// Index among the mixtures.
    var mixture: Int
    /// Index among the cells.
    var cell: Int
    /// Points of one run share its noise, and those of one fidelity their jitter; nil for a value that has neither.
    var run: Int?
  }

  /// Each once; as many as counts at a length, where text repeats.
  let mixtures: EmbeddedMixtures
  let cells: [ScaleCell]
  let points: [Point]

  var count: Int { points.count }

  /// g of each point.
  func growths(_ hyperparameters: ScaleHyperparameters) -> [Double] {
    let growths = cells.map(hyperparameters.growth)
    return points.map { growths[$0.cell] }
  }

  /// The exponent of weights in which contrasts are smooth: Hellinger's.
  static let exponent = 0.5

  init(mixtures: EmbeddedMixtures, cells: [ScaleCell], points: [Point]) {
    self.mixtures = mixtures
    self.cells = cells
    self.points = points
  }

  /// Every measurement of the data, run after run.
  init(_ data: ScaleData, _ repetition: Repetition? = nil) {
    let queries = data.runs.enumerated().flatMap { index, run in
      run.tokens.map { tokens in
        ScaleQuery(
          weights: run.weights, cell: data.cell(parameters: run.parameters, tokens: tokens),
          run: index)
      }
    }
    self.init(queries, parts: data.parts, repetition)
  }

  init(_ queries: [ScaleQuery], parts: Int, _ repetition: Repetition? = nil) {
    // Looked up only: the order of a dictionary is never seen.
    var places: [[Double]: Int] = [:]
    var cellPlaces: [ScaleCell: Int] = [:]
    var mixtures: [[Double]] = []
    var cells: [ScaleCell] = []
    var points: [Point] = []
    for query in queries {
      let weights = repetition?.effective(query.weights, at: query.cell) ?? query.weights
      let mixture = places[weights] ?? mixtures.count
      if mixture == mixtures.count {
        places[weights] = mixture
        mixtures.append(weights)
      }
      let cell = cellPlaces[query.cell] ?? cells.count
      if cell == cells.count {
        cellPlaces[query.cell] = cell
        cells.append(query.cell)
      }
      points.append(Point(mixture: mixture, cell: cell, run: query.run))
    }
    self.init(
      mixtures: EmbeddedMixtures(mixtures, parts: parts, exponent: Self.exponent), cells: cells,
      points: points)
  }
}

extension ScaleData {
  /// Where a run of so many parameters and tokens is, seen from the target.
  package func cell(parameters: Double, tokens: Double) -> ScaleCell {
    ScaleCell(
      size: log(target.parameters / parameters), length: log(target.tokens / tokens))
  }

  /// At most so many measurements of each run: even over its rungs, the last among them.
  package func withRungs(atMost count: Int) -> ScaleData {
    guard runs.contains(where: { $0.tokens.count > count }) else { return self }
    var result = self
    for (index, run) in runs.enumerated() where run.tokens.count > count {
      let last = run.tokens.count - 1
      let kept = (0..<count).map {
        count == 1 ? last : Int((Double($0 * last) / Double(count - 1)).rounded())
      }
      result.runs[index].tokens = kept.map { run.tokens[$0] }
      result.runs[index].losses = kept.map { run.losses[$0] }
    }
    return result
  }
}

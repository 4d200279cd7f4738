import Foundation
import GaussianProcesses

/// How far beyond its runs a forecast goes.
package struct ForecastReach: Sendable, Hashable, Codable {
  /// The target's parameters over those of the largest size that was run.
  package var parameters: Double
  /// The target's tokens over those of the longest run.
  package var tokens: Double
  /// The largest size that was run over the smallest.
  package var span: Double
  package var sizes: Int
  /// Different mixtures that were run.
  package var mixtures: Int

  package init(parameters: Double, tokens: Double, span: Double, sizes: Int, mixtures: Int) {
    self.parameters = parameters
    self.tokens = tokens
    self.span = span
    self.sizes = sizes
    self.mixtures = mixtures
  }

  package init(_ data: ScaleData) {
    let parameters = data.runs.map(\.parameters)
    let tokens = data.runs.map { $0.tokens[$0.tokens.count - 1] }
    self.init(
      parameters: data.target.parameters / (parameters.max() ?? 1),
      tokens: data.target.tokens / (tokens.max() ?? 1),
      span: (parameters.max() ?? 1) / (parameters.min() ?? 1), sizes: Set(parameters).count,
      mixtures: Set(data.runs.map(\.weights)).count)
  }

  /// The farthest that forecasts were checked and right from runs of several sizes: RegMix's 1M and 60M models for 1B, 17
  /// times as large at 25 times the tokens.
  static let farthest = (parameters: 20.0, tokens: 30.0)
  /// The same from runs of one size: the testbed's 50k models for 400k. From RegMix's 1M models 60M was told to one nat.
  static let farthestOfOneSize = 8.0
  static let leastMixtures = 6

  /// Why no evidence supports it; nil where some does.
  package var objection: String? {
    func times(_ value: Double) -> String {
      "×" + String(format: value < 10 ? "%.1f" : "%.0f", value)
    }
    if mixtures < Self.leastMixtures {
      return
        "the runs are of \(mixtures) different mixtures, expected \(Self.leastMixtures) or more"
    }
    if sizes == 1, parameters > Self.farthestOfOneSize {
      return
        "the target is \(times(parameters)) the only size that was run; from one size those "
        + "that were checked support no more than \(times(Self.farthestOfOneSize))"
    }
    if parameters > Self.farthest.parameters {
      return "the target is \(times(parameters)) the largest size that was run; those "
        + "that were checked support no more than \(times(Self.farthest.parameters))"
    }
    if tokens > Self.farthest.tokens {
      return "the target has \(times(tokens)) the tokens of the longest run; those that were "
        + "checked support no more than \(times(Self.farthest.tokens))"
    }
    return nil
  }
}

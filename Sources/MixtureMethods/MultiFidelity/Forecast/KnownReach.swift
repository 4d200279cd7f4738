/// What forecasts of known tables' sizes have missed by.
package struct KnownReach: Sendable {
  package var source: String
  package var check: ForecastCheck

  /// Measured by ``ForecastCheck`` on public tables.
  package static let all: [KnownReach] = []
}

/// What forecasts of known tables' sizes have missed by.
package struct KnownReach: Sendable {
  package var source: String
  package var check: ForecastCheck

  /// What `mixpipe forecast` says of each size of public tables, forecast from the smaller ones: 24 mixtures of the
  /// testbed that all its sizes have (mean of seven domains), Data Mixing Laws' table (arXiv 2403.16952, 22 domains) and
  /// RegMix's (arXiv 2407.01492), of whose 1M and 60M runs 40 mixtures. Deviations of levels are those told before
  /// priors of the level were widened for far reaches.
  package static let all: [KnownReach] = [
    .init(
      "testbed", 104_688, 499_712, 1.85, 24, (-0.0328, 0.1680), (0.0336, 0.0433, 0.2352), 0.99, 0,
      (1, 1)),
    .init(
      "testbed", 216_512, 499_712, 2.07, 24, (-0.0429, 0.0705), (0.0182, 0.0271, 0.2404), 0.99, 0,
      (1, 1)),
    .init(
      "testbed", 384_720, 499_712, 1.78, 24, (-0.0181, 0.0755), (0.0155, 0.0232, 0.2392), 0.98, 0,
      (1, 1)),
    .init(
      "5Mix", 410e6, 31e9, 1.34, 26, (0.0085, 0.0144), (0.0108, 0.0136, 0.0764), 0.98, 0, (1, 1)),
    .init(
      "5Mix", 305e6, 31e9, 1.91, 26, (-0.0288, 0.0376), (0.0114, 0.0138, 0.0770), 0.99, 0,
      (1, 0.988)),
    .init("5Mix", 1e9, 21e9, 2.44, 6, (-0.0290, 0.0511), (0.0117, 0.0199, 0.0306), 0.89, 0, (1, 1)),
    .init(
      "RegMix", 1e9, 25e9, 16.7, 64, (0.2498, 0.6465), (0.0405, 0.2582, 0.0524), 0.69, 0, (1, 1)),
    .init(
      "RegMix", 60e6, 1e9, 60, 40, (-0.3912, 0.7801), (0.0711, 0.2101, 0.2609), 0.93, 0.0018, (1, 1)
    ),
  ]

  /// - Parameters:
  ///   - level: the error, and the deviation that was told.
  ///   - contrast: the same of differences, and the spread of those measured.
  ///   - held: of 95 % intervals, of levels and of differences.
  private init(
    _ source: String, _ parameters: Double, _ tokens: Double, _ reach: Double, _ mixtures: Int,
    _ level: (error: Double, deviation: Double),
    _ contrast: (error: Double, deviation: Double, spread: Double), _ rank: Double,
    _ regret: Double, _ held: (levels: Double, contrasts: Double)
  ) {
    self.source = source
    check = ForecastCheck(
      parameters: parameters, tokens: tokens, reach: reach, mixtures: mixtures,
      levelError: level.error, levelDeviation: level.deviation, contrastError: contrast.error,
      contrastDeviation: contrast.deviation, spread: contrast.spread, rank: rank, regret: regret,
      levelsHeld: held.levels, contrastsHeld: held.contrasts)
  }
}

extension ForecastCheck {
  /// One that was made before.
  init(
    parameters: Double, tokens: Double, reach: Double, mixtures: Int, levelError: Double,
    levelDeviation: Double, contrastError: Double, contrastDeviation: Double, spread: Double,
    rank: Double?, regret: Double, levelsHeld: Double, contrastsHeld: Double
  ) {
    self.parameters = parameters
    self.tokens = tokens
    self.reach = reach
    self.mixtures = mixtures
    self.levelError = levelError
    self.levelDeviation = levelDeviation
    self.contrastError = contrastError
    self.contrastDeviation = contrastDeviation
    self.spread = spread
    self.rank = rank
    self.regret = regret
    self.levelsHeld = levelsHeld
    self.contrastsHeld = contrastsHeld
  }
}

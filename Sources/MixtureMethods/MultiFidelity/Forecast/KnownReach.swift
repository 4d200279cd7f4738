/// What forecasts of known tables' sizes have missed by.
package struct KnownReach: Sendable {
  package var source: String
  package var check: ForecastCheck

  /// What `mixpipe forecast` says of each size of public tables, forecast from the smaller ones: the first 24 mixtures
  /// of the testbed that all its sizes have (mean of seven domains), Data Mixing Laws' table at a quarter, half and the
  /// end of each run (arXiv 2403.16952, 22 domains) and RegMix's test runs (arXiv 2407.01492, 13 domains), of whose 1M
  /// and 60M runs the first 40; and `runs/decades`, of fourteen held-out domains.
  package static let all: [KnownReach] = [
    .init(
      "testbed", 104_688, 499_712, 1.85, 24, (0.0246, 0.1678), (0.0181, 0.0476, 0.1747), 0.99, 0,
      (1, 1)),
    .init(
      "testbed", 216_512, 499_712, 2.07, 24, (-0.0293, 0.0513), (0.0172, 0.0270, 0.1773), 1.00, 0,
      (1, 1)),
    .init(
      "testbed", 384_720, 499_712, 1.78, 24, (0.0111, 0.0625), (0.0141, 0.0260, 0.1823), 0.99, 0,
      (1, 1)),
    .init(
      "5Mix", 305e6, 31e9, 1.91, 26, (-0.0366, 0.0268), (0.0073, 0.0140, 0.0770), 0.99, 0,
      (1, 1)),
    .init(
      "5Mix", 410e6, 31e9, 1.34, 26, (0.0145, 0.0082), (0.0064, 0.0127, 0.0764), 0.99, 0,
      (1, 1)),
    .init(
      "5Mix", 1e9, 21e9, 2.44, 6, (-0.0293, 0.0326), (0.0118, 0.0176, 0.0306), 0.94, 0,
      (1, 1)),
    .init(
      "decades", 266_816, 2_499_584, 4.72, 28, (0.1750, 0.3719), (0.0487, 0.1811, 0.4160), 0.99, 0,
      (1, 1)),
    .init(
      "decades", 724_976, 1_999_872, 2.72, 12, (0.0671, 0.0844), (0.0337, 0.0437, 0.4486), 1.00, 0,
      (1, 1)),
    .init(
      "decades", 2_410_560, 1_998_848, 3.33, 10, (-0.0702, 0.1110), (0.0881, 0.0615, 0.4837), 0.93,
      0,
      (0.800, 0.867)),
    .init(
      "RegMix", 60e6, 1e9, 60, 40, (0.1370, 1.0058), (0.0726, 0.2775, 0.2339), 0.94, 0.0109,
      (1, 1)),
    .init(
      "RegMix", 1e9, 25e9, 16.7, 64, (0.2805, 0.5062), (0.0437, 0.1315, 0.0524), 0.75, 0,
      (1, 1)),
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

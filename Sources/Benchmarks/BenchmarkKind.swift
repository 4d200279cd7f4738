/// What a search may choose.
package enum BenchmarkKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// Mixtures, each run at the target.
  case oneSize = "one-size"
  /// Mixtures, sizes and lengths.
  case severalSizes = "sizes"

  package var title: String { self == .oneSize ? "One size" : "Several sizes" }
}

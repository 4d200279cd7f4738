extension BenchmarkSuite {
  /// Documents of the problems, in the order in which they are listed.
  static let sources = [
    threshold3,
    scarce5,
    harmful6,
    crossing7,
    redundant8,
    worst9,
    outside10,
    pool12,
    topics24,
    pile17,
    reviews5,
    kinds5,
  ]
}

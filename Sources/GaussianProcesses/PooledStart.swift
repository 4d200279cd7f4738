import Numerics

/// Where the hyperparameters of an output begin if those of others have been found: at its own priors' centers,
/// moved by as much as the others' ended away from theirs on average.
///
/// What an output's own domain is worth to it is compared with what the others' own domains are to them.
struct PooledStart {
  private typealias Index = Hyperparameters.Index

  private let form: SurrogateForm
  private let parts: Int
  /// Mean distances from the priors' centers, in the flat order: of outputs of other domains.
  private var moves: [Double]
  /// Of outputs' own domains.
  private var ownAffinity: Double
  private var ownRelevance: Double

  /// - Parameter found: of each output, its own domain and the logarithms of its hyperparameters.
  init(_ form: SurrogateForm, _ found: [(own: Int?, logs: [Double])], _ parts: Int) {
    self.form = form
    self.parts = parts
    var sums = [Double](repeating: 0, count: Index.count(parts))
    var counts = sums
    var own = (affinity: [Double](), relevance: [Double]())
    for (domain, logs) in found {
      for (i, prior) in form.priorList(parts: parts, own: domain).enumerated()
      where !prior.isFixed {
        let move = logs[i] - prior.start
        if let domain, i == Index.affinity(domain) {
          own.affinity.append(move)
        } else if let domain, i == Index.relevance(domain, parts) {
          own.relevance.append(move)
        } else {
          sums[i] += move
          counts[i] += 1
        }
      }
    }
    moves = zip(sums, counts).map { $1 > 0 ? $0 / $1 : 0 }
    ownAffinity = own.affinity.isEmpty ? 0 : Statistics.mean(own.affinity)
    ownRelevance = own.relevance.isEmpty ? 0 : Statistics.mean(own.relevance)
  }

  /// - Parameter own: the training domain that the output is the held-out part of, if any.
  func logs(own: Int?) -> [Double] {
    form.priorList(parts: parts, own: own).enumerated().map { i, prior in
      if prior.isFixed { return prior.start }
      if let own, i == Index.affinity(own) { return prior.start + ownAffinity }
      if let own, i == Index.relevance(own, parts) { return prior.start + ownRelevance }
      return prior.start + moves[i]
    }
  }
}

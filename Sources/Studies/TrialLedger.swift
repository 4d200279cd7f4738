import Foundation
import Mixtures
import Storage

/// The trials of a journal, found by what they are and by who asked for them.
struct TrialLedger: EventLedger {
  static let contents = "trials"

  /// By id.
  private(set) var trials: [TrialRecord] = []
  private(set) var endedCount = 0
  // Looked up only: the order of a dictionary is never seen.
  private var idsByWork: [TrialWork: Int] = [:]
  private var idsByClaim: [ClaimPlace: Int] = [:]

  init() {}

  /// The trial that does this very work, whoever asked for it.
  subscript(work: TrialWork) -> TrialRecord? { idsByWork[work].map { trials[$0] } }

  /// The trial that a method's `claim` is about.
  subscript(purpose: TrialRequest.Purpose, claim: TrialClaim) -> TrialRecord? {
    idsByClaim[ClaimPlace(purpose: purpose, claim: claim)].map { trials[$0] }
  }

  /// - Returns: what contradicts the events so far, and then nothing has changed; nil where all is
  ///   well.
  mutating func apply(_ event: TrialEvent) -> String? {
    switch event {
    case .proposed(let request, let claim, let at):
      guard request.id == trials.count else {
        return "trial \(request.id) where \(trials.count) comes next"
      }
      guard idsByWork[TrialWork(request)] == nil else {
        return "trial \(request.id) repeats an earlier one"
      }
      trials.append(TrialRecord(request: request, claims: [claim], proposedAt: at))
      idsByWork[TrialWork(request)] = request.id
      index(claim, of: request)
    case .claimed(let id, let claim):
      guard trials.indices.contains(id) else { return "a claim on trial \(id), which is not there" }
      trials[id].claims.append(claim)
      index(claim, of: trials[id].request)
    case .ended(let id, let outcome, let at, let reusedFrom):
      guard trials.indices.contains(id) else { return "an end of trial \(id), which is not there" }
      guard trials[id].outcome == nil else { return "trial \(id) ends twice" }
      trials[id].outcome = outcome
      trials[id].finishedAt = at
      trials[id].reusedFrom = reusedFrom
      endedCount += 1
    }
    return nil
  }

  private mutating func index(_ claim: TrialClaim, of request: TrialRequest) {
    let place = ClaimPlace(purpose: request.purpose, claim: claim)
    if idsByClaim[place] == nil { idsByClaim[place] = request.id }
  }

  private struct ClaimPlace: Hashable {
    var purpose: TrialRequest.Purpose
    var claim: TrialClaim
  }
}

/// What makes two trials the same work: the bits of the weights, the scale and the seed.
struct TrialWork: Hashable, Sendable {
  var domains: [String]
  var weights: [UInt64]
  var scale: Scale
  var seed: UInt64
  var procedure: TrainingProcedure?

  init(mixture: Mixture, scale: Scale, seed: UInt64, procedure: TrainingProcedure? = nil) {
    domains = mixture.domains
    weights = mixture.weights.map(\.bitPattern)
    self.scale = scale
    self.seed = seed
    self.procedure = procedure
  }

  init(_ request: TrialRequest) {
    self.init(
      mixture: request.mixture, scale: request.scale, seed: request.seed,
      procedure: request.procedure)
  }
}

import Mixtures
import Numerics

/// A mixing law at a scale where nothing has been run: the nested laws of Ye et al., [Data Mixing
/// Laws](https://arxiv.org/abs/2403.16952), section 4.
///
/// For each mixture and size a law of the tokens gives the loss at the target's tokens; for each
/// mixture a law of the size, over those, the loss at the target's size; a mixing law is fitted to the
/// losses thus extrapolated.
package struct NestedMixingLaw: LossModel {
  package let law: LawModel
  /// The losses that it was fitted to: a mixture's, one for each of the objective’s domains.
  package let extrapolated: [(mixture: [Double], losses: [Double])]

  /// - Parameters:
  ///   - observations: of any sizes and tokens; those of one mixture belong together.
  ///   - scale: where losses are wanted.
  /// - Returns: nil with fewer than four mixtures.
  package init?(
    _ observations: [Observation], at scale: Scale, domains: [String], objective: Objective,
    seed: UInt64
  ) {
    var groups: [(mixture: Mixture, observations: [Observation])] = []
    for observation in observations {
      if let index = groups.firstIndex(where: { $0.mixture == observation.mixture }) {
        groups[index].observations.append(observation)
      } else {
        groups.append((observation.mixture, [observation]))
      }
    }
    var rows: [(mixture: [Double], losses: [Double])] = []
    for group in groups {
      let losses = objective.domains.compactMap { target in
        Self.extrapolated(group.observations, target: target, to: scale)
      }
      if losses.count == objective.domains.count {
        rows.append((group.mixture.weights, losses))
      }
    }
    extrapolated = rows
    let data = LawData(
      mixtures: rows.map(\.mixture),
      losses: objective.domains.indices.map { index in rows.map { $0.losses[index] } },
      objective: objective)
    guard
      let law = LawModel(
        .dataMixingLaws, to: data, domains: domains, objective: objective, seed: seed)
    else { return nil }
    self.law = law
  }

  /// One mixture's loss of one target at a scale; nil without a loss of that target.
  static func extrapolated(
    _ observations: [Observation], target: String, to scale: Scale
  ) -> Double? {
    var sizes: [(parameters: Int, tokens: [Double], losses: [Double])] = []
    for observation in observations {
      guard let loss = observation.loss(of: target), loss.isFinite else { continue }
      let place: Int
      if let found = sizes.firstIndex(where: {
        $0.parameters == observation.scale.parameters
      }) {
        place = found
      } else {
        place = sizes.count
        sizes.append((observation.scale.parameters, [], []))
      }
      sizes[place].tokens.append(Double(observation.scale.tokens))
      sizes[place].losses.append(loss)
    }
    let atTokens = sizes.compactMap { size in
      ScalingLaw.fit(size.tokens, losses: size.losses).map {
        (Double(size.parameters), $0.loss(at: Double(scale.tokens)))
      }
    }
    return ScalingLaw.fit(atTokens.map(\.0), losses: atTokens.map(\.1))?
      .loss(at: Double(scale.parameters))
  }

  package func losses(at weights: [Double]) -> [Double]? { law.losses(at: weights) }
  package func objective(at weights: [Double]) -> Double { law.objective(at: weights) }
}

import Foundation
import Numerics

/// Which terms a surrogate has, before any of its hyperparameters is known.
package struct SurrogateForm: Sendable, Hashable, Codable {
  /// What is modelled as Gaussian: the loss, its logarithm, in which mixing laws are additive, or the
  /// logarithm of its odds, for shares between 0 and 1 such as a test's errors.
  package enum Link: String, Sendable, Hashable, Codable {
    case identity
    case logarithm
    case logit

    /// A loss as the model has it. Shares are kept off 0 and 1, where odds have no logarithm.
    func linked(_ loss: Double) -> Double {
      switch self {
      case .identity: return loss
      case .logarithm: return log(loss)
      case .logit:
        let share = min(max(loss, 5e-4), 1 - 5e-4)
        return log(share / (1 - share))
      }
    }

    func loss(_ linked: Double) -> Double {
      switch self {
      case .identity: return linked
      case .logarithm: return exp(linked)
      case .logit: return 1 / (1 + exp(-linked))
      }
    }

    /// The derivative of the loss in what is modelled, at a loss.
    func slope(at loss: Double) -> Double {
      switch self {
      case .identity: return 1
      case .logarithm: return loss
      case .logit: return loss * (1 - loss)
      }
    }

    /// The logarithm of the derivative of what is modelled in the loss.
    func logDensity(at loss: Double) -> Double {
      switch self {
      case .identity: return 0
      case .logarithm: return -log(loss)
      case .logit:
        let share = min(max(loss, 5e-4), 1 - 5e-4)
        return -log(share * (1 - share))
      }
    }
  }

  /// The mixing law: a term linear in a function u of Σⱼ tⱼ wⱼ^q.
  package enum Law: String, Sendable, Hashable, Codable {
    case none
    /// BiMix's: an output's own domain counts, and no other; nothing where it is not trained on.
    case own
    /// BiMix's, where every domain counts by what it is found to be worth.
    case shared
    /// Data Mixing Laws' exponential (Ye et al., arXiv 2403.16952, equation 1): every domain counts.
    case exponential
    /// One that comes with the data: see ``GivenLaws``.
    case given
  }

  /// The priors of the hyperparameters.
  package enum Priors: Sendable, Hashable, Codable {
    /// Made for the simplex: see ``Hyperparameters``.
    case simplex
    /// BoTorch's SingleTaskGP up to version 0.11: Gamma(3, 6) lengthscales, Gamma(2, 0.15) output
    /// scale, Gamma(1.1, 0.05) noise.
    case gamma
  }

  /// Of the embedding z = wᵉ.
  package var exponent: Double
  package var link: Link
  /// A lengthscale for each domain, shrunk to the tied one; else one for all.
  package var hasRelevances: Bool
  /// The prior mean of how much shorter an output's own domain's lengthscale is than the tied one, as a
  /// logarithm.
  package var ownRelevance: Double
  /// A term linear in z.
  package var hasLinear: Bool
  package var law: Law
  /// q of the law. Below one a domain's first tokens are worth more than later ones, so that text of many
  /// domains is worth more to another than as much of one. At least ``exponent``, or one.
  package var lawExponent: Double
  package var priors: Priors
  /// Noise that grows or shrinks with how uneven a mixture is; replicates show it.
  package var hasNoiseSlope = false
  /// The last weight is what the others leave: without it the kernel sees k - 1 raw weights.
  package var omitsLastWeight: Bool

  package init(
    exponent: Double = 0.5, link: Link = .logarithm, hasRelevances: Bool = true,
    ownRelevance: Double = 0, hasLinear: Bool = false, law: Law = .shared, lawExponent: Double = 1,
    priors: Priors = .simplex, omitsLastWeight: Bool = false
  ) {
    self.exponent = exponent
    self.link = link
    self.hasRelevances = hasRelevances
    self.ownRelevance = ownRelevance
    self.hasLinear = hasLinear
    self.law = law
    self.lawExponent = lawExponent
    self.priors = priors
    self.omitsLastWeight = omitsLastWeight
  }

  /// A Gaussian process on the k - 1 free raw weights, as Lindenau ran it: Matérn-5/2 with a
  /// lengthscale for each, constant mean, standardized outcomes (BoTorch 0.11's SingleTaskGP).
  package static let rawWeights = SurrogateForm(
    exponent: 1, link: .identity, hasRelevances: true, hasLinear: false, law: .none,
    priors: .gamma, omitsLastWeight: true)
}

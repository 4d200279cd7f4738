import Corpora
import Foundation
import Mixtures
import Numerics

/// All that decides a run besides its text and its mixture.
package struct TrainingConfiguration: Sendable, Hashable, Codable {
  package var size: ModelSize
  package var vocabularySize: Int
  package var seed: UInt64
  package var steps: Int
  /// Sequences of one step, each of the size's context length.
  package var batchSequences: Int
  /// Parts of a batch whose gradients are summed apart and then merged in order: the most workers
  /// that one run can use. The same for any number of workers, so that the bits are too.
  package var gradientShards: Int
  /// Sequences that go through the model at once. Bounds memory; changes rounding only.
  package var microBatchSequences: Int

  /// Learning rate of matrices, as it would be at `baseWidth` channels; it falls with 1/width.
  package var learningRate: Double
  /// Learning rate of the embedding and the gains at all widths.
  package var embeddingRate: Double
  package var warmupSteps: Int
  /// Share of the steps over which the learning rate falls to zero.
  package var decayShare: Double
  package var weightDecay: Double
  package var firstDecay: Double
  package var secondDecay: Double
  package var epsilon: Double
  /// Largest norm of a step's gradient.
  package var clipNorm: Double
  /// Standard deviation of the embedding at the start.
  package var embeddingDeviation: Double
  /// What all tokens have in common at the start: the embedding's first channel. Zero: it is drawn as
  /// the others are, and no head is aimed.
  package var commonChannel: Double
  /// Heads of the first layer that start out looking one, two, … positions back.
  package var neighbourHeads: Int
  /// Held-out tokens of each domain to measure on.
  package var heldOutTokens: Int
  package var engine: ProductEngine
  /// What the factors of products are rounded to.
  package var precision: Precision {
    get { products ?? .fp32 }
    set { products = newValue == .fp32 ? nil : newValue }
  }
  /// Nil for single precision, so that runs of before there was a choice read as what they are.
  private var products: Precision?

  /// The part of each training domain's text that is read; nil for all of it.
  package var subsample: TextSubsample?

  /// The width at which `learningRate` applies as it is.
  package static let baseWidth = 64.0
  /// The default of `learningRate` before it is scaled to the size and the batch.
  package static let baseLearningRate = 7.5e-3
  /// Parameters up to which the rates are as they are; of larger models they fall.
  package static let baseParameters = 105_000.0

  /// Steps of one run, at most: their products with tokens and domains are numbers still.
  package static let mostSteps = 1 << 40

  /// The defaults for a size and budget.
  ///
  /// - Parameters:
  ///   - tokens: rounded to whole steps, at least one.
  ///   - batchSequences: of one step, nil for what suits the size.
  package init(
    size: ModelSize, vocabularySize: Int, tokens: Int, seed: UInt64, batchSequences: Int? = nil,
    precision: Precision = .fp32
  ) {
    self.size = size
    self.vocabularySize = vocabularySize
    self.seed = seed
    let parameters = size.parameterCount(vocabularySize: vocabularySize)
    // At 20 tokens a parameter small models are far from the batch size at which steps stop paying:
    // 4,096 tokens a step cost 100k parameters .2 nats against 1,024. Larger ones take larger steps.
    let batchTokens = parameters < 2_000_000 ? 1024 : parameters < 8_000_000 ? 4096 : 8192
    let batchSequences = batchSequences ?? max(batchTokens / size.contextLength, 1)
    self.batchSequences = batchSequences
    let wanted = (Double(tokens) / Double(batchSequences * size.contextLength)).rounded()
    steps = Int(min(max(wanted, 1), Double(Self.mostSteps)))
    gradientShards = min(max(batchSequences / 4, 1), 4)
    // Products of bfloat16 are so fast that what a micro-batch keeps should lie in the second-level cache; the
    // matrices of a large model do not, and are read again for each. Beyond 48M memory decides.
    let microBatchTokens =
      switch (precision, parameters) {
      case (.fp32, _): 256
      case (_, ..<8_000_000): 128
      case (_, ..<16_000_000): 256
      case (_, ..<48_000_000): 512
      default: 256
      }
    microBatchSequences = max(microBatchTokens / size.contextLength, 1)
    // Adam's steps are about equally long in any direction, so their noise averages out as the square
    // root of their number: a larger batch may go further at each (Malladi et al., On the SDEs and
    // Scaling Rules for Adaptive Gradient Algorithms, https://arxiv.org/abs/2205.10287).
    let batchScale = (Double(batchSequences * size.contextLength) / 1024).squareRoot()
    // Larger models are trained on more tokens, and the best rate falls with about the cube root of those
    // (Bjorck et al., Scaling Optimal LR Across Token Horizons, https://arxiv.org/abs/2409.19913,
    // section 4). By the model, not the budget, as the warm-up below.
    let horizonScale = min(pow(Double(parameters) / Self.baseParameters, -1 / 3), 1)
    learningRate = Self.baseLearningRate * batchScale * horizonScale
    embeddingRate = 2 * learningRate
    // By the model, not the budget: a longer run starts as a shorter one does, and can go on from it.
    warmupSteps = max(parameters / (batchSequences * size.contextLength), 1)
    decayShare = 0.3
    weightDecay = 0.1
    firstDecay = 0.9
    secondDecay = 0.95
    epsilon = 1e-8
    clipNorm = 1
    embeddingDeviation = 1 / Double(size.width).squareRoot()
    // At 100k parameters and 20 tokens a parameter: .095 nats lower, and half the noise of a seed.
    commonChannel = 1
    neighbourHeads = 2
    heldOutTokens = HeldOutWindows.usualTokens
    engine = .automatic
    self.precision = precision
  }

  /// Multiplies all learning rates.
  package mutating func scaleRates(by factor: Double) {
    learningRate *= factor
    embeddingRate *= factor
  }

  /// Tokens of one step.
  package var batchTokens: Int { batchSequences * size.contextLength }

  package var tokens: Int { steps * batchTokens }

  /// The first step whose learning rate is below the stable one.
  package var decayStart: Int { steps - Int(clamping: (Double(steps) * decayShare).rounded()) }

  /// The share of the full learning rate at a step: linear warm-up, stable, then down to nothing as
  /// 1 - √t does (Hägele et al., [Scaling Laws and Compute-Optimal Training Beyond Fixed Training
  /// Durations](https://arxiv.org/abs/2405.18392), section 4).
  package func rateShare(step: Int) -> Double {
    let warm = min(Double(step + 1) / Double(warmupSteps), 1)
    guard step >= decayStart else { return warm }
    let progress = Double(step + 1 - decayStart) / Double(steps + 1 - decayStart)
    return min(warm, 1 - progress.squareRoot())
  }

  /// Floating-point operations of the whole training, by the usual count.
  package var trainingOperations: Double {
    size.trainingOperationsPerToken(vocabularySize: vocabularySize) * Double(tokens)
  }
}

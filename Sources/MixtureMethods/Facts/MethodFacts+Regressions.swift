// Methods that fit a regression, and those that need no search.
extension MethodFacts {
  static let regressions: [MethodFacts] = [
    MethodFacts(
      "regmix", source: "Liu et al., RegMix, arXiv 2407.01492",
      read:
        "sail-sg/regmix at b004d3a (2024-10-03): synthesize_mixture.py, regression.ipynb",
      parameters: [
        (
          "design",
          "Dirichlet, shares of the text to the power .5, strengths .1 to 5, weights at most 15 times the share, multiples of 2e-4"
        ),
        (
          "trees",
          "LightGBM's: rate .01, 31 leaves, 20 runs a leaf, 1,000 rounds ended by 3 without gain"
        ),
        ("simulation", "100,000 from Dirichlet(shares of the text), the mean of the best 128"),
      ],
      deviations: [
        "a third of the runs ends the trees' growth; theirs are 256 further runs",
        "trees learn the objective; theirs one held-out loss",
        "theirs learn from 512 runs; with fewer than sixty, leaves of twenty leave no split, and the mean of the prior is handed over",
      ],
      check: "trees agree with LightGBM 4.7.0 to six digits on 96 runs"),
    MethodFacts(
      "regmix-tuned", source: "as regmix",
      parameters: [
        (
          "trees",
          "rate .05, 8 leaves, 3 runs a leaf, 80 % of the runs a tree, their number by five folds"
        ),
        ("simulation", "100,000 from Dirichlet(shares of the text to the power .5)"),
      ],
      deviations: ["trees and simulation are ours"], check: "splits against all splits by hand"),
    MethodFacts(
      "regmix-linear", source: "as regmix", read: "as regmix",
      parameters: [("regression", "least squares of the objective on the weights")],
      deviations: ["a ridge of 1e-8 where there are fewer runs than domains"],
      check: "recovers exact coefficients"),
    MethodFacts(
      "climb", source: "Diao et al., CLIMB, arXiv 2504.13161",
      parameters: [
        ("rounds", "64 : 32 : 16 of the runs"), ("design", "Dirichlet(shares of the text)"),
        (
          "trees",
          "LightGBM's: depth 4, 5 runs a leaf, L1 and L2 of 1, rate .01, ended by 20 rounds"
        ),
        ("pool", "the best max(M², 128) of 100,000 draws for a round of M"),
      ],
      deviations: [
        "which runs end the trees' growth is not published: here the last fifth",
        "domains are given; theirs are clusters that are pruned first",
      ], check: "trees agree with LightGBM 4.7.0; the search itself has no public reference values"),
    MethodFacts(
      "climb-tuned", source: "as climb",
      parameters: [
        ("design", "the even spread"), ("trees", "as regmix-tuned"),
        ("pool", "the best 200 of 20,000 even draws"),
      ],
      deviations: ["design, trees and pool are ours"], check: "as regmix-tuned"),
  ]

  static let fixed: [MethodFacts] = [
    MethodFacts(
      "sobol", source: "random search; Sobol's sequence mapped to the simplex by sorted spacings",
      parameters: [("handed over", "the best trial")],
      check: "points agree with the published direction numbers"),
    MethodFacts("uniform", check: "nothing to check"),
    MethodFacts(
      "llama", source: "Touvron et al., LLaMA, arXiv 2302.13971, table 1, folded as Lindenau does",
      read: "tim200002/lm_mixture_optimization at c30e50b: config_baselines_llama_weights",
      deviations: [
        "C4 and Wikipedia are dropped, and a tenth goes to conversations, which LLaMA had none of: it is Lindenau's mixture, not LLaMA's"
      ], check: "the published weights"),
    MethodFacts(
      "natural", parameters: [("weights", "each domain's share of the training tokens")],
      check: "nothing to check"),
  ]
}

// Methods that fit a process or a law.
extension MethodFacts {
  static let models: [MethodFacts] = [
    MethodFacts(
      "bo",
      parameters: [
        ("model", "one process for each held-out domain on powers of the weights; a law as mean"),
        ("acquisition", "noisy expected improvement, trials under way among its base"),
        ("handed over", "the lowest posterior mean"),
      ],
      check:
        "our own; closed forms, gradients and posteriors are checked against mpmath and BoTorch"
    ),
    MethodFacts(
      "bo-raw",
      source: "Lindenau, Bayesian Optimization for Mixture Optimization in Language Models?, 2024",
      read:
        "tim200002/lm_mixture_optimization at c30e50b (2024-10-05): bayesian_selector.py, config_bayesian_cc_books_stack_pes2o_reddit.yaml",
      parameters: [
        ("model", "SingleTaskGP on the first k - 1 weights, outcomes standardized"),
        ("acquisition", "qLogNoisyExpectedImprovement"),
        ("starts", "half of the trials, 32 at most"), ("handed over", "the best trial"),
      ],
      deviations: [
        "starts are Sobol points; his are drawn at random",
        "hyperparameters from two starts; botorch.fit from one",
        "with several trials at once a proposal waits for fewer outcomes than one by one",
      ], check: "posterior and acquisition agree with values computed by BoTorch 0.11"),
    MethodFacts(
      "bo-raw-tuned", source: "as bo-raw",
      parameters: [
        ("starts", "as many as for bo"), ("handed over", "the lowest posterior mean"),
      ],
      deviations: ["starts and hand-over are ours"], check: "as bo-raw"),
    MethodFacts(
      "bimix", source: "Ge et al., BiMix, arXiv 2405.14908, at one scale as Lindenau has it",
      read: "tim200002/lm_mixture_optimization at c30e50b: assets/report.pdf",
      parameters: [
        ("law", "L = a / (w^b + 1e-6) of the domain's own weight"),
        ("fitted on", "weights between .05 and .9"),
      ],
      deviations: ["a held-out domain that is no training domain has no law: its mean counts"],
      check: "recovers the parameters of exact curves"),
    MethodFacts(
      "mixlaws", source: "Ye et al., Data Mixing Laws, arXiv 2403.16952",
      read: "yegcjs/mixinglaws, version of 2024-10: law.py, the notebooks",
      parameters: [
        ("law", "exp(log c) + exp(log k + t·w)"), ("loss", "Huber's at .03"),
        ("handed over", "the law's minimum on the simplex"),
      ],
      deviations: [
        "24 descents from the most promising of laid out starts; theirs are 6,000, and a refit by them gives the same picks to .001",
        "thresholds of .01 to .05 are published; .03 is between",
      ],
      check: "recovers exact laws; a refit by the authors' way on runs/compare gives the same picks"
    ),
    MethodFacts(
      "olmix", source: "Olmix, arXiv 2602.12237",
      read:
        "allenai/olmix at 9586977 (2026-03-06): olmix/fit/utils.py, law.py, configs/fits",
      parameters: [
        ("law", "exp(log c) + exp(t·w)"), ("loss", "Huber's at .02"),
        ("pull", ".05 times the divergence from the natural mixture (kl_reg)"),
        ("caps", "four epochs at the target's tokens, where these are known"),
      ],
      deviations: [
        "runs are spread evenly; theirs come from a Dirichlet distribution about the natural mixture",
        "where nobody tells the target's tokens there are no caps; '--constrain epochs<=4' sets them at a run's",
      ], check: "its optimum agrees with scipy's SLSQP 1.17 on the same law"),
    MethodFacts(
      "olmix-tuned", source: "as olmix",
      parameters: [("pull", "none"), ("caps", "four epochs at a run's tokens")],
      deviations: ["no pull; caps at the tokens of a run"], check: "as olmix"),
    MethodFacts(
      "mde",
      source:
        "Belenki et al., Optimizing Pre-Training Data Mixtures with Mixtures of Data Expert Models, arXiv 2502.15950",
      parameters: [
        ("experts", "one run on each domain alone, 4,096 held-out tokens of each domain kept"),
        ("handed over", "the minimum of the mean of -log Σ w p"),
      ],
      deviations: [
        "they use it as a feature of a regression on runs at mixtures; here it stands alone",
        "what a sample of the tokens misses is corrected by the experts' whole losses",
      ], check: "no code is public; loss and gradient are checked by hand and by differences"),
    MethodFacts(
      "mixmin", source: "Thudi et al., MixMin, arXiv 2502.10510",
      read: "Anvith-Thudi/MixMin at 7212abe (2025-09-29): LLM_DataMixing/mixmin_gen.py",
      parameters: [
        ("experts", "as mde"), ("descent", "exponentiated gradient from equal shares, rate 1"),
        ("ended by", "100 steps, or no slope above 1e-4"),
      ],
      deviations: [
        "probabilities are mixed token by token; theirs are of whole documents",
        "all held-out tokens are used; they leave out a fifth",
      ], check: "agrees with the authors' functions run on a small table"),
    MethodFacts(
      "bo-mde", source: "ours, with mde as prior mean",
      parameters: [("starts", "as bo, less one for each expert")], check: "our own"),
  ]
}

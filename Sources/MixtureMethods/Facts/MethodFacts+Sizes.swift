// Methods that choose size and length too.
extension MethodFacts {
  private static let mfms = "Yen et al., arXiv 2503.21023"
  private static let mfmsRead =
    "namkoong-lab/data-recipes at e80dcd8 (2025-02-21): opt_algos/eval_ei_optimizer.py, bopt_utils.py"
  private static let credit =
    "a paused run goes on for the steps that it lacks, as for every method here; there each query pays from its start"

  static let severalSizes: [MethodFacts] = [
    MethodFacts("uniform", check: "nothing to check"),
    MethodFacts("natural", check: "nothing to check"),
    MethodFacts(
      "random", source: "random search", read: mfmsRead,
      parameters: [("mixtures", "uniform on the simplex, each run at the target")],
      check: "nothing to check"),
    MethodFacts(
      "grid", source: "grid search",
      parameters: [("mixtures", "the finest lattice that the budget pays for, in random order")],
      deviations: ["MFMS's grid is of a box that is not scaled to the simplex"],
      check: "nothing to check"),
    MethodFacts(
      "screen",
      parameters: [
        ("design", "all mixtures at the cheapest rung, then the best few at the target")
      ], check: "our own baseline"),
    MethodFacts(
      "bo", parameters: [("runs", "at the target alone, by the method bo of one size")],
      check: "our own"),
    MethodFacts(
      "successive-halving", source: "Jamieson and Talwalkar, AISTATS 2016",
      parameters: [("η", "3"), ("resource", "tokens at the target's size")],
      check: "as hyperband"),
    MethodFacts(
      "hyperband", source: "Li et al., Hyperband, JMLR 18, 2018",
      parameters: [
        ("η", "3"),
        ("resource", "tokens at the target's size, from the shortest rung that there is"),
      ],
      deviations: [
        "as many brackets as the rungs of the target's size allow: with a table that begins at a fifth of a run two, where MFMS's rival had five"
      ], check: "brackets as in the paper's table 1"),
    MethodFacts(
      "asha", source: "Li et al., MLSys 2020", parameters: [("η", "3")],
      deviations: ["from a pool, which has an end, the next best go on"],
      check: "promotions by hand"),
    MethodFacts(
      "bohb", source: "Falkner, Klein and Hutter, ICML 2018",
      parameters: [
        ("η", "3"), ("good", "the best 15 %"), ("samples", "64, a third of all at random"),
      ],
      deviations: [
        "Dirichlet kernels, as Gaussian ones leave the simplex",
        "with few configurations the good and the bad ones overlap, as in HpBandSter",
        "at most 192 kernels on either side, evenly over the ranks",
      ], check: "no reference on the simplex"),
    MethodFacts(
      "smac",
      source: "Lindauer et al., SMAC3, JMLR 23, 2022, as MFMS's authors set it up",
      read:
        "namkoong-lab/data-recipes at e80dcd8: opt_algos/optimizers.py; SMAC 2.2.0, MultiFidelityFacade",
      parameters: [
        ("brackets", "Hyperband, η = 3, tokens at the target's size"),
        ("model", "a forest of ten trees on the weights at the highest budget with enough runs"),
        ("acquisition", "expected improvement over the best; a fifth at random, the first ten too"),
      ],
      deviations: [
        "candidates are mixtures; theirs a box whose points are not scaled to the simplex",
        "the forest is ours, by SMAC's settings (all features, leaves of one run, bootstrap)",
      ], check: "the forest recovers steps; SMAC's own is random and has no values to agree with"),
    MethodFacts(
      "successive-halving-sizes", source: "ours, after successive halving",
      parameters: [("resource", "cost, from the smallest size's shortest rung to the target")],
      deviations: ["nobody's published method"], check: "as hyperband"),
    MethodFacts(
      "hyperband-sizes", source: "ours, after Hyperband",
      parameters: [("resource", "cost, from the smallest size's shortest rung to the target")],
      deviations: ["nobody's published method"], check: "as hyperband"),
    MethodFacts(
      "asha-sizes", source: "ours, after ASHA", deviations: ["nobody's published method"],
      check: "as asha"),
    MethodFacts(
      "bohb-sizes", source: "ours, after BOHB", deviations: ["nobody's published method"],
      check: "as bohb"),
    MethodFacts(
      "scale-bo",
      parameters: [
        ("model", "curves over tokens and sizes for each held-out domain"),
        ("acquisition", "the knowledge gradient at the target for its cost"),
      ], check: "our own"),
    MethodFacts(
      "mfms", source: mfms, read: mfmsRead,
      parameters: [
        ("start", "20 random mixtures of any size, up to 9 of 197 steps, whole curves"),
        ("model", "product of three RBF kernels on weights, N and steps; linear mean; noise .1"),
        ("fitted", "once, after the start: 50 steps of Adam at .1"),
        (
          "acquisition",
          "expected improvement over the lowest loss seen anywhere, over cost^α, α = .99^t, at 60, 120 and 197 of 197 steps"
        ),
        (
          "lengthscales",
          "of size and steps fall by 5 % where the target's improvement is below 1e-4"
        ),
        ("handed over", "the mixture of the lowest loss seen anywhere"),
      ],
      deviations: [
        credit,
        "lengths are the rungs nearest to theirs",
        "improvement is maximized over candidates and around them; theirs by five L-BFGS-B starts that follow the gradient of the weights in the logits",
      ], check: "likelihood, posterior and improvement agree with SciPy's on a small table"),
    MethodFacts(
      "mfms-fixed", source: "ours, after " + mfms,
      parameters: [
        ("start", "20 random mixtures of the smallest size"),
        ("model", "as mfms on ln N and ln D, standardized, refitted"),
        ("acquisition", "expected improvement over the lowest mean at the same fidelity"),
        ("handed over", "the lowest posterior mean at the target"),
      ],
      deviations: ["start, incumbent, model and hand-over are ours"], check: "as mfms"),
    MethodFacts(
      "boca", source: "Kandasamy et al., BOCA, ICML 2017, algorithm 1",
      parameters: [
        ("start", "a tenth of the budget at random"), ("thresholds", "as in the paper"),
        ("handed over", "the lowest posterior mean"),
      ],
      deviations: [
        "the paper's algorithm; Dragonfly, which MFMS's authors ran, adapts the threshold as it goes",
        "the model has a linear mean in size and length",
      ], check: "no values: Dragonfly does not build with current Python"),
    MethodFacts(
      "admire", source: "Chen et al., ADMIRE-BayesOpt, arXiv 2508.11551",
      read: "xo28/ADMIRE-BayesOpt at dc17795 (2025-08-18): mfbayesopt_maxvalue.py",
      parameters: [
        ("start", "one random run of the smallest size"),
        ("model", "SingleTaskMultiFidelityGP, fidelity the relative cost"),
        ("acquisition", "max-value entropy with one draw, over cost"),
        ("handed over", "the target mixture of the largest acquisition, as their code does"),
      ],
      deviations: [
        "the lowest value is drawn from the joint posterior over the candidates; there by a Gumbel fit to the runs so far",
        "where any mixture may be tried candidates are proposed; theirs are runs that exist",
      ], check: "the kernel agrees with values computed by BoTorch"),
    MethodFacts(
      "admire-tuned", source: "ours, after ADMIRE-BayesOpt",
      parameters: [
        ("acquisition", "max-value entropy with 32 draws"),
        ("handed over", "the lowest posterior mean"),
      ],
      deviations: ["draws and hand-over are ours"], check: "as admire"),
  ]
}

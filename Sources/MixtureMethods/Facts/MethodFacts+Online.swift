// Methods that reweigh while a model trains.
extension MethodFacts {
  private static func isStatic(_ name: String) -> MethodFacts {
    MethodFacts(
      name + "-static", source: "as \(name)",
      parameters: [("handed over", "the mean of the weights over the steps, trained as it is")],
      deviations: ["its authors report the online model"], check: "as \(name)")
  }

  private static let doReMi = "Xie et al., DoReMi, arXiv 2305.10429"
  private static let doReMiRead =
    "sangmichaelxie/doremi at 7cde52d (2023-12-26): doremi/trainer.py, README.md"
  private static let doReMiParameters = [
    ("rate", "1 (reweight_eps)"), ("smoothing", "1e-3"),
    ("handed over", "the mean of the weights over the steps, trained as it is"),
  ]
  private static let doReMiDeviations = [
    "a run has a few thousand steps; theirs 200,000",
    "reference and proxy have the size of the runs, as theirs have one size",
  ]

  static let online: [MethodFacts] =
    [
      MethodFacts(
        "doremi", source: doReMi, read: doReMiRead,
        parameters: [("reference", "natural proportions, one round: the README's default")]
          + doReMiParameters, deviations: doReMiDeviations,
        check: "updates by hand, as algorithm 1 goes"),
      MethodFacts(
        "doremi-uniform", source: doReMi, read: doReMiRead,
        parameters: [("reference", "equal shares, one round")] + doReMiParameters,
        deviations: doReMiDeviations
          + ["with equal shares the README advises rounds: see doremi-rounds"],
        check: "as doremi"),
      MethodFacts(
        "doremi-rounds", source: doReMi + ", section 3.3", read: doReMiRead,
        parameters: [
          (
            "reference",
            "equal shares, then each round's answer, until weights move by less than 1e-3"
          )
        ] + doReMiParameters,
        deviations: doReMiDeviations
          + [
            "three rounds at most, the last one's answer is handed over though it may not have settled"
          ],
        check: "as doremi"),
      MethodFacts(
        "odm", source: "Albalak et al., Efficient Online Data Mixing, arXiv 2312.02406",
        read:
          "alon-albalak/online-data-mixing at edbfdad (2024-01-09): SmoothedMeanWeightUpdater, train_1B_ema_0.5smoothing.sh",
        parameters: [
          ("reward", "smoothed mean (.5) of exp(loss)"),
          ("weights", "linear in the rewards, an even part of min(1/k, √(ln k / (k t)))"),
          ("first weights", "natural proportions, a fiftieth of the steps"),
          ("handed over", "the online model"),
        ], check: "agrees with the authors' class run on a short series of losses"),
      isStatic("odm"),
      MethodFacts(
        "odm-exp3", source: "Albalak et al., arXiv 2312.02406, algorithm 1",
        read: "alon-albalak/online-data-mixing at edbfdad: Exp3WeightUpdater",
        parameters: [
          ("reward", "a tenth of the loss over the weight"),
          ("first weights", "equal shares, a hundredth of the steps"),
          ("handed over", "the online model"),
        ],
        deviations: [
          "a batch of several domains counts as so many pulls as it has sequences; theirs adds each domain's reward whole"
        ], check: "updates by hand, as the repository's rule goes"),
      isStatic("odm-exp3"),
      MethodFacts(
        "aioli", source: "Chen et al., Aioli, arXiv 2411.05735",
        read:
          "HazyResearch/aioli at a236112 (2025-01-17): trainer/aioli_trainer.py, scripts/arxiv_books_stackexchange/aioli/run.sh",
        parameters: [
          ("rounds", "20"), ("sweeps", "4 a round, each in an order of its own"),
          ("probes", ".288 of a round, at a weight of .5, of .75 with more than three domains"),
          ("rate", ".1"), ("moving average", ".5"), ("handed over", "the online model"),
        ],
        deviations: [
          "fewer sweeps and then fewer rounds where a run is too short for probes of a step each",
          "probes are judged by 16 windows of each domain's held-out text",
          "with two domains a probe of one half says nothing: .75",
        ], check: "agrees with the authors' update run on given losses"),
      isStatic("aioli"),
      MethodFacts(
        "ado", source: "Jiang et al., Adaptive Data Optimization, arXiv 2410.11820",
        read:
          "yidingjiang/ado at bc3d8d0 (2024-12-09): src/data_selectors/ado.py, configs/loader/pile_ado.yaml",
        parameters: [
          ("first weights", "natural proportions"),
          ("laws", "fitted every sixtieth of the run to smoothed training losses"),
          ("weights", ".9 of the mean preference so far, .1 of the last; none below .01"),
          ("handed over", "the online model"),
        ],
        deviations: [
          "every sixtieth of the run stands for every 1,000 of their 60,000 steps",
          "descents from the 16 best of their 512 starts",
        ],
        check: "smoothing agrees with SciPy's, laws with the authors' cost minimized by SciPy"),
      isStatic("ado"),
    ]
}

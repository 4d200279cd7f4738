/// The words that headings are read by.
enum HeadingWords {
  static let weights: Set<String> = [
    "weight", "weights", "w", "mix", "mixture", "mixtures", "mixing", "share", "shares", "frac",
    "fraction", "fractions", "prop", "proportion", "proportions", "ratio", "ratios", "pct",
    "percent", "percentage", "train", "training", "prob", "probability", "p",
  ]
  /// Of these, the ones that are hardly a part of a name.
  static let plainWeights: Set<String> = [
    "weight", "weights", "share", "shares", "frac", "fraction", "fractions", "prop", "proportion",
    "proportions", "ratio", "ratios", "prob", "probability",
  ]
  static let weightTrimmings: Set<String> = [
    "target", "actual", "effective", "realized", "domain", "data", "dataset", "source", "sampling",
    "mixture", "mixing", "mix", "sample",
  ]
  static let losses: [String: ColumnName.LossKind] = [
    "loss": .nats, "losses": .nats, "nll": .nats, "ce": .nats, "crossentropy": .nats,
    "crossentropyloss": .nats, "xent": .nats, "logppl": .nats, "logperplexity": .nats,
    "entropy": .nats, "bpb": .bits, "bpc": .bits, "bits": .bits, "ppl": .perplexity,
    "perplexity": .perplexity,
  ]
  /// Around a domain's name in the heading of its loss.
  static let lossTrimmings: Set<String> = [
    "log", "cross", "metric", "metrics", "eval", "evaluation", "evals", "val", "valid",
    "validation", "test", "heldout", "held", "out", "lm", "final", "nats", "dev", "task", "set",
    "train", "training", "word", "byte", "per", "char",
  ]
  /// Of which a part of a run's text is counted: `tokens_books`.
  static let amounts: Set<String> = [
    "tokens", "token", "documents", "docs", "samples", "examples", "sequences", "bytes", "chars",
  ]
  /// Before these: `n_docs_books`.
  static let counting: Set<String> = ["n", "num", "number", "nb", "count", "of", "total"]
  /// What a loss is divided by: of the same text they tell the same.
  static let lossUnits: Set<String> = ["word", "byte", "token", "per", "char", "bits"]
  static let aggregates: Set<String> = [
    "avg", "average", "mean", "overall", "total", "all", "macro", "micro", "objective", "agg",
  ]

  /// How far a measurement is known; hardly a domain's name.
  static let spreads: Set<String> = [
    "std", "stderr", "stdev", "stddev", "variance", "sem", "ci95",
  ]
  /// The same, but also names that people give.
  static let bounds: Set<String> = [
    "se", "sd", "err", "error", "ci", "low", "high", "lower", "upper", "var", "min", "max",
    "median",
  ]
  /// In headings of what is measured or set besides.
  static let others: Set<String> = spreads.union(bounds).union([
    "decay", "epochs", "epoch", "flops", "flop", "time", "seconds", "hours", "runtime", "lr",
    "learning", "warmup", "batch", "dropout", "grad", "norm", "rank", "note", "notes", "comment",
    "date", "method", "timestamp", "cost", "norms", "duration", "memory", "throughput",
  ])
  /// In headings with `loss` in them that are of no loss on held-out text: counts, settings, differences,
  /// and what is added to the loss in training.
  static let besides: Set<String> = [
    "step", "steps", "iteration", "iterations", "epoch", "epochs", "scale", "scaling", "weight",
    "coef", "coeff", "coefficient", "spike", "spikes", "diff", "difference", "delta", "gap", "rank",
    "improvement", "count", "n", "num", "number", "tokens", "token", "aux", "auxiliary", "z",
    "balance", "balancing", "router", "routing", "penalty", "regularization", "threshold", "ratio",
    "predicted", "pred", "baseline", "initial", "samples", "batches",
  ]
  /// Of these, the ones that nobody calls held-out text.
  static let plainBesides: Set<String> = [
    "step", "epoch", "scale", "spikes", "diff", "difference", "delta", "gap", "rank", "aux",
    "weight", "coef", "threshold",
  ]
  static let means: Set<String> = ["mean", "avg", "average"]
  /// What a table calls the column that tells apart what one run was measured on, where it has a row for each.
  static let parts: Set<String> = [
    "domain", "eval_domain", "valid_domain", "validation_domain", "val_domain", "test_domain",
    "heldout_domain", "held_out_domain", "held_out", "heldout", "dataset", "eval_dataset",
    "validation_dataset", "validation_set", "eval_set", "val_set", "test_set", "task", "metric",
    "metric_name", "metric_key", "subset", "benchmark", "validation_file", "eval_name", "eval",
    "target_domain", "language", "variable",
  ]

  static let scores: Set<String> = [
    "accuracy", "acc", "score", "scores", "f1", "auc", "auroc", "bleu", "rouge", "em", "exact",
    "match", "recall", "precision", "map", "mrr", "ndcg", "winrate", "reward", "chrf", "meteor",
    "r2", "mcc", "spearman", "pearson", "correlation",
  ]

  static let runs: Set<String> = [
    "", "index", "idx", "id", "run", "run_id", "runid", "run_name", "runname", "name", "trial",
    "trial_id", "trial_index", "trial_number", "trial_name", "number", "experiment", "exp",
    "exp_id", "unnamed_0", "mix_id", "mixture_id", "mix_name", "mixture_name", "mix_idx",
    "mixture_idx", "mix_index", "mixture_index", "config", "key", "row", "arm_name", "arm",
    "experiment_tag", "tags_mlflow_runname", "job_id", "jobid", "run_number", "level_0",
  ]
  static let sizes: Set<String> = [
    "size", "model_size", "params", "parameters", "n_params", "num_params", "n_parameters",
    "num_parameters", "model", "model_params", "model_parameters", "scale", "model_name",
    "non_embedding_params", "size_name", "param_count", "params_count", "parameter_count",
    "total_params", "total_parameters", "model_size_params",
  ]
  /// Of these, the ones that may name the run as well.
  static let names: Set<String> = ["model", "model_name", "scale", "size_name"]
  static let steps: Set<String> = [
    "step", "steps", "global_step", "iteration", "iterations", "iter", "iters", "checkpoint",
    "train_step", "train_steps", "training_steps", "num_steps", "n_steps", "step_count",
    "training_iteration", "train_global_step",
  ]
  static let tokens: Set<String> = [
    "tokens", "token", "n_tokens", "num_tokens", "train_tokens", "training_tokens", "tokens_seen",
    "token_count", "total_tokens", "token_budget", "budget_tokens", "tokens_trained",
  ]
  static let seeds: Set<String> = ["seed", "random_seed", "data_seed", "rng_seed", "seeds"]
  static let states: Set<String> = [
    "status", "state", "outcome", "diverged", "failed", "crashed", "lost", "trial_status",
    "run_status", "job_state", "info_status", "run_state", "is_diverged", "has_diverged",
    "is_failed", "has_failed", "is_crashed", "has_crashed", "is_lost", "killed", "preempted", "oom",
    "finished", "is_finished", "completed", "is_completed", "complete", "is_complete", "success",
    "is_success", "succeeded", "successful", "ok", "is_ok",
  ]
  static let reasons: Set<String> = [
    "exit_reason", "fail_reason", "failure_reason", "failure", "reason", "termination_reason",
    "stop_reason", "exit_message", "error_message", "error_msg", "error_type", "exception",
    "exit_code", "exitcode", "return_code", "returncode",
  ]
  /// Of what a run has cost when it was measured.
  static let operations: Set<String> = [
    "operations", "ops", "flop", "flops", "total_flops", "train_flops", "training_flops",
  ]
  static let counters: Set<String> = [
    "epoch", "epochs", "num_epochs", "timestamp", "runtime", "created", "updated", "date", "time",
    "datetime", "datetime_start", "datetime_complete", "duration", "start_time", "end_time",
    "start", "end", "elapsed", "time_total_s", "time_this_iter_s", "time_since_restore",
    "timesteps_total", "timesteps_since_restore", "iterations_since_restore", "episodes_total",
    "pid", "hostname", "node_ip", "experiment_id", "artifact_uri", "user", "user_id", "tags",
    "sweep", "group", "job_type", "lifecycle_stage", "generation_method", "generation_node",
    "wandb_runtime", "done", "logdir", "host", "gpu", "gpus", "nodes", "node", "retries", "attempt",
    "rung", "bracket", "worker", "wall_time", "walltime", "train_epoch", "batch_size", "lr",
    "learning_rate", "num_samples", "samples", "batches", "count", "n", "counter", "version",
  ]

  /// Whether words as they are, no unit taken off, are a name of a column.
  static func isKnown(_ words: [String]) -> Bool {
    let joined = words.joined(separator: "_")
    return [runs, sizes, steps, tokens, seeds, states, operations, counters, reasons].contains {
      $0.contains(joined)
    }
  }

  /// Units at the end of a heading: `model_size_M`, `tokens_b`.
  static let units: [String: Double] = [
    "k": 1e3, "m": 1e6, "mm": 1e6, "b": 1e9, "bn": 1e9, "g": 1e9, "t": 1e12, "million": 1e6,
    "millions": 1e6, "billion": 1e9, "billions": 1e9,
  ]

  /// What tools put before the names of what a run was given and what it measured.
  static let namespaces: [(prefix: String, isGiven: Bool)] = [
    ("config.", true), ("config/", true), ("params.", true), ("params/", true), ("params_", true),
    ("param_", true), ("hparams/", true), ("hparams.", true), ("hyperparameters/", true),
    ("user_attrs_", false), ("user_attrs.", false), ("user_attrs/", false),
    ("system_attrs_", false), ("summary_metrics.", false), ("summary_metrics/", false),
    ("summary.", false), ("summary/", false), ("metrics.", false), ("metrics/", false),
    ("data/", false), ("data.", false), ("values_", false), ("values.", false),
    ("values/", false),
  ]
}

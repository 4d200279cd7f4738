extension PageScript {
  /// The value of a function of losses, for the scripts that predict: see `LossFunctionExport`.
  static let lossFunctionText = #"""
      const dot = (a, b) => { let sum = 0; for (let i = 0; i < a.length; i++) sum += a[i] * b[i]; return sum; };
      const excess = (level, losses) => level.factor * (losses[level.output] - level.loss);
      function valueOf(goal, losses) {
        let value = goal.constant + dot(goal.coefficients, losses);
        if (goal.worst.length) value += Math.max(...goal.worst.map(level => excess(level, losses)));
        for (const level of goal.limits) value += goal.penalty * Math.max(losses[level.output] - level.loss, 0);
        return value;
      }
      mixpipe.objective = losses => valueOf(surrogate.function, losses);
    """#
}

"""Three kinds of landscape for mixtures, none of which mixpipe's model was made with. A seed draws one of a kind.

separate    Each held-out loss is a power law of its own domain's share; nothing transfers. 7 domains, 7 losses.
transfer    Five tasks, each fed by several of 7 domains (and hurt by none): a power law of an effective share.
thresholds  No power law: text of a domain is used up and repeated (Muennighoff et al., arXiv 2305.16264, equation 5),
            abilities appear around a threshold (a logistic curve of log share), some pairs of domains are in each
            other's way. 9 domains, 6 losses.

The objective is the mean of the losses. Every run's losses have noise of .01 nats, of which a third of the variance is
common to all losses of the run.
"""

import numpy as np
from scipy.optimize import minimize

NOISE = 0.01


class Landscape:
    def __init__(self, kind, seed):
        self.kind, self.seed = kind, seed
        draw = np.random.default_rng([seed, KINDS.index(kind)])
        self.domain_count, self.loss_count = {"separate": (7, 7), "transfer": (7, 5), "thresholds": (9, 6)}[kind]
        n, k = self.domain_count, self.loss_count
        self.domains = ["d%d" % i for i in range(n)]
        self.held_out = ["h%d" % i for i in range(k)]
        self.floor = draw.uniform(1.5, 3.0, k)
        if kind == "separate":
            self.feed = np.eye(n)
        elif kind == "transfer":
            feed = draw.gamma(0.4, size=(k, n))
            self.feed = feed / feed.max(axis=1, keepdims=True)
        else:
            feed = draw.gamma(0.5, size=(k, n))
            self.feed = feed / feed.max(axis=1, keepdims=True)
        if kind == "thresholds":
            self.available = np.exp(draw.uniform(np.log(0.05), np.log(0.6), n))
            self.height = draw.uniform(0.4, 1.2, k)
            self.steepness = draw.uniform(1.5, 4.0, k)
            self.threshold = np.log(draw.uniform(0.08, 0.35, k))
            self.conflicts = np.triu(draw.random((n, n)) < 0.15, 1) * draw.uniform(0.3, 1.5, (n, n))
        else:
            self.amplitude = draw.uniform(0.1, 0.5, k)
            self.exponent = draw.uniform(0.15, 0.6, k)
            self.offset = draw.uniform(0.01, 0.04, k)
        self.best_mixture, self.best = self._optimum()

    def losses(self, weights):
        """Held-out losses without noise, (..., losses) for weights (..., domains)."""
        weights = np.asarray(weights, dtype=float)
        if self.kind != "thresholds":
            share = weights @ self.feed.T
            return self.floor + self.amplitude * (share + self.offset) ** -self.exponent
        # Repetition: of what exceeds the text that there is, each further pass is worth less (R* = 4 passes here).
        passes = weights / self.available
        worth = np.where(passes > 1, 1 + 4 * (1 - np.exp(-(np.maximum(passes, 1) - 1) / 4)), passes) * self.available
        share = np.log(worth @ self.feed.T + 1e-3)
        reached = 1 / (1 + np.exp(-self.steepness * (share - self.threshold)))
        conflict = np.einsum("...i,ij,...j->...", weights, self.conflicts, weights)
        return self.floor + self.height * (1 - reached) + conflict[..., None]

    def objective(self, weights):
        return self.losses(weights).mean(axis=-1)

    def run(self, weights, noise):
        """The losses of one run; noise is a generator of the run's own."""
        common, own = noise.standard_normal(), noise.standard_normal(self.loss_count)
        return self.losses(weights) + NOISE * (np.sqrt(1 / 3) * common + np.sqrt(2 / 3) * own)

    def _optimum(self):
        draw = np.random.default_rng(1)
        starts = draw.dirichlet(np.full(self.domain_count, 0.7), 20000)
        order = np.argsort(self.objective(starts))
        best = None
        for start in starts[order[:24]]:
            found = minimize(
                self.objective, start, method="SLSQP", bounds=[(0, 1)] * self.domain_count,
                constraints={"type": "eq", "fun": lambda w: w.sum() - 1}, options={"ftol": 1e-12, "maxiter": 500})
            weights = np.maximum(found.x, 0) / np.maximum(found.x, 0).sum()
            value = float(self.objective(weights))
            if best is None or value < best[1]:
                best = (weights, value)
        return best


KINDS = ["separate", "transfer", "thresholds"]

if __name__ == "__main__":
    for kind in KINDS:
        for seed in range(3):
            landscape = Landscape(kind, seed)
            uniform = np.full(landscape.domain_count, 1 / landscape.domain_count)
            random = landscape.objective(np.random.default_rng(2).dirichlet(np.ones(landscape.domain_count), 1000))
            print(kind, seed, "best %.4f at %s; equal shares +%.4f, random +%.4f" % (
                landscape.best, np.round(landscape.best_mixture, 2), landscape.objective(uniform) - landscape.best,
                random.mean() - landscape.best))

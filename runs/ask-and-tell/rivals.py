"""Optimizers behind one face: ask() gives weights, tell(weights, losses) takes a run's losses, recommend() gives weights.

Each has the defaults of its package (versions in README.md), but for what is said here.
"""

import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "Sources/mixpipe/Documentation.docc/Resources"))
import mixpipe  # noqa: E402

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)


class Mixpipe:
    """A session of mixpipe, with its defaults."""

    def __init__(self, landscape, seed, folder):
        self.landscape = landscape
        self.session = mixpipe.Session(
            folder, domains=landscape.domains, held_out=landscape.held_out, seed=seed + 1)

    def ask(self):
        self.run = self.session.ask()
        return np.array([self.run.mixture[name] for name in self.landscape.domains])

    def tell(self, weights, losses):
        self.session.tell(self.run, dict(zip(self.landscape.held_out, losses)))

    def recommend(self):
        found = self.session.recommend()["mixture"]
        return np.array([found[name] for name in self.landscape.domains])


class BoTorch:
    """qLogNEI on the simplex, on the mean of the losses, with BoTorch's default Gaussian process.

    It begins with mixpipe's first twelve mixtures, and recommends where its posterior mean is lowest on the whole
    simplex, as it models noise.
    """

    def __init__(self, landscape, seed, folder):
        import torch
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        self.torch, self.landscape, self.seed = torch, landscape, seed
        self.initial = initial_mixtures(landscape, seed)
        self.x, self.y, self.fitted = [], [], {}

    def targets(self, losses):
        return [losses.mean()]

    def objective(self):
        return None

    def ask(self):
        if len(self.x) < len(self.initial):
            return self.initial[len(self.x)]
        from botorch.acquisition.logei import qLogNoisyExpectedImprovement
        from botorch.sampling import SobolQMCNormalSampler
        model = self.model()
        acquisition = qLogNoisyExpectedImprovement(
            model, self.torch.tensor(np.array(self.x)), objective=self.objective(),
            sampler=SobolQMCNormalSampler(self.torch.Size([128]), seed=self.seed + len(self.x)),
            prune_baseline=True)
        return self.best_of(acquisition)

    def tell(self, weights, losses):
        self.x.append(weights)
        self.y.append(self.targets(losses))

    def recommend(self):
        from botorch.acquisition.monte_carlo import qSimpleRegret
        from botorch.sampling import SobolQMCNormalSampler
        return self.best_of(qSimpleRegret(
            self.model(), objective=self.objective(),
            sampler=SobolQMCNormalSampler(self.torch.Size([128]), seed=self.seed)))

    def model(self):
        """One Gaussian process for each target, fitted side by side."""
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import SingleTaskGP
        from gpytorch.mlls import ExactMarginalLogLikelihood
        model = SingleTaskGP(self.torch.tensor(np.array(self.x)), -self.torch.tensor(np.array(self.y)))
        if self.fitted:  # fitting goes on from the last fit
            model.load_state_dict(self.fitted, strict=False)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        self.fitted = {
            name: value.clone() for name, value in model.state_dict().items()
            if name.startswith(("likelihood", "mean_module", "covar_module")) and "prior" not in name}
        return model

    def best_of(self, acquisition):
        from botorch.optim import optimize_acqf
        n = self.landscape.domain_count
        torch = self.torch
        # The best four of 256 even and 256 sparse mixtures and 256 near the best runs: on a simplex this is quicker
        # than BoTorch's own starts, which walk through a polytope.
        draw = np.random.default_rng([self.seed, len(self.x)])
        order = np.argsort(np.mean(self.y, axis=1))[:4]
        near = np.array(self.x)[draw.choice(order, 256)] * np.exp(0.5 * draw.standard_normal((256, n)))
        starts = np.concatenate([
            draw.dirichlet(np.ones(n), 256), draw.dirichlet(np.full(n, 0.3), 256),
            near / near.sum(axis=1, keepdims=True)])
        starts = torch.tensor(starts).unsqueeze(1)
        with torch.no_grad():
            values = torch.cat([acquisition(part) for part in starts.split(128)])
        found, _ = optimize_acqf(
            acquisition, bounds=torch.tensor([[0.0] * n, [1.0] * n], dtype=torch.double), q=1, num_restarts=4,
            batch_initial_conditions=starts[values.topk(4).indices],
            equality_constraints=[(torch.arange(n), torch.ones(n, dtype=torch.double), 1.0)])
        weights = np.maximum(found.detach().numpy()[0], 0)
        return weights / weights.sum()


class BoTorchLosses(BoTorch):
    """The same, given every held-out loss: a Gaussian process for each, their mean as the objective."""

    def targets(self, losses):
        return list(losses)

    def objective(self):
        from botorch.acquisition.objective import LinearMCObjective
        k = self.landscape.loss_count
        return LinearMCObjective(self.torch.full((k,), 1 / k, dtype=self.torch.double))


class Optuna:
    """Weights as Optuna's documentation draws from a Dirichlet distribution: -log of uniform variables, normalized."""

    def __init__(self, landscape, seed, folder):
        import optuna
        self.landscape = landscape
        self.study = optuna.create_study(sampler=self.sampler(optuna, seed))

    def weights(self, parameters):
        exponential = -np.log([parameters[name] for name in self.landscape.domains])
        return exponential / exponential.sum()

    def ask(self):
        self.trial = self.study.ask()
        for name in self.landscape.domains:
            self.trial.suggest_float(name, 1e-6, 1 - 1e-6)
        return self.weights(self.trial.params)

    def tell(self, weights, losses):
        self.study.tell(self.trial, losses.mean())

    def recommend(self):
        return self.weights(self.study.best_params)


class OptunaTPE(Optuna):
    def sampler(self, optuna, seed):
        return optuna.samplers.TPESampler(seed=seed)


class OptunaGP(Optuna):
    def sampler(self, optuna, seed):
        import torch
        torch.set_num_threads(1)
        return optuna.samplers.GPSampler(seed=seed)


def quicken_sampler():
    """Has BoTorch's hit-and-run sampler take its steps with NumPy where that rounds alike: the same chain, bit by bit,
    in a fraction of the time. Half of Ax's time went into its 43,000 steps of a dozen tensor operations a mixture.
    """
    import torch
    from botorch.utils import sampling
    original = sampling.sample_polytope

    def sample_polytope(A, b, x0, n=10000, n0=100, n_thinning=1, seed=None):
        if not (A @ x0 - b <= 0).all():
            return original(A, b, x0, n, n0, n_thinning, seed)  # which says what is wrong
        rows = torch.any(A != 0, dim=-1)
        A, b = A[rows], b[rows]
        count = n0 + n * n_thinning
        seed = seed if seed is not None else torch.randint(0, 1000000, (1,)).item()
        with sampling.manual_seed(seed=seed):
            shares = torch.rand(count, dtype=A.dtype).tolist()
        directions = sampling.sample_hypersphere(d=x0.shape[0], n=count, dtype=A.dtype, seed=seed + 1)
        slopes = (A @ directions.unsqueeze(-1)).squeeze(-1).numpy()
        rises, falls = slopes > 0, slopes < 0
        directions, b, largest = directions.numpy(), b.numpy().ravel(), torch.finfo().max
        point = x0.clone()
        product = torch.empty((A.shape[0], 1), dtype=A.dtype)
        x, along = point.numpy().ravel(), product.numpy().ravel()  # the same memory
        high, low = np.empty(along.size), np.empty(along.size)
        out = np.empty((n, x.size))
        for step in range(count):
            torch.mm(A, point, out=product)  # NumPy would sum in another order
            lengths = np.maximum(b - along, 0)
            lengths /= slopes[step]
            high.fill(largest)
            low.fill(-largest)
            np.copyto(high, lengths, where=rises[step])
            np.copyto(low, lengths, where=falls[step])
            most, least = float(high.min()), float(low.max())
            x += (least + shares[step] * (most - least)) * directions[step]
            if step >= n0 and (step - n0) % n_thinning == 0:
                out[(step - n0) // n_thinning] = x
        return torch.from_numpy(out)

    if original.__module__ != __name__:
        sampling.sample_polytope = sample_polytope


class Ax:
    """All weights but the last, whose sum is at most one; recommends what its model predicts to be best of those tried."""

    def __init__(self, landscape, seed, folder):
        import torch
        from ax.api.client import Client
        from ax.api.configs import RangeParameterConfig
        torch.set_num_threads(1)
        torch.manual_seed(seed)
        quicken_sampler()
        self.landscape = landscape
        self.names = landscape.domains[:-1]
        self.client = Client(random_seed=seed)
        self.client.configure_experiment(
            parameters=[RangeParameterConfig(name=name, bounds=(0.0, 1.0), parameter_type="float") for name in self.names],
            parameter_constraints=[" + ".join(self.names) + " <= 1"])
        self.client.configure_optimization(objective=self.goal())

    def goal(self):
        return "-loss"

    def data(self, losses):
        return {"loss": float(losses.mean())}

    def weights(self, parameters):
        weights = [max(float(parameters[name]), 0) for name in self.names]
        weights = np.array(weights + [max(1 - sum(weights), 0)])
        return weights / weights.sum()

    def ask(self):
        (self.index, parameters), = self.client.get_next_trials(max_trials=1).items()
        return self.weights(parameters)

    def tell(self, weights, losses):
        self.client.complete_trial(trial_index=self.index, raw_data=self.data(losses))

    def recommend(self):
        return self.weights(self.client.get_best_parameterization(use_model_predictions=True)[0])


class AxLosses(Ax):
    """The same, given every held-out loss: the objective is their sum."""

    def goal(self):
        return " + ".join("-1 * " + name for name in self.landscape.held_out)

    def data(self, losses):
        return {name: float(loss) for name, loss in zip(self.landscape.held_out, losses)}


class Random:
    """Mixtures drawn evenly from the simplex, the best of them recommended."""

    def __init__(self, landscape, seed, folder):
        self.draw = np.random.default_rng([seed, 99])
        self.count, self.best = landscape.domain_count, (np.inf, None)

    def ask(self):
        return self.draw.dirichlet(np.ones(self.count))

    def tell(self, weights, losses):
        self.best = min(self.best, (losses.mean(), weights), key=lambda pair: pair[0])

    def recommend(self):
        return self.best[1]


RIVALS = {
    "mixpipe": Mixpipe, "random": Random, "optuna-tpe": OptunaTPE, "optuna-gp": OptunaGP, "botorch": BoTorch,
    "botorch-losses": BoTorchLosses, "ax": Ax, "ax-losses": AxLosses,
}


def initial_mixtures(landscape, seed):
    """The twelve mixtures that mixpipe begins with."""
    program = os.environ.get("MIXPIPE", "mixpipe")
    found = subprocess.run(
        [program, "suggest", "--domains", ",".join(landscape.domains), "--count", "12", "--seed", str(seed + 1)],
        check=True, capture_output=True, text=True).stdout.splitlines()
    first = found[0].split(",").index("weight_d0")
    rows = [line.split(",")[first:first + landscape.domain_count] for line in found[1:]]
    return [np.array(row, dtype=float) / np.array(row, dtype=float).sum() for row in rows]

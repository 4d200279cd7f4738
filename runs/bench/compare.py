#!/usr/bin/env python3
"""Times mixpipe's trainer beside PyTorch on this machine: the same shapes, batches and operations.

    make bench PYTHON=venv/bin/python        # a Python with torch, e.g. from 'pip install torch'
    make bench PYTHON=… JAX=other/bin/python # and one with jax, e.g. from 'pip install jax[cpu]'

Tokens a second of training on all cores: of mixpipe a trial a core (`mixpipe bench --modes each`), of PyTorch
a process of one thread pinned to each core, added up. PyTorch runs in single precision and with autocast to
bfloat16, eager and compiled; tcmalloc and Intel's OpenMP are preloaded where they are found. JAX runs one jitted
step with donated buffers, in single precision and with bfloat16 products. All programs of a shape are started and warmed up first and then take turns, another first in each round, so that a slow minute
falls on all alike. Each result is a line of measurements.jsonl, written at once: the same command goes on
where it was stopped.
"""
import argparse
import glob
import json
import os
import statistics
import subprocess
import sys
import time

# width/layers/heads/context/vocabulary, as 'mixpipe bench --shape' takes it.
SHAPES = ["64/2/2/128/1024", "96/3/3/128/1024", "128/4/4/128/2048", "256/6/8/256/4096", "512/8/8/256/8192"]
VARIANTS = ["fp32 eager", "fp32 compiled", "bf16 eager", "bf16 compiled"]
BATCH = 16


def train(shape, variant, core):
    """A worker: builds the model, warms up, and then trains for as many seconds as each line it reads says."""
    os.sched_setaffinity(0, {core})
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.set_num_threads(1)
    torch.manual_seed(core)
    torch.set_flush_denormal(True)
    width, layers, heads, context, vocabulary = map(int, shape.split("/"))
    hidden = (8 * width // 3 + 63) // 64 * 64
    size = width // heads
    frequencies = 10_000.0 ** (-torch.arange(0, size, 2) / size)
    angles = torch.arange(context)[:, None] * frequencies
    cosines, sines = angles.cos(), angles.sin()

    def rotated(x):
        low, high = x[..., : size // 2], x[..., size // 2 :]
        return torch.cat((low * cosines - high * sines, high * cosines + low * sines), dim=-1)

    class Layer(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention_norm = nn.RMSNorm(width, eps=1e-5)
            self.query_key_value = nn.Linear(width, 3 * width, bias=False)
            self.attention_output = nn.Linear(width, width, bias=False)
            self.hidden_norm = nn.RMSNorm(width, eps=1e-5)
            self.gate_up = nn.Linear(width, 2 * hidden, bias=False)
            self.down = nn.Linear(hidden, width, bias=False)

        def forward(self, x):
            parts = self.query_key_value(self.attention_norm(x)).view(-1, context, 3, heads, size)
            q, k, v = parts.permute(2, 0, 3, 1, 4)
            mixed = F.scaled_dot_product_attention(rotated(q), rotated(k), v, is_causal=True)
            x = x + self.attention_output(mixed.transpose(1, 2).reshape(-1, context, width))
            gate, up = self.gate_up(self.hidden_norm(x)).chunk(2, dim=-1)
            return x + self.down(F.silu(gate) * up)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(vocabulary, width)
            self.layers = nn.ModuleList(Layer() for _ in range(layers))
            self.norm = nn.RMSNorm(width, eps=1e-5)
            for parameter in self.parameters():
                if parameter.dim() > 1:
                    nn.init.normal_(parameter, std=0.02)

        def forward(self, tokens, targets):
            x = self.embedding(tokens)
            for layer in self.layers:
                x = layer(x)
            logits = F.linear(self.norm(x), self.embedding.weight)
            return F.cross_entropy(logits.view(-1, vocabulary), targets.reshape(-1))

    model = Model()
    precision, mode = variant.split()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    loss_of = torch.compile(model) if mode == "compiled" else model

    def step():
        window = torch.randint(vocabulary, (BATCH, context + 1))
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            loss = loss_of(window[:, :-1].contiguous(), window[:, 1:].contiguous())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    serve(step, BATCH * context, torch.__version__)


def train_jax(shape, variant, core):
    """The same model and optimizer in JAX."""
    os.sched_setaffinity(0, {core})
    import jax
    import numpy as np
    from jax import numpy as jnp

    width, layers, heads, context, vocabulary = map(int, shape.split("/"))
    hidden = (8 * width // 3 + 63) // 64 * 64
    size = width // heads
    product = jnp.bfloat16 if variant == "bf16" else jnp.float32
    random = np.random.default_rng(core)

    def normal(*dimensions):
        return jnp.asarray(random.normal(0, 0.02, dimensions), jnp.float32)

    parameters = {
        "embedding": normal(vocabulary, width), "norm": jnp.ones(width),
        "layers": [{
            "attention_norm": jnp.ones(width), "hidden_norm": jnp.ones(width),
            "query_key_value": normal(width, 3 * width), "attention_output": normal(width, width),
            "gate_up": normal(width, 2 * hidden), "down": normal(hidden, width)} for _ in range(layers)]}
    angles = np.outer(np.arange(context), 10_000.0 ** (-np.arange(0, size, 2) / size)).astype(np.float32)
    cosines, sines = jnp.cos(angles), jnp.sin(angles)
    causal = jnp.tril(jnp.ones((context, context), bool))

    def norm(x, weight):
        return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5) * weight

    def times(x, weight):
        return jnp.matmul(x.astype(product), weight.astype(product), preferred_element_type=jnp.float32)

    def rotated(x):
        low, high = jnp.split(x, 2, -1)
        return jnp.concatenate((low * cosines - high * sines, high * cosines + low * sines), -1)

    def layer(x, weights):
        parts = times(norm(x, weights["attention_norm"]), weights["query_key_value"])
        parts = parts.reshape(-1, context, 3, heads, size).transpose(2, 0, 3, 1, 4)
        q, k, v = rotated(parts[0]).astype(product), rotated(parts[1]).astype(product), parts[2].astype(product)
        scores = jnp.einsum("bhqd,bhkd->bhqk", q, k, preferred_element_type=jnp.float32) * size**-0.5
        shares = jax.nn.softmax(jnp.where(causal, scores, -1e30), -1).astype(product)
        mixed = jnp.einsum("bhqk,bhkd->bhqd", shares, v, preferred_element_type=jnp.float32)
        x = x + times(mixed.transpose(0, 2, 1, 3).reshape(-1, context, width), weights["attention_output"])
        gate, up = jnp.split(times(norm(x, weights["hidden_norm"]), weights["gate_up"]), 2, -1)
        return x + times(jax.nn.silu(gate) * up, weights["down"])

    def loss(parameters, tokens, targets):
        x = parameters["embedding"][tokens]
        for weights in parameters["layers"]:
            x = layer(x, weights)
        logits = times(norm(x, parameters["norm"]), parameters["embedding"].T)
        return (jax.nn.logsumexp(logits, -1) - jnp.take_along_axis(logits, targets[..., None], -1)[..., 0]).mean()

    def update(state, tokens, targets):
        parameters, first, second, count = state
        gradient = jax.grad(loss)(parameters, tokens, targets)
        length = jnp.sqrt(sum(jnp.vdot(leaf, leaf) for leaf in jax.tree.leaves(gradient)))
        gradient = jax.tree.map(lambda leaf: leaf * jnp.minimum(1.0, 1.0 / (length + 1e-6)), gradient)
        count = count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.95 * v + 0.05 * g * g, second, gradient)

        def moved(p, m, v):
            step = (m / (1 - 0.9**count)) / (jnp.sqrt(v / (1 - 0.95**count)) + 1e-8)
            return p - 1e-3 * (step + (0.1 * p if p.ndim > 1 else 0))

        return jax.tree.map(moved, parameters, first, second), first, second, count

    compiled = jax.jit(update, donate_argnums=0)
    # Each a buffer of its own, as a donated one may be given only once.
    state = (parameters, *(jax.tree.map(jnp.zeros_like, parameters) for _ in range(2)), jnp.float32(0))

    def step():
        nonlocal state
        window = random.integers(vocabulary, size=(BATCH, context + 1), dtype=np.int32)
        state = compiled(state, window[:, :-1], window[:, 1:])
        state[3].block_until_ready()

    serve(step, BATCH * context, jax.__version__)


def serve(step, tokens, version):
    """Warms up, then takes steps for as many seconds as each line of standard input says and answers with the speed."""
    for _ in range(3):
        step()
    print(json.dumps({"ready": version}), flush=True)
    for line in sys.stdin:
        seconds, start, steps = float(line), time.perf_counter(), 0
        while steps == 0 or time.perf_counter() - start < seconds:
            step()
            steps += 1
        print(json.dumps({"tokensPerSecond": steps * tokens / (time.perf_counter() - start)}), flush=True)


class Peer:
    """PyTorch or JAX in one variant ("PyTorch bf16 eager"): a process for each core."""

    def __init__(self, python, shape, program, cores, preload):
        # Of XLA's own threads nothing is left to share: each process is pinned to a core.
        environment = dict(
            os.environ, OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", LD_PRELOAD=":".join(preload), JAX_PLATFORMS="cpu")
        self.processes = [
            subprocess.Popen(
                [python, os.path.abspath(__file__), "--worker", shape, program, str(core)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
            for core in cores]
        self.version = [self.read(process) for process in self.processes][0]["ready"]

    def read(self, process):
        line = process.stdout.readline()
        if not line:
            raise SystemExit("compare: a peer's process ended before its time; its message is above")
        return json.loads(line)

    def round(self, seconds):
        for process in self.processes:
            process.stdin.write(f"{seconds}\n")
            process.stdin.flush()
        return {"tokensPerSecond": sum(self.read(process)["tokensPerSecond"] for process in self.processes)}

    def end(self):
        for process in self.processes:
            process.stdin.close()
            process.wait()


def mixpipe_round(program, shape, precision, seconds):
    output = subprocess.run(
        [program, "bench", "--shape", shape, "--precision", precision, "--modes", "each", "--batch", str(BATCH),
         "--rounds", "1", "--seconds", str(seconds), "--json"],
        check=True, capture_output=True, text=True).stdout
    report = json.loads(output)
    found = report["measurements"][0]
    return {
        "tokensPerSecond": found["tokensPerSecond"]["median"], "share": found["share"]["median"],
        "shareOfPeak": found["shareOfPeak"]["median"], "peakGigaflops": found["peakGigaflops"]["median"],
        "probeGigaflops": found["probeGigaflops"]["median"], "machine": report["machine"]}


def libraries(python):
    """tcmalloc and Intel's OpenMP, where they are installed."""
    prefix = subprocess.run(
        [python, "-c", "import sys; print(sys.prefix)"], check=True, capture_output=True, text=True).stdout.strip()
    patterns = ["/usr/lib/*/libtcmalloc_minimal.so.4", "/usr/lib/*/libtcmalloc.so.4", prefix + "/lib/libiomp5.so"]
    found = [matches[0] for pattern in patterns if (matches := sorted(glob.glob(pattern)))]
    return found[:1] + [path for path in found[1:] if "tcmalloc" not in path]


def table(lines):
    """Medians over the rounds, and mixpipe over the best of all peers' variants round by round."""
    def values(shape, program, key="tokensPerSecond"):
        return {line["round"]: line[key] for line in lines
                if line["shape"] == shape and line["program"] == program and key in line}

    programs = list(dict.fromkeys(line["program"] for line in lines))
    rows = ["| shape | program | tokens/s, median | lowest | highest | of the probe | of the peak | over the best "
            "of the peers, median [range] | rounds |", "|---|---|---:|---:|---:|---:|---:|---:|---:|"]
    for shape in dict.fromkeys(line["shape"] for line in lines):
        peers = [found for program in programs if not program.startswith("mixpipe") if (found := values(shape, program))]
        for program in programs:
            speeds = values(shape, program)
            if not speeds:
                continue
            ratios = [
                speed / max(peer[number] for peer in peers) for number, speed in speeds.items()
                if peers and all(number in peer for peer in peers)]
            def median(key):
                found = values(shape, program, key)
                return f"{statistics.median(found.values()):.2f}" if found else ""
            against = (
                f"{statistics.median(ratios):.2f} [{min(ratios):.2f}, {max(ratios):.2f}]"
                if ratios and program.startswith("mixpipe") else "")
            rows.append(
                f"| {shape} | {program} | {statistics.median(speeds.values()):,.0f} | {min(speeds.values()):,.0f} | "
                f"{max(speeds.values()):,.0f} | {median('share')} | {median('shareOfPeak')} | {against} | "
                f"{len(speeds)} |")
    return "\n".join(rows) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mixpipe", default=".build/release/mixpipe", help="the program")
    parser.add_argument("--python", required=True, help="a Python with torch")
    parser.add_argument("--jax", help="a Python with jax")
    parser.add_argument("--output", default="runs/bench/torch", help="folder of the measurements")
    parser.add_argument("--shapes", default=",".join(SHAPES))
    parser.add_argument("--variants", default=",".join(VARIANTS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.5)
    asked = parser.parse_args()
    os.makedirs(asked.output, exist_ok=True)
    path = asked.output + "/measurements.jsonl"
    lines = [json.loads(line) for line in open(path)] if os.path.exists(path) else []
    cores = sorted(os.sched_getaffinity(0))
    preload = libraries(asked.python)
    with open("/proc/cpuinfo") as file:
        flags = file.read()
    precisions = ["fp32"]
    if "avx512_bf16" in flags:
        precisions += ["bf16", "bf16-tiles"] if "amx_bf16" in flags else ["bf16"]

    def done(shape, program, number):
        return any(
            line["shape"] == shape and line["program"] == program and line["round"] == number for line in lines)

    for shape in asked.shapes.split(","):
        programs = [f"mixpipe {precision}" for precision in precisions]
        pythons = {f"PyTorch {variant}": asked.python for variant in asked.variants.split(",")}
        if asked.jax:
            pythons |= {f"JAX {precision}": asked.jax for precision in ("fp32", "bf16")}
        programs += pythons
        missing = {program for program in programs for number in range(asked.rounds) if not done(shape, program, number)}
        peers = {}
        for program in programs:
            if program in missing and program in pythons:
                print(f"{shape}  {program}: warming up", file=sys.stderr, flush=True)
                peers[program] = Peer(pythons[program], shape, program, cores, preload)
        for number in range(asked.rounds):
            for place in range(len(programs)):
                program = programs[(place + number) % len(programs)]
                if done(shape, program, number):
                    continue
                if program in peers:
                    found = dict(
                        peers[program].round(asked.seconds), version=peers[program].version,
                        preload=[os.path.basename(library) for library in preload])
                else:
                    found = mixpipe_round(asked.mixpipe, shape, program.removeprefix("mixpipe "), asked.seconds)
                line = {"shape": shape, "program": program, "round": number, "time": time.time(), **found}
                with open(path, "a") as file:
                    file.write(json.dumps(line) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                lines.append(line)
                print(f"{shape}  round {number + 1}/{asked.rounds}  {program}: {found['tokensPerSecond']:,.0f} tokens/s",
                      file=sys.stderr, flush=True)
        for peer in peers.values():
            peer.end()
    with open(asked.output + "/table.md", "w") as file:
        file.write(table(lines))
    print(table(lines), end="")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        kind, variant = sys.argv[3].split(" ", 1)
        {"PyTorch": train, "JAX": train_jax}[kind](sys.argv[2], variant, int(sys.argv[4]))
    else:
        main()

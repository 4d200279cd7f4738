"""A trainer for mixpipe in PyTorch: Llama of transformers, its own initialization, AdamW.

    mixpipe study runs/mine --corpus corpora/five --target reviews --trainer 'python train.py {folder}'

Reads FOLDER/request.json, trains on the text of a mixpipe corpus, writes FOLDER/result.json. The learning rate is
stable until it falls: at each length that is asked for a copy of the model decays and is measured, and the run itself
goes on undecayed. So it can be paused, resumed, and stopped at any step.
"""

import copy, json, math, os, signal, sys

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

SHAPES = {  # layers, width, heads, hidden width, context, sequences of a step
    "50k": (2, 32, 2, 80, 128, 8), "100k": (2, 48, 3, 128, 128, 8), "250k": (4, 64, 4, 176, 128, 8),
    "500k": (4, 96, 6, 256, 128, 8), "1M": (4, 128, 4, 336, 128, 8)}
RATE, DECAY, WARMUP, HELD_OUT = 6e-3, 0.3, 100, 65_536

folder = sys.argv[1]
request = json.load(open(f"{folder}/request.json"))
corpus = request["corpus"]
vocabulary = json.load(open(f"{corpus}/corpus.json"))["vocabularySize"]
layers, width, heads, hidden, context, batch = SHAPES[request["size"]]
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
torch.manual_seed(request["seed"])


def tokens(domain, part):  # a header of 64 bytes, then 16-bit tokens
    return np.memmap(f"{corpus}/{domain}.{part}.tokens", dtype="<u2", mode="r", offset=64)


text = {d: tokens(d, "training") for d, w in zip(request["domains"], request["weights"]) if w > 0}
model = LlamaForCausalLM(LlamaConfig(
    vocab_size=vocabulary, hidden_size=width, intermediate_size=hidden, num_hidden_layers=layers,
    num_attention_heads=heads, max_position_embeddings=context, tie_word_embeddings=True))
matrices = [p for p in model.parameters() if p.dim() > 1]
gains = [p for p in model.parameters() if p.dim() == 1]
optimizer = torch.optim.AdamW(
    [{"params": matrices, "weight_decay": 0.1}, {"params": gains, "weight_decay": 0.0}],
    lr=RATE, betas=(0.9, 0.95))
steps_of = {t: max(round(t / (batch * context)), 1) for t in request["measures"]}
state = {"step": 0, "measurements": []}


def draw(step):
    """The same sequences at a step, however often the run is stopped: domains by the mixture, places by chance."""
    random = np.random.default_rng([request["seed"], step])
    names = random.choice(list(request["domains"]), batch, p=request["weights"])
    starts = [random.integers(len(text[n]) - context - 1) for n in names]
    rows = np.stack([text[n][s : s + context + 1] for n, s in zip(names, starts)])
    return torch.from_numpy(rows.astype(np.int64))


def train(model, optimizer, step, share):
    for group in optimizer.param_groups:
        group["lr"] = RATE * min((step + 1) / WARMUP, 1) * share
    rows = draw(step)
    logits = model(rows[:, :-1]).logits
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    if not math.isfinite(loss.item()):
        print(f"the loss is {loss.item()} at step {step}")
        sys.exit(86)  # diverged


@torch.no_grad()
def held_out(model, domain):
    rows = tokens(domain, "held-out")[:HELD_OUT]
    rows = torch.from_numpy(rows[: len(rows) // (context + 1) * (context + 1)].astype(np.int64)).view(-1, context + 1)
    losses = [torch.nn.functional.cross_entropy(
        model(part[:, :-1]).logits.flatten(0, 1), part[:, 1:].flatten(), reduction="sum") for part in rows.split(32)]
    return (sum(losses) / (rows.shape[0] * context)).item()


def write(path, save):
    save(path + ".tmp")
    os.replace(path + ".tmp", path)  # never half a file under its name


def checkpoint():
    write(f"{request['checkpoint']}/trunk.pt", lambda path: torch.save(
        {"model": model.state_dict(), "optimizer": optimizer.state_dict(), **state}, path))


def stop(*_):
    stop.asked = True


stop.asked = False
signal.signal(signal.SIGTERM, stop)
for place in filter(None, [request["checkpoint"], request.get("continues")]):
    if os.path.exists(f"{place}/trunk.pt"):
        saved = torch.load(f"{place}/trunk.pt")
        model.load_state_dict(saved.pop("model"))
        optimizer.load_state_dict(saved.pop("optimizer"))
        state = saved
        break
last = steps_of[request["tokens"]]
for rung, end in steps_of.items():
    if any(m["tokens"] == rung for m in state["measurements"]):
        continue
    begin = end - round(DECAY * end)
    for step in range(state["step"], begin):  # the run itself
        train(model, optimizer, step, 1.0)
        state["step"] = step + 1
        if stop.asked:
            checkpoint()
            sys.exit(85)  # resumable
        if step % 20 == 0:
            print(f"{step / last:.3f} step {step} of {last}", file=open(f"{folder}/progress", "a"))
    checkpoint()
    branch, falling = copy.deepcopy((model, optimizer))  # together: the copy's optimizer is of the copy's parameters
    for step in range(begin, end):
        train(branch, falling, step, 1 - math.sqrt((step + 1 - begin) / (end + 1 - begin)))
        if stop.asked:
            sys.exit(85)
    branch.eval()
    state["measurements"].append(
        {"tokens": rung, "losses": {m["name"]: held_out(branch, m["name"]) for m in request["heldOut"]}})
    checkpoint()
done = {"status": "finished", "measurements": [m for m in state["measurements"] if m["tokens"] in request["measures"]]}
write(f"{folder}/result.json", lambda path: json.dump(done, open(path, "w")))

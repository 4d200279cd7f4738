"""Writes golden_llama.safetensors: a small Llama of Hugging Face transformers with fixed weights, and its
logits, losses and gradients in double precision.

    python -m venv v && v/bin/pip install torch==2.15.0 transformers==5.23.0 safetensors numpy
    v/bin/python golden_llama.py
"""
import json
import os

import numpy as np
import torch
import transformers
from safetensors.numpy import save_file

CONFIG = dict(
    vocab_size=43, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=2,
    num_key_value_heads=2, head_dim=16, max_position_embeddings=24, rms_norm_eps=1e-5,
    tie_word_embeddings=True, attention_bias=False, mlp_bias=False, hidden_act="silu",
)

random = np.random.RandomState(20)
config = transformers.LlamaConfig(**CONFIG, rope_parameters=dict(rope_type="default", rope_theta=10000.0))
config._attn_implementation = "eager"
model = transformers.LlamaForCausalLM(config).double()
weights = {}
with torch.no_grad():
    for name, value in model.named_parameters():
        drawn = random.normal(size=tuple(value.shape))
        drawn = 1 + 0.3 * drawn if value.dim() == 1 else drawn * (0.3 if "embed" in name else value.shape[1] ** -0.5)
        weights[name] = drawn.astype(np.float32)
        value.copy_(torch.from_numpy(weights[name]).double())

windows = torch.from_numpy(random.randint(0, CONFIG["vocab_size"], size=(2, 24 + 1)))
logits = model(windows[:, :-1]).logits
losses = torch.nn.functional.cross_entropy(
    logits.reshape(-1, CONFIG["vocab_size"]), windows[:, 1:].reshape(-1), reduction="none")
losses.sum().backward()

tensors = dict(weights)
tensors["windows"] = windows.numpy().astype(np.float32)
tensors["logits"] = logits.detach().numpy().astype(np.float32)
tensors["losses"] = losses.detach().numpy().reshape(2, 24).astype(np.float32)
for name, value in model.named_parameters():
    tensors["gradient." + name] = value.grad.numpy().astype(np.float32)
source = f"transformers {transformers.__version__}, torch {torch.__version__}, LlamaForCausalLM, float64"
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden_llama.safetensors")
save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, path, metadata=dict(source=source, config=json.dumps(CONFIG)))
print(path, os.path.getsize(path), source, float(losses.detach().mean()))

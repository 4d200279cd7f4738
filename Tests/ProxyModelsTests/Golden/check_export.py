"""Loads a folder that `mixpipe train` exported with Hugging Face's transformers and prints the mean loss of a run
of tokens, to compare with the trainer's own:

    v/bin/python check_export.py runs/<run> corpora/five/books.held-out.tokens 128

The shard's header is 64 bytes; windows of the context length are spread over it as HeldOutWindows does.
"""
import sys

import numpy as np
import torch
import transformers

folder, shard, context = sys.argv[1], sys.argv[2], int(sys.argv[3])
asked = -(-45_056 // context)
model = transformers.LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
tokens = np.fromfile(shard, dtype="<u2", offset=64).astype(np.int64)
available = (len(tokens) - 1) // context
starts = [i * available // asked * context for i in range(asked)]
windows = torch.from_numpy(np.stack([tokens[s : s + context + 1] for s in starts]))
losses = []
with torch.no_grad():
    for batch in windows.split(32):
        logits = model(batch[:, :-1]).logits
        losses.append(torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten(), reduction="none"))
print(f"{torch.cat(losses).double().mean().item():.6f} nats per token over {len(starts)} windows of {shard}")

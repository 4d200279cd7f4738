"""Times 'corpus build' on JSON lines beside Hugging Face's tokenizers doing the same: learn a vocabulary from a
sample, encode all of the text. Rounds of both are interleaved, so that what else the machine does meets both alike.

    speed.py MIXPIPE [megabytes] [rounds]
"""

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

MIXPIPE = os.path.abspath(sys.argv[1])
MEGABYTES = int(sys.argv[2]) if len(sys.argv) > 2 else 200
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 3
VOCABULARY = 4096
SAMPLE = 4_000_000


def write(path):
    """Text with the frequencies of words that text has (Zipf's law), in documents of some 3 kB."""
    rng = random.Random(1)
    syllables = [a + b + c for a in "bcdfghklmnprstvw" for b in "aeiou" for c in ["", "n", "r", "s"]]
    words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(50_000)]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    written = 0
    with open(path, "w") as file:
        while written < MEGABYTES * 1_000_000:
            chosen = rng.choices(words, weights, k=100_000)
            for start in range(0, len(chosen), 400):
                text = " ".join(chosen[start:start + 400]).replace(" s", ". S")
                line = json.dumps({"text": text}) + "\n"
                file.write(line)
                written += len(text)
    return written


CHILD = """
import json, sys
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
path, vocabulary, sample = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
made = Tokenizer(models.BPE())
made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
def texts(limit=None):
    left = limit
    for line in open(path):
        text = json.loads(line)["text"]
        yield text
        if limit:
            left -= len(text)
            if left < 0:
                return
made.train_from_iterator(texts(sample), trainers.BpeTrainer(vocab_size=vocabulary, show_progress=False,
    initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<|endoftext|>"]))
count, batch = 0, []
for text in texts():
    batch.append(text)
    if len(batch) == 2000:
        count += sum(len(item.ids) + 1 for item in made.encode_batch_fast(batch))
        batch = []
count += sum(len(item.ids) + 1 for item in made.encode_batch_fast(batch))
print(count)
"""


def run(words, env=None):
    """Seconds, seconds of processor, and megabytes at most."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=env)
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, words
    seconds = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, processor, used.ru_maxrss / 1024


with tempfile.TemporaryDirectory() as folder:
    size = write(folder + "/text.jsonl") / 1e6
    results = {"mixpipe": [], "tokenizers": []}
    for number in range(ROUNDS):
        results["mixpipe"].append(run([
            MIXPIPE, "corpus", "build", "--domain", f"a={folder}/text.jsonl", "--vocabulary", str(VOCABULARY),
            "--output", f"{folder}/corpus-{number}", "-q"]))
        results["tokenizers"].append(run(
            [sys.executable, "-c", CHILD, folder + "/text.jsonl", str(VOCABULARY), str(SAMPLE)],
            dict(os.environ, TOKENIZERS_PARALLELISM="true")))
    print(f"{size:.0f} MB of text, {ROUNDS} rounds, medians")
    for name, rounds in results.items():
        seconds, processor, memory = (statistics.median(column) for column in zip(*rounds))
        print(f"{name:<12}{seconds:7.1f} s  {size / seconds:6.1f} MB/s  {size / processor:6.1f} MB/s a core  "
              f"{memory:6.0f} MB at most")

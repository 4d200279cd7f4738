"""Times 'corpus build' on JSON lines beside Hugging Face's tokenizers doing the same: learn a vocabulary from a
sample, encode all of the text. Rounds of both are interleaved, so that what else the machine does meets both alike.

    speed.py MIXPIPE [megabytes | file] [rounds]     times them on made-up words, or on a file of JSON lines
    speed.py --write CORPUS megabytes file           writes such a file from the text of a built corpus: its documents
                                                     again and again, each begun at another line
"""

import json
import os
import random
import resource
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

VOCABULARY = 4096
SAMPLE = 4_000_000


def documents(corpus):
    """The texts of a built corpus, of all domains."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(f"{corpus}/tokenizer.json")
    end = made.token_to_id("<|endoftext|>")
    for name in sorted(os.listdir(corpus)):
        if not name.endswith(".training.tokens"):
            continue
        with open(f"{corpus}/{name}", "rb") as file:
            data = file.read()
        tokens = struct.unpack(f"<{struct.unpack('<Q', data[16:24])[0]}H", data[64:])
        start = 0
        for place, token in enumerate(tokens):
            if token == end:
                yield made.decode(list(tokens[start:place]))
                start = place + 1


def write_again(corpus, megabytes, path):
    rng = random.Random(1)
    texts = [text for text in documents(corpus) if text.strip()]
    written = 0
    with open(path, "w") as file:
        while written < megabytes * 1_000_000:
            rng.shuffle(texts)
            for text in texts:
                cut = text.find("\n", rng.randrange(len(text))) + 1
                varied = text[cut:] + text[:cut]
                file.write(json.dumps({"text": varied}, ensure_ascii=False) + "\n")
                written += len(varied.encode())
                if written >= megabytes * 1_000_000:
                    return


def size_of(path):
    with open(path) as file:
        return sum(len(json.loads(line)["text"].encode()) for line in file)


def write(path, megabytes):
    """Text with the frequencies of words that text has (Zipf's law), in documents of some 3 kB."""
    rng = random.Random(1)
    syllables = [a + b + c for a in "bcdfghklmnprstvw" for b in "aeiou" for c in ["", "n", "r", "s"]]
    words = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(50_000)]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    written = 0
    with open(path, "w") as file:
        while written < megabytes * 1_000_000:
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
    """Seconds, seconds of processor, and megabytes at most: of its own, without files that are mapped, which the system
    takes back as it likes; and with them."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=env)
    own = [0]

    def watch():
        while True:
            try:
                with open(f"/proc/{process.pid}/status") as file:
                    own[0] = max(own[0], *(int(line.split()[1]) for line in file if line.startswith("RssAnon")), 0)
            except (OSError, TypeError, ValueError):
                return
            time.sleep(0.05)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, words
    seconds = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, processor, own[0] / 1024, used.ru_maxrss / 1024


def main():
    if sys.argv[1] == "--write":
        return write_again(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    mixpipe = os.path.abspath(sys.argv[1])
    source = sys.argv[2] if len(sys.argv) > 2 else "200"
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with tempfile.TemporaryDirectory(dir=os.path.dirname(os.path.abspath(source)) if not source.isdigit() else None) as folder:
        if source.isdigit():
            path = folder + "/text.jsonl"
            size = write(path, int(source)) / 1e6
        else:
            path, size = source, size_of(source) / 1e6
        results = {"mixpipe": [], "tokenizers": []}
        for number in range(rounds):
            corpus = f"{folder}/corpus-{number}"
            commands = {
                "mixpipe": ([mixpipe, "corpus", "build", "--domain", f"a={path}", "--vocabulary", str(VOCABULARY),
                             "--output", corpus, "-q"], None),
                "tokenizers": ([sys.executable, "-c", CHILD, path, str(VOCABULARY), str(SAMPLE)],
                               dict(os.environ, TOKENIZERS_PARALLELISM="true")),
            }
            for name, (words, environment) in commands.items():
                found = run(words, environment)
                results[name].append(found)
                print(f"round {number + 1}: {name:<12}{found[0]:7.1f} s, {found[1]:7.1f} s of processor, "
                      f"{found[2]:6.0f} MB of its own, {found[3]:6.0f} MB with mapped files", flush=True)
            shutil.rmtree(corpus)
    print(f"{size:.0f} MB of text, {rounds} rounds, medians")
    for name, found in results.items():
        seconds, processor, own, memory = (statistics.median(column) for column in zip(*found))
        print(f"{name:<12}{seconds:7.1f} s  {size / seconds:6.1f} MB/s  {size / processor:6.1f} MB/s a core  "
              f"{own:6.0f} MB of its own at most, {memory:6.0f} MB with mapped files")


if __name__ == "__main__":
    main()

"""Checks what mixpipe reads and writes against the programs that it is meant for.

Run by 'make test-formats'. What is installed is used; the rest is said to be missing, never passed over
in silence. Prints a table of what was checked how, and ends with status 1 where a check failed.
"""

import gzip
import importlib.metadata
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

MIXPIPE = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else ".build/release/mixpipe")
os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
rows = []


def version(package):
    return f"{package} {importlib.metadata.version(package)}"


def check(what, how):
    """A check is a function that raises where something is wrong, and ImportError where its program is not
    installed."""

    def run(body):
        try:
            detail = body() or ""
            rows.append((what, how() if callable(how) else how, "agrees", detail))
        except ImportError as error:
            rows.append((what, how if isinstance(how, str) else "", "not checked", f"no {error.name}"))
        except importlib.metadata.PackageNotFoundError as error:
            rows.append((what, "", "not checked", f"no {error.name}"))
        except Exception as error:  # noqa: BLE001
            rows.append((what, "", "FAILED", f"{type(error).__name__}: {error}"[:200]))

    return run


def mixpipe(*words, folder="."):
    result = subprocess.run([MIXPIPE, *words], cwd=folder, capture_output=True, text=True)
    if result.returncode != 0:
        raise RuntimeError(result.stderr.strip().splitlines()[-1])
    return result.stdout


def shard(path):
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"MIXSHARD"
    count = struct.unpack("<Q", data[16:24])[0]
    return list(struct.unpack(f"<{count}H", data[64:]))


def split(tokens, end):
    documents, current = [], []
    for token in tokens:
        if token == end:
            documents.append(tuple(current))
            current = []
        else:
            current.append(token)
    return documents + ([tuple(current)] if current else [])


def sides(corpus, domain, end):
    """The documents of both shards."""
    return [
        document
        for part in ("training", "held-out")
        for document in split(shard(f"{corpus}/{domain}.{part}.tokens"), end)
    ]


def words(seed, count, documents):
    rng = random.Random(seed)
    names = ["".join(rng.choice("bcdfghklmnprstvz") + rng.choice("aeiou") for _ in range(rng.randint(1, 4)))
             for _ in range(400)]
    return [" ".join(names[min(int(rng.expovariate(1 / 40)), 399)] for _ in range(count))
            for _ in range(documents)]


def made_up(seed, documents, below):
    rng = random.Random(seed)
    return [[1 + int((below - 1) * rng.random() ** 4) for _ in range(rng.randint(5, 90))]
            for _ in range(documents)]


# Tokenizers

LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
          r"|\s*[\r\n]+|\s+(?!\S)|\s+")
QWEN = LLAMA3.replace("{1,3}", "")


def tokenizer(kind):
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    def byte_level(use_regex):
        return pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=use_regex)

    def splitting(pattern):
        return pre_tokenizers.Sequence(
            [pre_tokenizers.Split(Regex(pattern), behavior="isolated", invert=False), byte_level(False)])

    made = Tokenizer(models.BPE(ignore_merges=kind == "llama-3"))
    made.decoder = decoders.ByteLevel()
    made.pre_tokenizer = {"gpt-2": byte_level(True), "olmo": byte_level(True), "llama-3": splitting(LLAMA3),
                          "qwen": splitting(QWEN)}[kind]
    if kind == "qwen":
        made.normalizer = normalizers.NFC()
    rng = random.Random(3)
    made.train_from_iterator(
        odd_strings(rng, 1500),
        trainers.BpeTrainer(vocab_size=700, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
                            show_progress=False))
    made.add_special_tokens([AddedToken("<|endoftext|>", special=True)])
    if kind == "olmo":
        made.add_tokens([AddedToken("  ", normalized=True), AddedToken("    ", normalized=True)])
    return made


def odd_strings(rng, count):
    pieces = ["'s", "'S", "'ſ", "'ll", "don't", "I'VE", "\r\n", "\n\n", "\t", "  ", "    ", "\u00a0", "\u3000",
              "1", "23", "1234567", "½", "٣٤", "日本語", "текст", "ǅ", "ß", "İ", "e\u0301", "é", "क्षि", "ไทย",
              "👩‍👩‍👧", "🙂", "\U00020000", "€", "!!!", "…", "{}", "==", "https://a.b/c?d=e", "a_b", "CamelCase",
              "<|endoftext|", "the", " the", " mixture", "of", "\x00", "\x7f", "\uFFFD", "\u0378", "가"]
    result = []
    for number in range(count):
        text = "".join(rng.choice(pieces) + rng.choice(["", " ", "", "\n"]) for _ in range(rng.randint(1, 20)))
        result.append(f"{number} {text}")
    return result


def check_tokenizer(kind, folder):
    @check(f"tokenizer.json as {kind}'s", lambda: version("tokenizers"))
    def _():
        made = tokenizer(kind)
        made.save(f"{folder}/{kind}.json")
        strings = odd_strings(random.Random(8), 5000)
        with open(f"{folder}/odd.jsonl", "w") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in strings)
        mixpipe("corpus", "build", "--domain", f"odd={folder}/odd.jsonl", "--tokenizer",
                f"{folder}/{kind}.json", "--output", f"{folder}/{kind}", "-q")
        end = made.token_to_id("<|endoftext|>")
        record = json.load(open(f"{folder}/{kind}/corpus.json"))
        assert record["vocabularySize"] == made.get_vocab_size()
        theirs = {tuple(made.encode(text, add_special_tokens=False).ids) for text in strings}
        found = sides(f"{folder}/{kind}", "odd", end)
        wrong = [document for document in found if document not in theirs]
        assert not wrong, f"{len(wrong)} of {len(found)} differ"
        return f"{len(found)} of 5,000 strings in shards, all equal"


# Token shards

def decoded(corpus, domain):
    cut = json.load(open(f"{corpus}/vocabulary.json"))
    kept, others, base, digits = cut["kept"], cut["others"], cut["base"], cut["digits"]
    result, current, number = [], [], 0
    tokens = shard(f"{corpus}/{domain}.training.tokens") + shard(f"{corpus}/{domain}.held-out.tokens")
    for token in tokens:
        if token == 0:
            result.append(tuple(current))
            current = []
        elif token <= len(kept):
            current.append(kept[token - 1])
        else:
            place, digit = divmod(token - 1 - len(kept), base)
            number = digit if place == 0 else number * base + digit
            if place == digits - 1:
                current.append(others[number])
    return result


def check_shards(what, how, folder, write, *options):
    @check(what, how)
    def _():
        documents = made_up(5, 900, 40_000)
        path = write(documents)
        corpus = f"{folder}/corpus"
        mixpipe("corpus", "build", "--tokens", f"a={path}", "--vocabulary", "1024", "--output", corpus, "-q",
                *options)
        found = decoded(corpus, "a")
        assert sorted(found) == sorted(tuple(document) for document in documents), "documents differ"
        return f"{len(found)} documents, {sum(map(len, found))} tokens"


def megatron_writer(folder):
    def write(documents):
        import numpy
        import torch
        from megatron.core.datasets.indexed_dataset import IndexedDatasetBuilder

        builder = IndexedDatasetBuilder(f"{folder}/meg.bin", dtype=numpy.int32)
        for document in documents:
            builder.add_item(torch.tensor(document + [50256], dtype=torch.int64))
            builder.end_document()
        builder.finalize(f"{folder}/meg.idx")
        return f"{folder}/meg.bin"

    return write


def datatrove_writer(folder):
    def write(documents):
        from datatrove.io import get_datafolder
        from datatrove.pipeline.tokens.tokenizer import TokenizedFile

        made = TokenizedFile(get_datafolder(folder), "00000.ds", save_index=True, upload_block_size=None,
                             tokenizer_name_or_path="gpt2", save_final_metadata=True, token_size=2)
        for document in documents:
            made.write(document + [50256], None)
        made.close()
        return f"{folder}/00000.ds"

    return write


def numpy_writer(folder, is_raw):
    def write(documents):
        import numpy

        tokens = numpy.array([token for document in documents for token in document + [50256]], dtype=numpy.uint32)
        if is_raw:
            mapped = numpy.memmap(f"{folder}/part-0.npy", dtype=numpy.uint32, mode="w+", shape=tokens.shape)
            mapped[:] = tokens
            mapped.flush()
            return f"{folder}/part-0.npy"
        numpy.save(f"{folder}/array.npy", tokens)
        return f"{folder}/array.npy"

    return write


def bytes_writer(folder, name, head, code):
    def write(documents):
        tokens = [token for document in documents for token in document + [50256]]
        with open(f"{folder}/{name}", "wb") as file:
            file.write(head(len(tokens)) + struct.pack(f"<{len(tokens)}{code}", *tokens))
        return f"{folder}/{name}"

    return write


# Mixtures

FACTS = ["--path", "a=/p/a_text_document", "--path", "b=/p/b", "--path", "c=/p/c", "--document-tokens", "a=1000",
         "--document-tokens", "b=200", "--document-tokens", "c=500", "--available", "a=1e9", "--available",
         "b=1e8", "--available", "c=1e10", "--tokens", "4B", "-q"]
MIXTURE = {"a": 0.625, "b": 0.25, "c": 0.125}


def export(target, folder, facts=FACTS):
    path = f"{folder}/{target}"
    mixpipe("export", ",".join(f"{name}={weight}" for name, weight in MIXTURE.items()) + ",d=0", "--to", target,
            "--output", path, *facts)
    return path


def near(found, wanted, tolerance=1e-7):
    assert len(found) == len(wanted) and all(abs(x - y) < tolerance for x, y in zip(found, wanted)), (found, wanted)


DOCUMENTS = [w / t for w, t in zip(MIXTURE.values(), (1000, 200, 500))]
DOCUMENTS = [share / sum(DOCUMENTS) for share in DOCUMENTS]


def check_exports(folder):
    @check("export --to megatron", lambda: f"get_blend_from_list, {version('megatron-core')}")
    def _():
        from megatron.core.datasets.utils import get_blend_from_list, normalize

        paths, weights = get_blend_from_list(open(export("megatron", folder)).read().split())
        assert paths == ["/p/a_text_document", "/p/b", "/p/c"]
        near(normalize(weights), MIXTURE.values())

    @check("export --to megatron-split", lambda: f"get_blend_from_list, {version('megatron-core')}")
    def _():
        from megatron.core.datasets.utils import get_blend_from_list

        parts = json.load(open(export("megatron-split", folder)))
        near(get_blend_from_list(parts["train"])[1], MIXTURE.values())
        assert get_blend_from_list(parts["valid"]) is None and get_blend_from_list(parts["test"]) is None

    @check("export --to hf-datasets", lambda: f"run as it is, {version('datasets')}")
    def _():
        import datasets

        datasets.disable_progress_bars()
        lengths = {"a": 100, "b": 20, "c": 50}
        facts = ["-q"]
        for name, length in lengths.items():
            with open(f"{folder}/hf-{name}.jsonl", "w") as file:
                file.writelines(json.dumps({"text": f"{name} " * length}) + "\n" for _ in range(3000))
            facts += ["--path", f"{name}={folder}/hf-{name}.jsonl", "--document-tokens", f"{name}={length}"]
        namespace = {}
        exec(open(export("hf-datasets", folder, facts)).read(), namespace)  # noqa: S102
        seen = dict.fromkeys(lengths, 0)
        for number, row in enumerate(namespace["mixture"](seed=1)):
            seen[row["text"][0]] += len(row["text"]) // 2
            if number == 5000:
                break
        total = sum(seen.values())
        near([seen[name] / total for name in MIXTURE], MIXTURE.values(), 0.03)
        return "tokens drawn " + ", ".join(f"{name} {count / total:.3f}" for name, count in seen.items())

    def yaml(target):
        import yaml

        return yaml.safe_load(open(export(target, folder)))

    def olmo_rules(sources):
        for source in sources:
            assert 0 < source["target_ratio"] <= 1 and source["max_repetition_ratio"] >= 1 and source["paths"]
        assert abs(sum(source["target_ratio"] for source in sources) - 1) < 1e-5
        for source, available in zip(sources, (1e9, 1e8, 1e10)):
            assert int(4e9 * source["target_ratio"]) <= int(available * source["max_repetition_ratio"])
        near([source["target_ratio"] for source in sources], MIXTURE.values())

    @check("export --to olmo-core", lambda: f"SourceMixtureList.validate, {version('ai2-olmo-core')}")
    def _():
        from olmo_core.data.source_mixture import SourceMixtureConfig, SourceMixtureList

        sources = yaml("olmo-core")["sources"]
        made = SourceMixtureList(sources=[SourceMixtureConfig(**source) for source in sources])
        made.validate()
        for source in made.sources:
            source.validate()
        olmo_rules(sources)

    @check("export --to olmo-core", "its rules, from src/olmo_core/data/source_mixture.py")
    def _():
        olmo_rules(yaml("olmo-core")["sources"])

    @check("export --to nanotron", "the dataclass's rules, from src/nanotron/config/config.py")
    def _():
        stage = yaml("nanotron")["data_stages"][0]
        assert stage["start_training_step"] == 1 and set(stage) == {"name", "start_training_step", "data"}
        assert set(stage["data"]) == {"dataset", "seed", "num_loading_workers"}
        assert len(stage["data"]["dataset"]["dataset_folder"]) == 3
        near(stage["data"]["dataset"]["dataset_weights"], MIXTURE.values())

    @check("export --to levanter", "its keys, from Marin's lib/levanter/config/data")
    def _():
        data = yaml("levanter")
        assert set(data["configs"]) == set(data["train_weights"]) and data["stop_strategy"] == "restart"
        near(data["train_weights"].values(), MIXTURE.values())

    @check("export --to lingua", "its keys, from apps/main/configs/llama_1B.yaml")
    def _():
        data = yaml("lingua")["data"]
        assert data["root_dir"] == "/p" and list(data["sources"]) == ["a_text_document", "b", "c"]
        near(data["sources"].values(), MIXTURE.values())

    @check("export --to regmix", "its keys, from mixture_config/config_1b/regmix.yaml")
    def _():
        near(yaml("regmix")["train"].values(), MIXTURE.values())

    @check("export --to doremi", "its keys, from configs/pile_uniform.json")
    def _():
        data = json.load(open(export("doremi", folder)))
        assert set(data) == {"train_domain_weights", "eval_domain_weights"}
        near(data["train_domain_weights"].values(), MIXTURE.values())

    @check("export --to llama-factory", "the dataclass's rules, from src/llamafactory/hparams/data_args.py")
    def _():
        data = yaml("llama-factory")
        probabilities = [float(item) for item in data["interleave_probs"].split(",")]
        assert len(data["dataset"].split(",")) == len(probabilities) and data["mix_strategy"] == "interleave_over"
        near(probabilities, DOCUMENTS)

    @check("export --to streaming", lambda: f"Stream, {version('mosaicml-streaming')}")
    def _():
        from streaming import Stream

        streams = yaml("streaming")["train_loader"]["dataset"]["streams"]
        near([Stream(**stream)._proportion for stream in streams.values()], DOCUMENTS)

    @check("export --to olmix", "its keys, from docs/cli/generate.md")
    def _():
        near([entry["weight"] for entry in yaml("olmix")["mix"].values()], MIXTURE.values())

    @check("--mixture @file, every format", "mixpipe reads what it wrote")
    def _():
        for target in ["megatron-split", "olmo-core", "hf-datasets", "json", "csv"]:
            again = json.loads(mixpipe("export", f"@{export(target, folder)}", "--to", "json", "-q"))
            weights = dict(zip(again["domains"], again["weights"]))
            if target == "megatron-split":
                weights["a"] = weights.pop("a", weights.get("a_text_document"))
            near([weights[name] for name in MIXTURE], MIXTURE.values())


# Models

def check_model(folder):
    run = f"{folder}/run"

    def train(precision="fp32"):
        """A run's folder, made once for each precision."""
        output = run if precision == "fp32" else f"{run}-{precision}"
        if os.path.exists(output + "/run.json"):
            return output
        if not os.path.exists(f"{folder}/text"):
            for seed, name in enumerate("ab"):
                with open(f"{folder}/text-{name}.jsonl", "w") as file:
                    file.writelines(json.dumps({"text": text}) + "\n" for text in words(seed, 120, 1500))
            mixpipe("corpus", "build", "--domain", f"a={folder}/text-a.jsonl", "--domain",
                    f"b={folder}/text-b.jsonl", "--vocabulary", "512", "--output", f"{folder}/text", "-q")
        mixpipe("train", "--corpus", f"{folder}/text", "--mixture", "a=0.5,b=0.5", "--size", "50k", "--tokens",
                "100000", "--precision", precision, "--workers", "1", "-q", "--output", output)
        return output

    def held_out_loss(model, torch, name):
        """As mixpipe measures: windows spread evenly over the held-out shard."""
        tokens = shard(f"{folder}/text/{name}.held-out.tokens")
        context = model.config.max_position_embeddings
        available = (len(tokens) - 1) // context
        count = min((45056 + context - 1) // context, available)
        total = 0.0
        with torch.no_grad():
            for start in range(0, count, 64):
                rows = [tokens[(i * available // count) * context:][:context + 1]
                        for i in range(start, min(start + 64, count))]
                batch = torch.tensor(rows)
                logits = model(batch[:, :-1]).logits.double()
                losses = torch.nn.functional.cross_entropy(
                    logits.reshape(-1, logits.shape[-1]), batch[:, 1:].reshape(-1), reduction="sum")
                total += losses.item()
        return total / (count * context)

    @check("a run's folder: held-out losses", lambda: f"{version('transformers')}, {version('torch')}")
    def _():
        import torch
        from transformers import AutoModelForCausalLM

        told = []
        # In bfloat16 mixpipe rounds the factors of products where it measures too, transformers does not here.
        for precision, tolerance in ("fp32", 1e-5), ("bf16", 1e-3):
            output = train(precision)
            model = AutoModelForCausalLM.from_pretrained(output, dtype=torch.float32)
            result = json.load(open(output + "/run.json"))["result"]
            losses = {entry["domain"]: entry["loss"] for entry in find_losses(result)}
            worst = max(abs(held_out_loss(model, torch, name) - losses[name]) for name in "ab")
            assert worst < tolerance, f"losses of a run in {precision} differ by {worst}"
            told.append(f"{worst:.1e} nats in {precision}")
        return "equal to " + ", ".join(told)

    @check("a run's folder: tokenizer and generation", lambda: version("transformers"))
    def _():
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        train()
        tokens = AutoTokenizer.from_pretrained(run)
        end = tokens.convert_tokens_to_ids("<|endoftext|>")
        assert tokens.eos_token_id == tokens.bos_token_id == tokens.pad_token_id == end
        model = AutoModelForCausalLM.from_pretrained(run, dtype=torch.float32)
        assert model.generation_config.eos_token_id == model.config.eos_token_id == end
        text = words(0, 20, 1)[0]
        assert tokens.decode(tokens(text)["input_ids"]) == text
        out = model.generate(**tokens(text, return_tensors="pt"), max_new_tokens=8, do_sample=False)
        assert out.shape[1] > 8
        return f"end of text {end}"

    @check("a run's folder: loglikelihood", lambda: f"{version('lm_eval')}, {version('transformers')}")
    def _():
        import torch
        from lm_eval.api.instance import Instance
        from lm_eval.models.huggingface import HFLM
        from transformers import AutoModelForCausalLM, AutoTokenizer

        train()
        wrapped = HFLM(pretrained=run, dtype="float32", device="cpu", batch_size=4)
        tokens = AutoTokenizer.from_pretrained(run)
        model = AutoModelForCausalLM.from_pretrained(run, dtype=torch.float32)
        assert wrapped.prefix_token_id == tokens.eos_token_id
        pairs = [("", words(1, 6, 1)[0])]
        for text in words(1, 12, 8):
            first = text.split()
            pairs.append((" ".join(first[:6]), " " + " ".join(first[6:])))
        requests = [Instance("loglikelihood", {}, pair, index) for index, pair in enumerate(pairs)]
        worst = 0.0
        for (context, continuation), (found, _) in zip(pairs, wrapped.loglikelihood(requests)):
            context_ids = tokens(context)["input_ids"] if context else [tokens.eos_token_id]
            whole = tokens(context + continuation)["input_ids"]
            whole = whole if context else context_ids + whole
            ids = torch.tensor([whole[-(model.config.max_position_embeddings + 1):]])
            count = len(whole) - len(context_ids)
            with torch.no_grad():
                log = torch.log_softmax(model(ids[:, :-1]).logits.double(), -1)[0]
            expected = sum(log[i, ids[0, i + 1]].item() for i in range(ids.shape[1] - 1 - count, ids.shape[1] - 1))
            worst = max(worst, abs(expected - found) / count)
        assert worst < 1e-5, f"differs by {worst} a token"
        return f"equal to {worst:.1e} nats a token"

    @check("a run's folder: tasks of local files", lambda: f"simple_evaluate, {version('lm_eval')}")
    def _():
        import datasets
        import torch
        from lm_eval import simple_evaluate
        from lm_eval.models.huggingface import HFLM
        from lm_eval.tasks import TaskManager
        from transformers import AutoModelForCausalLM, AutoTokenizer

        train()
        datasets.disable_progress_bars()
        tasks = f"{folder}/tasks"
        os.makedirs(tasks, exist_ok=True)
        texts = words(7, 260, 5) + ["One word.", "  odd \u00e9 \u65e5\u672c\n\nlines  "]
        with open(f"{tasks}/texts.jsonl", "w") as file:
            file.writelines(json.dumps({"text": text}) + "\n" for text in texts)
        questions = [(" ".join(line.split()[:8]), [" " + word for word in line.split()[8:12]])
                     for line in words(9, 12, 12)]
        with open(f"{tasks}/questions.jsonl", "w") as file:
            file.writelines(json.dumps({"question": question, "choices": choices, "answer": number % 4}) + "\n"
                            for number, (question, choices) in enumerate(questions))
        with open(f"{tasks}/texts.yaml", "w") as file:
            file.write(TASK.format(name="texts", folder=tasks) + "output_type: loglikelihood_rolling\n"
                       "doc_to_text: ''\ndoc_to_target: '{{text}}'\nmetric_list:\n  - metric: bits_per_byte\n")
        with open(f"{tasks}/questions.yaml", "w") as file:
            file.write(TASK.format(name="questions", folder=tasks) + "output_type: multiple_choice\n"
                       "doc_to_text: '{{question}}'\ndoc_to_choice: '{{choices}}'\ndoc_to_target: answer\n"
                       "target_delimiter: ''\nmetric_list:\n  - metric: acc\n")
        found = simple_evaluate(
            model=HFLM(pretrained=run, dtype="float32", device="cpu", batch_size=4), tasks=["texts", "questions"],
            task_manager=TaskManager(include_path=tasks, include_defaults=False), log_samples=True,
            bootstrap_iters=0, verbosity="ERROR")
        tokens = AutoTokenizer.from_pretrained(run)
        model = AutoModelForCausalLM.from_pretrained(run, dtype=torch.float32)

        def log_probability(ids, count):
            """Of the last so many tokens, in nats."""
            with torch.no_grad():
                logs = torch.log_softmax(model(torch.tensor([ids[:-1]])).logits.double(), -1)[0]
            return sum(logs[i, ids[i + 1]].item() for i in range(len(ids) - 1 - count, len(ids) - 1))

        context = model.config.max_position_embeddings
        worst, total, size = 0.0, 0.0, 0
        for sample in found["samples"]["texts"]:
            text = sample["doc"]["text"]
            ids = [tokens.eos_token_id] + tokens(text)["input_ids"]
            own, done = 0.0, 1
            while done < len(ids):
                end = min(done + context, len(ids))
                own += log_probability(ids[max(end - context - 1, 0):end], end - done)
                done = end
            value = sample["resps"][0][0]
            value = value[0] if isinstance(value, (list, tuple)) else value
            worst = max(worst, abs(float(value) - own) / (len(ids) - 1))
            total, size = total + own, size + len(text.encode())
        bits = found["results"]["texts"]["bits_per_byte,none"]
        assert abs(bits + total / size / 0.6931471805599453) < 1e-5, (bits, total, size)
        right = 0
        for sample in found["samples"]["questions"]:
            question, scores = sample["doc"]["question"], []
            for choice, response in zip(sample["doc"]["choices"], sample["resps"]):
                ids, count = tokens(question + choice)["input_ids"], len(tokens(question)["input_ids"])
                count = len(ids) - count
                scores.append(log_probability(ids[-context - 1:], count))
                worst = max(worst, abs(float(response[0][0]) - scores[-1]) / count)
            right += scores.index(max(scores)) == sample["doc"]["answer"]
        assert abs(found["results"]["questions"]["acc,none"] - right / len(questions)) < 1e-9
        assert worst < 1e-5, f"differs by {worst} a token"
        return f"{len(texts)} texts, {len(questions)} questions, equal to {worst:.1e} nats a token"


TASK = """task: {name}
dataset_path: json
dataset_kwargs:
  data_files:
    test: {folder}/{name}.jsonl
test_split: test
"""


def find_losses(value):
    if isinstance(value, dict):
        if "domain" in value and "loss" in value:
            return [value]
        value = list(value.values())
    if isinstance(value, list):
        return [found for item in value for found in find_losses(item)]
    return []


def main():
    with tempfile.TemporaryDirectory() as folder:
        for kind in ["gpt-2", "olmo", "llama-3", "qwen"]:
            check_tokenizer(kind, folder)
        for name in ["meg", "ds", "raw", "npy", "llmc", "nano", "lit"]:
            os.makedirs(f"{folder}/{name}")
        end = ["--end-of-text", "50256"]
        check_shards("Megatron .bin and .idx", lambda: f"IndexedDatasetBuilder, {version('megatron-core')}",
                     f"{folder}/meg", megatron_writer(f"{folder}/meg"))
        check_shards("datatrove .ds", lambda: f"TokenizedFile, {version('datatrove')}", f"{folder}/ds",
                     datatrove_writer(f"{folder}/ds"))
        check_shards("OLMo and dolma .npy", lambda: f"memmap, {version('numpy')}", f"{folder}/raw",
                     numpy_writer(f"{folder}/raw", True), "--token-type", "uint32", *end)
        check_shards("NumPy .npy", lambda: f"save, {version('numpy')}", f"{folder}/npy",
                     numpy_writer(f"{folder}/npy", False), *end)
        check_shards("llm.c .bin", "written from dev/data/data_common.py", f"{folder}/llmc",
                     bytes_writer(f"{folder}/llmc", "a.bin",
                                  lambda n: struct.pack("<256i", 20240520, 1, n, *[0] * 253), "H"))
        check_shards("nanoGPT .bin", "written from data/openwebtext/prepare.py", f"{folder}/nano",
                     bytes_writer(f"{folder}/nano", "train.bin", lambda n: b"", "H"), *end)
        check_shards("Lit-GPT packed", "written from lit_gpt/packed_dataset.py", f"{folder}/lit",
                     bytes_writer(f"{folder}/lit", "train_0.bin",
                                  lambda n: b"LITPKDS" + struct.pack("<QBQ", 1, 8, n), "H"), *end)
        check_exports(folder)
        check_model(folder)
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths + [0])).rstrip())
    failed = sum(row[2] == "FAILED" for row in rows)
    missing = sum(row[2] == "not checked" for row in rows)
    print(f"\n{len(rows)} checks, {failed} failed, {missing} not made")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

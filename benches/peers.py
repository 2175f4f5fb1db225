"""Latency of other libraries on the network of this repository and on its task, beside our own engine.

    cargo run --release -p hscode-train --example peers -- MODEL.bin TEXTS.jsonl FOLDER     ours, and the files below
    python3 benches/peers.py FOLDER [--accurate accurate-network] [--texts data/descriptions]

The first command writes into FOLDER the network as ONNX (model.onnx with rounding, plain.onnx without), the ids that
it reads of each text (inputs.jsonl), and our own latency (ours.json). Then one text at a time, one thread:

* onnxruntime on both files, from ids on;
* fastText with hierarchical softmax, words and runs of 3 to 5 characters, trained here on the repository's texts (its
  accuracy is not looked at), from the text on, by its C++ binding without numpy;
* MiniLM in onnxruntime, from ids on and with the tokenizer, if --accurate names the folder that
  hscode-train/teacher/export_onnx.py wrote.

Needs onnxruntime, numpy, tokenizers and fasttext-wheel. Texts are run in their order, five times (every tenth twice
for MiniLM); the best time of each text counts, and p50 and p99 are over texts. Ours are times by the clock, theirs of
the processor, so a busy machine cannot flatter us.
"""

import argparse
import glob
import json
import os
import sys
import tempfile
import time

import numpy as np


def times(run, items, rounds=5):
    """The best of several times of each item, in microseconds of processor time: a busy machine adds nothing."""
    best = np.full(len(items), np.inf)
    for _ in range(rounds):
        for at, item in enumerate(items):
            start = time.thread_time_ns()
            run(item)
            best[at] = min(best[at], (time.thread_time_ns() - start) / 1e3)
    return best


def show(name, what, best, ours):
    p50, p99 = np.percentile(best, [50, 99])
    print(f"| {name} | {what} | {p50:,.0f} | {p99:,.0f} | {p50 / ours:,.0f}x |", flush=True)


def session(path):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def fasttext_model(folder):
    """A hierarchical-softmax model of the repository's texts, for its speed."""
    import fasttext

    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as f:
        for path in sorted(glob.glob(os.path.join(folder, "*.tsv"))):
            for line in open(path, encoding="utf-8"):
                code, _, text = line.rstrip("\n").split("\t", 2)
                if code != "code":
                    f.write(f"__label__{code} {text.lower()}\n")
    model = fasttext.train_supervised(
        f.name, dim=96, epoch=1, lr=0.5, loss="hs", minn=3, maxn=5, bucket=65536, thread=2, verbose=0)
    os.remove(f.name)
    return model


def compare(run, rows, ids):
    """How the engine and the exported network agree, on standard error: the table stays a table."""
    n = top = five = 0
    most = 0.0
    for row, feeds in zip(rows, ids):
        if not row["best"]:
            continue
        logits = run.run(None, feeds)[0][0]
        best = np.argsort(-logits, kind="stable")[:5].tolist()
        ours = [at for at, _ in row["best"]]
        n, top, five = n + 1, top + (best[0] == ours[0]), five + (best == ours)
        most = max(most, max(abs(float(logits[at]) - x) for at, x in row["best"]))
    print(f"engine and export in onnxruntime: the same best code on {top} of {n}, the same five in order on {five}; "
          f"logits differ by at most {most:.1e}", file=sys.stderr)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("folder")
    a.add_argument("--accurate")
    a.add_argument("--texts", default="data/descriptions")
    a = a.parse_args()
    rows = [json.loads(line) for line in open(os.path.join(a.folder, "inputs.jsonl"), encoding="utf-8")]
    ours = json.load(open(os.path.join(a.folder, "ours.json")))
    print(f"one thread, one text at a time, best of 5, n={len(rows)} texts\n")
    print("| what | from | p50 us | p99 us | ours is faster by |\n|---|---|---|---|---|")
    for name, what in (("text", "text to top-5"), ("flat", "text to top-5, all classes scored")):
        if name in ours:
            print(f"| this library, {what} | text | {ours[name]['p50']:.1f} | {ours[name]['p99']:.1f} | |")
    base = ours["text"]["p50"]
    ids = [{k: np.array([v], np.int64) for k, v in row["inputs"].items()} for row in rows]
    for name, what in (("plain.onnx", "f32"), ("model.onnx", "int8 weights, rounding in the graph")):
        run = session(os.path.join(a.folder, name))
        show(f"onnxruntime, the same Text-CNN, {what}", "ids", times(lambda x: run.run(None, x), ids), base)
    compare(run, rows, ids)
    texts = [row["text"] for row in rows]
    try:
        model = fasttext_model(a.texts)
        lower = [text.lower().replace("\n", " ") + "\n" for text in texts]
        show("fastText, hierarchical softmax, runs of characters", "text",
             times(lambda t: model.f.predict(t, 5, 0.0, "strict"), lower), base)
    except ImportError:
        print("| fastText | not installed | | | |")
    if a.accurate:
        import tokenizers

        run = session(os.path.join(a.accurate, "model.onnx"))
        reader = tokenizers.Tokenizer.from_file(os.path.join(a.accurate, "tokenizer.json"))
        reader.no_padding()
        reader.enable_truncation(40)

        def inputs(text):
            ids = np.array([reader.encode(text).ids], np.int64)
            return {"input_ids": ids, "attention_mask": np.ones_like(ids)}

        texts = texts[::10]
        ids = [inputs(text) for text in texts]
        show("MiniLM (hscode-accurate) in onnxruntime", "ids", times(lambda x: run.run(None, x), ids, 2), base)
        show("MiniLM (hscode-accurate) in onnxruntime", "text",
             times(lambda t: run.run(None, inputs(t)), texts, 2), base)


if __name__ == "__main__":
    main()

"""What the Python module costs over Rust, next to fastText and onnxruntime on the same texts.

    cargo build --release -p hscode-core --example batch_speed
    python benches/python.py [--rows 100000] [--threads 1 2] [--rounds 5] [--peers]

Run it with the release wheel installed and the machine at rest. It prints a Markdown table for each number of threads:
rows per second of batches (median of the rounds and their range), the ratio to Rust (median of the rounds, each with
Rust's round of the same minute: they take turns), microseconds of single calls (median and 99th percentile of 2,000).
Where the machine is busy with other things, `--processor` counts rows per second of processor time instead of by the
clock. A row costs the same in a shorter batch, so `--rows 20000 --rounds 3` gives the same figures sooner.

It needs pyarrow for its row; `--peers` also fasttext-community (or another build of fastText), numpy, onnx and
onnxruntime. fastText answers on one thread always. The peers take one round each.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import hscode

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or REPOSITORY / "target")
SINGLE, BATCH = 2000, 64


def goods(count: int) -> tuple[list[str], list[str]]:
    """Descriptions of the repository, one of every chapter after the other, and their codes."""
    files = [
        [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
        for path in sorted((REPOSITORY / "data" / "descriptions").glob("*.tsv"))
    ]
    rows = [lines[at % len(lines)] for at in range(-(-count // len(files))) for lines in files]
    return [row[2] for row in rows[:count]], [row[0] for row in rows[:count]]


clock = time.perf_counter


def one_round(call: Callable[[list[str]], Sequence[Any]], texts: list[str]) -> float:
    """Seconds of a round; the answers are let go after it, as in Rust."""
    started = clock()
    answers = call(texts)
    seconds = clock() - started
    assert len(answers) == len(texts)
    return seconds


def singles(call: Callable[[str], Any], texts: list[str]) -> list[float]:
    """Nanoseconds of each call."""
    taken = []
    for text in (texts * (SINGLE // len(texts) + 1))[:SINGLE]:
        started = time.perf_counter_ns()
        call(text)
        taken.append(float(time.perf_counter_ns() - started))
    return taken


def line(name: str, rows: int, rounds: list[float], single: list[float], of: list[float]) -> None:
    """`of`: the seconds of Rust's rounds."""
    rates = sorted(rows / seconds for seconds in rounds)
    ratios = sorted(rust / seconds for rust, seconds in zip(of, rounds, strict=False))
    ratio = f"{statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})"
    single = sorted(single)
    print(
        f"| {name} | {statistics.median(rates):,.0f} ({rates[0]:,.0f} to {rates[-1]:,.0f}) | {ratio} | "
        f"{statistics.median(single) / 1000:.1f} | {single[len(single) * 99 // 100] / 1000:.1f} |",
        flush=True,
    )


def rust(file: str, rows: int, threads: int) -> tuple[float, list[float]]:
    """Seconds of one round, nanoseconds of single calls."""
    program = TARGET / "release" / "examples" / "batch_speed"
    command = [program, file, "--threads", str(threads), "--rounds", "1"]
    seen = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert seen["rows"] == rows
    return seen["rounds_s" if clock is time.perf_counter else "busy_s"][0], seen["single_ns"]


def fast_text(texts: list[str], codes: list[str]) -> tuple[list[float], list[float]]:
    """A supervised fastText model of the same texts; five labels a text, as above."""
    import fasttext

    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        for text, code in zip(texts, codes, strict=True):
            file.write(f"__label__{code} {text}\n")
        file.flush()
        model = fasttext.train_supervised(file.name, dim=100, epoch=5, wordNgrams=2, loss="softmax", thread=2, verbose=0)
    plain = [text.replace("\n", " ") for text in texts]
    return [one_round(lambda rows: model.predict(rows, k=5)[0], plain)], singles(lambda row: model.predict(row, k=5), plain)


def onnx_runtime(texts: list[str], threads: int) -> tuple[list[float], list[float]]:
    """A network of the embedded one's shape as ONNX, with drawn weights; words become ids by a hash."""
    import numpy as np
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    pieces, dim, filters, hidden, classes, length = 16_384, 96, 96, 256, 5612, 32
    draw = np.random.default_rng(6)

    def weights(name: str, *shape: int) -> Any:
        return numpy_helper.from_array((draw.standard_normal(shape) * 0.05).astype(np.float32), name)

    values = [weights("table", pieces, dim)]
    nodes = [helper.make_node("Gather", ["table", "ids"], ["e"]), helper.make_node("Transpose", ["e"], ["t"], perm=[0, 2, 1])]
    for width in (1, 2, 3, 4):
        values.append(weights(f"conv{width}", filters, dim, width))
        nodes.append(helper.make_node("Conv", ["t", f"conv{width}"], [f"c{width}"]))
        nodes.append(helper.make_node("GlobalMaxPool", [f"c{width}"], [f"p{width}"]))
    nodes.append(helper.make_node("Concat", ["p1", "p2", "p3", "p4"], ["p"], axis=1))
    nodes.append(helper.make_node("Flatten", ["p"], ["f"]))
    values += [weights("w1", 4 * filters, hidden), weights("w2", hidden, classes)]
    nodes += [
        helper.make_node("MatMul", ["f", "w1"], ["h"]), helper.make_node("Relu", ["h"], ["r"]),
        helper.make_node("MatMul", ["r", "w2"], ["l"]), helper.make_node("Softmax", ["l"], ["out"]),
    ]  # fmt: skip
    ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["n", length])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", classes])
    graph = helper.make_graph(nodes, "shape", [ids], [out], values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])

    def encode(rows: list[str]) -> Any:
        table = np.zeros((len(rows), length), np.int64)
        for at, row in enumerate(rows):
            found = [hash(word) % pieces for word in row.lower().split()[:length]]
            table[at, : len(found)] = found
        return table

    def top(rows: list[str]) -> Any:
        scores = session.run(None, {"ids": encode(rows)})[0]
        return np.argpartition(-scores, 5, axis=1)[:, :5]

    def batch(rows: list[str]) -> list[Any]:
        return [best for at in range(0, len(rows), BATCH) for best in top(rows[at : at + BATCH])]

    return [one_round(batch, texts)], singles(lambda row: top([row]), texts)


def measure(texts: list[str], codes: list[str], threads: int, rounds: int, peers: bool) -> None:
    classifier = hscode.Classifier.embedded()
    calls: dict[str, Callable[[list[str]], Sequence[Any]]] = {
        "`classify_batch`": lambda rows: classifier.classify_batch(rows, threads=threads)
    }
    try:
        import pyarrow as pa

        table = pa.table({"description": texts})
        calls["`classify_arrow`"] = lambda _: classifier.classify_arrow(table, threads=threads)
    except ImportError:
        pass
    print(f"{classifier!r}; {len(texts):,} descriptions, {threads} threads, batches of {BATCH}, {rounds} rounds\n")
    print("| what | rows per second: median (range) | of Rust | single call, us: median | 99% |")
    print("|---|---|---|---|---|")
    classifier.classify_batch(texts[:1000], threads=threads)
    of: list[float] = []
    single: list[float] = []
    taken: dict[str, list[float]] = {name: [] for name in calls}
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.write("\n".join(texts))
        file.flush()
        for _ in range(rounds):
            seconds, again = rust(file.name, len(texts), threads)
            of.append(seconds)
            single = min(single or again, again, key=statistics.median)
            for name, call in calls.items():
                taken[name].append(one_round(call, texts))
    line("Rust, batch loop and single calls", len(texts), of, single, of)
    python = min((singles(classifier.classify, texts) for _ in range(rounds)), key=statistics.median)
    for name, seconds_of in taken.items():
        line(f"Python, {name}; `classify`", len(texts), seconds_of, python, of)
    # Next to no model: what a call costs beside it.
    bare = min((singles(classifier.classify, [""]) for _ in range(rounds)), key=statistics.median)
    print(f"\n`classify('')`: {statistics.median(bare) / 1000:.2f} us\n")
    if peers:
        print("| what | rows per second: one round | of Rust | single call, us: median | 99% |\n|---|---|---|---|---|")
        line("fastText, `predict` (100 dimensions, 2-grams)", len(texts), *fast_text(texts, codes), of)
        line("onnxruntime, a Text-CNN of this shape", len(texts), *onnx_runtime(texts, threads), of)
        print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="descriptions in a batch")
    parser.add_argument("--threads", type=int, nargs="+", default=[1], help="a table for each")
    parser.add_argument("--rounds", type=int, default=5, help="rounds over all rows; Rust and Python take turns")
    parser.add_argument("--peers", action="store_true", help="also fastText and onnxruntime")
    parser.add_argument("--processor", action="store_true", help="count processor time instead of the clock's")
    options = parser.parse_args()
    if options.processor:
        global clock
        clock = time.process_time
    texts, codes = goods(options.rows)
    texts = [text.replace("\n", " ") for text in texts]
    for threads in options.threads:
        measure(texts, codes, threads, options.rounds, options.peers)


if __name__ == "__main__":
    main()

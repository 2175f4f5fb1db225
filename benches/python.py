"""What the Python module costs over Rust, next to fastText and onnxruntime on the same texts.

    cargo build --release -p hscode-core --example batch_speed
    python benches/python.py [--rows 100000] [--threads 1] [--peers]

Run it with the release wheel installed and the machine at rest. It prints a Markdown table: rows per second of batches
(median of 5 rounds and their range), microseconds of single calls (median and 99th percentile of 2,000). Where the
machine is busy with other things, `--processor` counts rows per second of processor time instead of by the clock.
`--peers` needs the packages fasttext (or a build of it), onnx and onnxruntime.
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
ROUNDS, SINGLE, BATCH = 5, 2000, 64


def goods(count: int) -> tuple[list[str], list[str]]:
    """Descriptions of the repository, one of every chapter after the other, and their codes."""
    files = [
        [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
        for path in sorted((REPOSITORY / "data" / "descriptions").glob("*.tsv"))
    ]
    rows = [lines[at % len(lines)] for at in range(-(-count // len(files))) for lines in files]
    return [row[2] for row in rows[:count]], [row[0] for row in rows[:count]]


clock = time.perf_counter


def batches(call: Callable[[list[str]], Sequence[Any]], texts: list[str]) -> list[float]:
    """Seconds of each round."""
    rounds = []
    for _ in range(ROUNDS):
        started = clock()
        answers = call(texts)
        rounds.append(clock() - started)
        assert len(answers) == len(texts)
        del answers
    return rounds


def singles(call: Callable[[str], Any], texts: list[str]) -> list[float]:
    """Nanoseconds of each call."""
    taken = []
    for text in (texts * (SINGLE // len(texts) + 1))[:SINGLE]:
        started = time.perf_counter_ns()
        call(text)
        taken.append(float(time.perf_counter_ns() - started))
    return taken


def line(name: str, rows: int, rounds: list[float], single: list[float], of: float | None) -> None:
    rates = sorted(rows / seconds for seconds in rounds)
    middle = statistics.median(rates)
    ratio = "" if of is None else f"{middle / of:.2f}"
    single = sorted(single)
    print(
        f"| {name} | {middle:,.0f} ({rates[0]:,.0f} to {rates[-1]:,.0f}) | {ratio} | "
        f"{statistics.median(single) / 1000:.1f} | {single[len(single) * 99 // 100] / 1000:.1f} |",
        flush=True,
    )


def rust(texts: list[str], threads: int) -> tuple[list[float], list[float]]:
    program = TARGET / "release" / "examples" / "batch_speed"
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.write("\n".join(text.replace("\n", " ") for text in texts))
        file.flush()
        done = subprocess.run([program, file.name, "--threads", str(threads)], capture_output=True, check=True)
    seen = json.loads(done.stdout)
    assert seen["rows"] == len(texts)
    return seen["rounds_s" if clock is time.perf_counter else "busy_s"], seen["single_ns"]


def fast_text(texts: list[str], codes: list[str]) -> tuple[list[float], list[float]]:
    """A supervised fastText model of the same texts; five labels a text, as above."""
    import fasttext

    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        for text, code in zip(texts, codes, strict=True):
            file.write(f"__label__{code} {text}\n")
        file.flush()
        model = fasttext.train_supervised(file.name, dim=100, epoch=5, wordNgrams=2, loss="softmax", thread=2, verbose=0)
    plain = [text.replace("\n", " ") for text in texts]
    return batches(lambda rows: model.predict(rows, k=5)[0], plain), singles(lambda row: model.predict(row, k=5), plain)


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

    return batches(batch, texts), singles(lambda row: top([row]), texts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--processor", action="store_true")
    options = parser.parse_args()
    if options.processor:
        global clock
        clock = time.process_time
    texts, codes = goods(options.rows)
    classifier = hscode.Classifier.embedded()
    print(f"{classifier!r}; {len(texts):,} descriptions, {options.threads} threads, batches of {BATCH}\n")
    print("| what | rows per second: median (range) | of Rust | single call, us: median | 99% |")
    print("|---|---|---|---|---|")
    rounds, single = rust(texts, options.threads)
    of = len(texts) / statistics.median(rounds)
    line("Rust, batch loop and single calls", len(texts), rounds, single, of)
    run = lambda rows: classifier.classify_batch(rows, threads=options.threads)  # noqa: E731
    line("Python, `classify_batch` and `classify`", len(texts), batches(run, texts), singles(classifier.classify, texts), of)
    try:
        import pyarrow as pa

        table = pa.table({"description": texts})
        arrow = lambda _: classifier.classify_arrow(table, threads=options.threads)  # noqa: E731
        line("Python, `classify_arrow`", len(texts), batches(arrow, texts), singles(classifier.classify, texts), of)
    except ImportError:
        pass
    if options.peers:
        line("fastText, `predict` (100 dimensions, 2-grams)", len(texts), *fast_text(texts, codes), of)
        line("onnxruntime, a Text-CNN of this shape", len(texts), *onnx_runtime(texts, options.threads), of)


if __name__ == "__main__":
    main()

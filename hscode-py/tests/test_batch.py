"""Batches and streams: order, bad rows, threads, progress, Ctrl-C."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from shared import rows_for

import hscode


def test_a_batch_answers_as_one_by_one(classifier: hscode.Classifier, texts: list[str]) -> None:
    batch = classifier.classify_batch(texts)
    assert [answer.index for answer in batch] == list(range(len(texts)))
    for text, answer in zip(texts, batch, strict=True):
        assert answer.description == text
        assert answer.to_dict() == {**classifier.classify(text).to_dict(), "index": answer.index}


def test_threads_and_batches_change_nothing(classifier: hscode.Classifier, texts: list[str]) -> None:
    rows = [*texts[:100], None, *texts[100:]]
    expected = classifier.classify_batch(rows)
    for threads, batch_size in itertools.product([1, 2, 5, 0], [1, 7, 64, 1000]):
        assert classifier.classify_batch(rows, threads=threads, batch_size=batch_size) == expected


def test_no_rows_are_no_answers(classifier: hscode.Classifier) -> None:
    assert classifier.classify_batch([]) == []
    assert classifier.classify_batch([], threads=4) == []
    assert list(classifier.classify_iter([])) == []


def test_a_bad_row_has_an_error_and_the_rest_goes_on(classifier: hscode.Classifier) -> None:
    rows: list[Any] = ["red wine", None, float("nan"), 7, 1.5, b"tea", ["tea"], "\ud800", np.nan, pd.NA, "live horses"]
    for threads in (1, 3):
        answers = classifier.classify_batch(rows, threads=threads, batch_size=2)
        assert [answer.error is None for answer in answers] == [True, *[False] * 9, True]
        assert answers[1].error == "expected a str, saw None"
        assert answers[2].error == answers[8].error == "expected a str, saw nan"
        assert answers[3].error == "expected a str, saw int"
        assert answers[7].error == "expected text, saw a str with a lone surrogate"
        bad = answers[1]
        assert bad.decision is bad.code is bad.score is bad.reason is bad.level is bad.description is None
        assert bad.candidates == [] and bad.passed == [] and not bad.truncated
        assert bad.to_dict()["error"] == bad.error and bad.to_dict()["candidates"] == []
        assert '"candidates":[],"classifier":null' in bad.to_json() and "nan" in repr(answers[2])


def test_any_column_of_texts_is_a_batch(classifier: hscode.Classifier) -> None:
    texts = ["red wine", "live horses"]
    expected = classifier.classify_batch(texts)
    columns: list[Any] = [
        tuple(texts), iter(texts), np.array(texts), np.array(texts, dtype=object), pd.Series(texts),
        pd.Series(texts, dtype="category"), pl.Series(texts), pa.array(texts), pa.chunked_array([texts]),
        dict.fromkeys(texts).keys(),
    ]  # fmt: skip
    for column in columns:
        assert classifier.classify_batch(column) == expected, type(column)


def test_what_surely_is_a_mistake_is_refused(classifier: hscode.Classifier) -> None:
    frame = pd.DataFrame({"description": ["tea"]})
    wrong: list[tuple[Any, str]] = [
        ("tea", "for one description use classify"), (b"tea", "saw bytes"), ({"tea": 1}, "saw dict"),
        (frame, "for a table use classify_arrow"), (pl.DataFrame({"d": ["tea"]}), "saw DataFrame"),
        (pa.table({"d": ["tea"]}), "saw Table"), (7, "expected a list of str, saw int"), (None, "saw None"),
    ]  # fmt: skip
    for given, message in wrong:
        with pytest.raises(TypeError, match=message):
            classifier.classify_batch(given)
    with pytest.raises(TypeError, match="for one description use classify"):
        classifier.classify_iter("tea")


def test_progress_counts_every_row(classifier: hscode.Classifier, texts: list[str]) -> None:
    for threads in (1, 2):
        seen: list[int] = []
        classifier.classify_batch([*texts, None], threads=threads, batch_size=16, progress=seen.append)
        assert sum(seen) == len(texts) + 1 and len(seen) > 1


def test_an_exception_in_progress_ends_the_batch(classifier: hscode.Classifier, texts: list[str]) -> None:
    def stop(_: int) -> None:
        raise LookupError("enough")

    for threads in (1, 2):
        with pytest.raises(LookupError, match="enough"):
            classifier.classify_batch(texts, threads=threads, batch_size=8, progress=stop)


def test_a_stream_is_read_as_it_is_asked(classifier: hscode.Classifier) -> None:
    read = 0

    def endless() -> Iterator[str]:
        nonlocal read
        for number in itertools.count():
            read += 1
            yield f"steel pipe {number} mm"

    stream = classifier.classify_iter(endless(), batch_size=4)
    first = list(itertools.islice(stream, 6))
    assert [answer.index for answer in first] == list(range(6)) and read == 8
    assert next(classifier.classify_iter(endless(), batch_size=1)).description == "steel pipe 0 mm"


def test_what_a_stream_raises_comes_after_its_answers(classifier: hscode.Classifier) -> None:
    def breaks() -> Iterator[str | None]:
        yield "red wine"
        yield None
        raise ConnectionError("gone")

    stream = classifier.classify_iter(breaks(), threads=2)
    assert next(stream).error is None and next(stream).error is not None
    with pytest.raises(ConnectionError, match="gone"):
        next(stream)
    with pytest.raises(StopIteration):
        next(stream)


def test_other_threads_run_during_a_batch(classifier: hscode.Classifier, texts: list[str]) -> None:
    ticks = 0
    done = threading.Event()
    rows = rows_for(classifier, texts, 0.4)

    def tick() -> None:
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    before = ticks
    # One chunk, so that the interpreter is not given back in between.
    classifier.classify_batch(rows, batch_size=1_000_000)
    seen = ticks - before
    done.set()
    thread.join()
    assert seen > 3


@pytest.mark.parametrize(
    "call",
    [
        "classifier.classify_batch(rows)",
        "classifier.classify_batch(rows, threads=2)",
        "list(classifier.classify_iter(rows, threads=2))",
        "classifier.classify_arrow(pyarrow.array(rows), threads=2)",
        "hscode.Cascade([lambda texts: [None] * len(texts), classifier]).classify_batch(rows, threads=2)",
    ],
)
def test_ctrl_c_stops_a_long_batch_within_a_second(call: str) -> None:
    program = textwrap.dedent(f"""
        import hscode, pyarrow, sys, time
        classifier = hscode.Classifier.embedded()
        rows = [f"stainless steel kitchen sink {{n}}" for n in range(1_000_000)]
        try:
            print("go", flush=True)
            {call}
        except KeyboardInterrupt:
            print("stopped", time.time(), flush=True)
    """)
    running = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None and running.stdout.readline() == "go\n"
    time.sleep(0.5)
    asked = time.time()
    os.kill(running.pid, signal.SIGINT)
    word, when = running.stdout.readline().split()
    assert word == "stopped" and float(when) - asked < 1.0
    assert running.wait(30) == 0
    running.stdout.close()

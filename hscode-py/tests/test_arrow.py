"""Tables in and out: every producer, every layout of text, no copy."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import hscode

COLUMNS = [
    "index", "description", "decision", "code", "score", "reason", "level", "candidates", "classifier", "edition",
    "model", "truncated", "error",
]  # fmt: skip


def rows(table: Any) -> list[dict[str, Any]]:
    """The rows of an answer as the dicts of predictions."""
    records = []
    for row in pa.table(table).to_pylist():
        truncated, error = row.pop("truncated"), row.pop("error")
        if truncated:
            row["truncated"] = True
        if error is not None:
            row["error"] = error
            row["description"] = None
        records.append(row)
    return records


def test_a_table_answers_as_the_batch(classifier: hscode.Classifier, texts: list[str]) -> None:
    table = classifier.classify_arrow(pa.table({"description": texts}), threads=2)
    assert isinstance(table, pa.Table) and table.column_names == COLUMNS
    assert rows(table) == [answer.to_dict() for answer in classifier.classify_batch(texts)]
    table.validate(full=True)
    assert table.schema.field("score").type == pa.float32()


def test_extras_are_columns(classifier: hscode.Classifier, texts: list[str]) -> None:
    given = pa.table({"description": [*texts[:30], None, "gift"]})
    table = classifier.classify_arrow(given, explain=True, coverage=0.9, top_k=3)
    table.validate(full=True)
    answers = classifier.classify_batch([*texts[:30], None, "gift"], explain=True, coverage=0.9, top_k=3)
    for row, answer in zip(table.to_pylist(), answers, strict=True):
        if answer.error:
            assert row["explanation"] is None and row["candidate_set"] == []
            continue
        written = json.loads(answer.to_json())
        assert row["candidate_set"] == written["candidate_set"]
        explanation = row["explanation"]
        assert explanation["path"] == written["explanation"]["path"]
        for one, other in zip(explanation["tokens"], written["explanation"]["tokens"], strict=True):
            assert (one["text"], one["start"], one["end"]) == (other["text"], other["start"], other["end"])
        assert explanation["base"] == pytest.approx(written["explanation"].get("base"), rel=1e-6)
        second = written["explanation"].get("runner_up")
        if second is None:
            assert explanation["runner_up"] is None
        else:
            assert explanation["runner_up"]["code"] == second["code"]
            assert len(explanation["runner_up"]["tokens"]) == len(second["tokens"])
        assert [e["text"] for e in explanation["evidence"]] == [e["text"] for e in written["explanation"]["evidence"]]


def texts_in_every_form(texts: list[str | None]) -> list[tuple[str, Any]]:
    strings, frame = pa.array(texts), pd.DataFrame({"sku": range(len(texts)), "description": texts})
    names = ["sku", "description"]
    numbers = pa.array(range(len(texts)))
    view = pa.RecordBatch.from_arrays([numbers, strings.cast(pa.string_view())], names=names)
    relation = duckdb.from_arrow(pa.table({"sku": numbers, "description": strings}))
    return [
        ("table", pa.table({"sku": numbers, "description": strings})),
        ("batch", pa.RecordBatch.from_arrays([numbers, strings], names=names)),
        ("large", pa.table({"sku": numbers, "description": strings.cast(pa.large_string())})),
        ("view", view),
        ("dictionary", pa.table({"sku": numbers, "description": strings.dictionary_encode()})),
        ("chunks", pa.table({"sku": numbers, "description": pa.chunked_array([strings[:3], strings[3:]])})),
        ("sliced", pa.table({"description": pa.array(["no", *texts, "no"])}).slice(1, len(texts))),
        ("sliced view", view.slice(0)),
        ("array", strings),
        ("chunked array", pa.chunked_array([strings[:2], strings[2:]])),
        ("reader", pa.RecordBatchReader.from_batches(view.schema, [view])),
        ("pandas", frame),
        ("pandas column", frame["description"]),
        ("pandas categories", frame.astype({"description": "category"})),
        ("polars", pl.DataFrame({"sku": range(len(texts)), "description": texts})),
        ("polars column", pl.Series("description", texts)),
        ("polars categories", pl.DataFrame({"description": pl.Series(texts, dtype=pl.Categorical)})),
        ("duckdb", relation),
    ]


def test_every_producer_and_layout(classifier: hscode.Classifier, texts: list[str]) -> None:
    some = [*texts[:3], None, "", "kurz", "öl 🎁 " * 9, texts[4], texts[4]]
    expected = rows(classifier.classify_arrow(pa.table({"description": some})))
    assert [row.get("error") for row in expected] == [None] * 3 + ["expected text, saw null"] + [None] * 5
    for name, given in texts_in_every_form(some):
        assert rows(classifier.classify_arrow(given, threads=2, batch_size=2)) == expected, name
    sliced = pa.array(["no", *some]).cast(pa.string_view())[1:]
    assert rows(classifier.classify_arrow(sliced)) == expected


def test_the_texts_are_not_copied(classifier: hscode.Classifier, texts: list[str]) -> None:
    for kind in (pa.string(), pa.large_string()):
        column = pa.array(texts).cast(kind)
        table = classifier.classify_arrow(pa.table({"description": column, "own": column}), keep=["own"])
        for name in ("description", "own"):
            [chunk] = table.column(name).chunks
            addresses = [buffer.address for buffer in chunk.buffers() if buffer]
            assert addresses == [buffer.address for buffer in column.buffers() if buffer]


def test_columns_are_found_by_name(classifier: hscode.Classifier) -> None:
    table = pa.table({"goods": ["red wine"], "sku": [7], "when": pa.array([0], pa.timestamp("ms"))})
    answer = classifier.classify_arrow(table, "goods", keep=["sku", "when"])
    assert answer.column_names == [*COLUMNS, "sku", "when"]
    assert answer.column("sku").to_pylist() == [7] and answer.schema.field("when").type == pa.timestamp("ms")
    assert classifier.classify_arrow(table.select(["goods"])).num_rows == 1
    wrong: list[tuple[type[Exception], str, dict[str, Any]]] = [
        (KeyError, "Table has the columns goods, sku, when", {}),
        (KeyError, "column .*text", {"column": "text"}),
        (TypeError, 'column "sku": expected text, saw Int64', {"column": "sku"}),
        (TypeError, "column: expected a str, saw int", {"column": 1}),
        (KeyError, "keep: expected the name of a column", {"column": "goods", "keep": ["nix"]}),
        (TypeError, "keep: expected a list of column names, saw str", {"column": "goods", "keep": "sku"}),
        (ValueError, "top_k 0", {"column": "goods", "top_k": 0}),
    ]
    for error, message, arguments in wrong:
        with pytest.raises(error, match=message):
            classifier.classify_arrow(table, **arguments)
    with pytest.raises(ValueError, match='the answer has a column "score"'):
        classifier.classify_arrow(pa.table({"description": ["tea"], "score": [1]}), keep=["score"])
    for given in (["tea"], "tea", None, {"description": ["tea"]}):
        with pytest.raises(TypeError, match="expected a table that speaks Arrow"):
            classifier.classify_arrow(given)  # type: ignore[arg-type]


def test_bytes_that_are_no_text_are_a_bad_row(classifier: hscode.Classifier) -> None:
    for small in (b"\xff\xfe", b"\xff" * 40):
        data = b"tea" + small
        offsets = pa.py_buffer(b"".join(n.to_bytes(4, "little") for n in (0, 3, len(data))))
        column = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(data)])
        for given in (column, column.cast(pa.large_string(), safe=False)):
            answer = classifier.classify_arrow(given)
            assert answer.column("error").to_pylist() == [None, "expected text in UTF-8, saw other bytes"]


def test_empty_and_all_null_columns(classifier: hscode.Classifier) -> None:
    empty = classifier.classify_arrow(pa.table({"description": pa.array([], pa.string())}))
    assert empty.num_rows == 0 and empty.column_names == COLUMNS
    for column in (pa.nulls(3), pa.nulls(3, pa.string()), pa.nulls(3, pa.dictionary(pa.int8(), pa.string()))):
        answer = classifier.classify_arrow(pa.table({"description": column}))
        assert answer.column("error").to_pylist() == ["expected text, saw null"] * 3


def test_progress_and_many_batches(classifier: hscode.Classifier, texts: list[str]) -> None:
    seen: list[int] = []
    chunks = pa.chunked_array([texts[:5], [], texts[5:9]])
    answer = classifier.classify_arrow(chunks, progress=seen.append, batch_size=2)
    assert sum(seen) == 9 and answer.column("index").to_pylist() == list(range(9))


def test_other_frames_take_the_answer(classifier: hscode.Classifier, texts: list[str]) -> None:
    answer = classifier.classify_arrow(pl.DataFrame({"description": texts[:9]}))
    assert pl.DataFrame(answer)["code"].to_list() == answer.column("code").to_pylist()
    assert answer.to_pandas()["code"].isna().tolist() == pc.is_null(answer.column("code")).to_pylist()


def test_without_pyarrow_the_answer_speaks_arrow_all_the_same() -> None:
    program = textwrap.dedent("""
        import sys
        sys.modules["pyarrow"] = None
        import hscode, polars as pl
        answer = hscode.Classifier.embedded().classify_arrow(pl.DataFrame({"description": ["red wine", None]}))
        assert type(answer) is hscode.AnswerTable and len(answer) == answer.num_rows == 2, answer
        assert answer.column_names[0] == "index" and repr(answer) == "<AnswerTable of 2 rows>"
        frame = pl.DataFrame(answer)
        assert frame["candidates"][0][0]["code"].startswith("2204"), frame
        assert pl.DataFrame(answer).equals(frame)
    """)
    subprocess.run([sys.executable, "-c", program], check=True)


class Stream:
    """A producer that does as it is told."""

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        return self.capsule


def test_producers_that_break_the_rules_are_errors(classifier: hscode.Classifier) -> None:
    table = pa.table({"description": ["tea"]})
    used = table.__arrow_c_stream__()
    assert classifier.classify_arrow(Stream(used)).num_rows == 1
    with pytest.raises(ValueError, match="already released"):
        classifier.classify_arrow(Stream(used))
    with pytest.raises(TypeError, match="expected a capsule, saw int"):
        classifier.classify_arrow(Stream(7))
    with pytest.raises(ValueError, match="PyCapsule"):
        classifier.classify_arrow(Stream(table.schema.__arrow_c_schema__()))

    def breaks() -> Any:
        yield table.to_batches()[0]
        raise OSError("disk gone")

    with pytest.raises(ValueError, match="disk gone"):
        classifier.classify_arrow(pa.RecordBatchReader.from_batches(table.schema, breaks()))

"""The exact answers of Rust: those that packages carry as their probes, and the shared vectors.

Codes, decisions, reasons and order are compared as they are, scores by their bits of single precision.
"""

from __future__ import annotations

import json
import pathlib
import struct
from typing import Any

import pyarrow as pa
import pytest
from shared import REPOSITORY, TINY, vectors

import hscode

PACKAGES = {"embedded": REPOSITORY / "hscode-core" / "model", "tiny": TINY}


def bits(score: float | None) -> bytes | None:
    return None if score is None else struct.pack("<f", score)


def seen(prediction: hscode.Prediction) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "decision": prediction.decision,
        "code": prediction.code,
        "score": bits(prediction.score),
        "reason": prediction.reason,
        "classifier": prediction.classifier,
        "candidates": [(code, bits(score)) for code, score, _ in prediction.candidates],
        "truncated": prediction.truncated,
    }
    if prediction.candidate_set is not None:
        answer["candidate_set"] = prediction.candidate_set
    return answer


def expected(answer: dict[str, Any]) -> dict[str, Any]:
    known = {"decision", "code", "score", "reason", "classifier", "candidates", "truncated", "candidate_set"}
    assert set(answer) <= known, "expected no other fields"
    return {
        **answer,
        "code": answer.get("code"),
        "reason": answer.get("reason"),
        "score": bits(answer.get("score")),
        "candidates": [(code, bits(score)) for code, score in answer["candidates"]],
        "truncated": answer.get("truncated", False),
    }


def opened(name: str) -> hscode.Classifier:
    return hscode.Classifier.embedded() if name == "embedded" else hscode.Classifier.open(PACKAGES[name])


def probe(folder: pathlib.Path) -> list[dict[str, Any]]:
    lines = (folder / "probe.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("name", PACKAGES)
def test_python_answers_the_probe_as_rust_did(name: str) -> None:
    classifier, rows = opened(name), probe(PACKAGES[name])
    assert len(rows) >= 5
    for row in rows:
        options = {key: row[key] for key in row if key not in ("description", "answer")}
        assert set(options) <= {"level", "within", "coverage"}
        text, top_k = row["description"], min(5, classifier.classes)
        one = classifier.classify(text, top_k=top_k, **options)
        [batched] = classifier.classify_batch([text], top_k=top_k, threads=2, **options)
        [streamed] = classifier.classify_iter([text], top_k=top_k, **options)
        assert seen(one) == seen(batched) == seen(streamed) == expected(row["answer"])
        [arrow] = classifier.classify_arrow(pa.array([text]), top_k=top_k, **options).to_pylist()
        assert [(c["code"], bits(c["score"])) for c in arrow["candidates"]] == seen(one)["candidates"]
        assert (arrow["decision"], arrow["code"], bits(arrow["score"])) == (
            one.decision,
            one.code,
            bits(one.score),
        )


def test_python_answers_the_vectors_to_the_bit() -> None:
    """2,714 texts that the embedded package answers; scores are the bits of single precision in hexadecimal."""
    head, *rows = vectors("predictions.jsonl")
    classifier = hscode.Classifier.embedded()
    assert set(head) == {"model"} and classifier.model == head["model"]
    assert len(rows) >= 2000

    def digits(score: float | None) -> str:
        return "" if score is None else struct.pack(">f", score).hex()

    texts = [row["text"] for row in rows]
    table = classifier.classify_arrow(pa.table({"description": texts}), threads=2).to_pylist()
    for row, answer, record in zip(rows, classifier.classify_batch(texts, threads=2), table, strict=True):
        seen = {
            "text": answer.description,
            "decision": answer.decision,
            "code": answer.code or "",
            "score": digits(answer.score),
            "reason": answer.reason or "",
            "classifier": answer.classifier,
            "candidates": [[code, digits(score)] for code, score, _ in answer.candidates],
        }
        assert seen == row
        assert (record["decision"], record["code"] or "", digits(record["score"])) == (
            row["decision"],
            row["code"],
            row["score"],
        )
        assert [[c["code"], digits(c["score"])] for c in record["candidates"]] == row["candidates"]

"""Exported networks: a package of the kind `onnx` opens and answers from Python."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from shared import REPOSITORY

import hscode

PACKAGE = REPOSITORY / "tests" / "packages" / "tiny-onnx"
# The same network outside of a package, with onnxruntime's logits for texts.
NETWORK = REPOSITORY / "hscode-core" / "tests" / "tiny-encoder"


@pytest.fixture(scope="module")
def transformer() -> hscode.Classifier:
    return hscode.Classifier.open(PACKAGE)


def test_a_transformer_opens_from_its_folder(transformer: hscode.Classifier) -> None:
    assert (transformer.name, transformer.edition, transformer.level) == ("tiny-encoder", "HS2022", "subheading")
    assert transformer.classes == len((NETWORK / "codes.txt").read_text().split())
    assert transformer.model.startswith("tiny-encoder@1#")


def test_scores_are_those_of_onnxruntime(transformer: hscode.Classifier) -> None:
    codes = (NETWORK / "codes.txt").read_text().split()
    cases = json.loads((NETWORK / "reference.json").read_text(encoding="utf-8"))
    assert len(cases) > 10
    answered = 0
    for case in cases:
        answer = transformer.classify(case["text"], top_k=len(codes))
        if not answer.candidates:
            continue  # a text that names nothing
        answered += 1
        logits = np.array(case["logits"], dtype=np.float64)
        expected = np.exp(logits - logits.max())
        expected /= expected.sum()
        seen = {code: score for code, score, _ in answer.candidates}
        assert [seen[code] for code in codes] == pytest.approx(expected.tolist(), abs=1e-4)
    assert answered > 5


def test_the_probe_is_answered(transformer: hscode.Classifier) -> None:
    rows = [json.loads(line) for line in (PACKAGE / "probe.jsonl").read_text(encoding="utf-8").splitlines()]
    answers = transformer.classify_batch([row["description"] for row in rows], threads=2)
    for row, answer in zip(rows, answers, strict=True):
        expected = row["answer"]
        assert (answer.decision, answer.code) == (expected["decision"], expected.get("code"))
        assert [c.code for c in answer.candidates] == [code for code, _ in expected["candidates"]]
        # Sums of single precision differ in the last digits between machines.
        scores = [score for _, score in expected["candidates"]]
        assert [c.score for c in answer.candidates] == pytest.approx(scores, abs=1e-3)


def test_it_works_as_every_classifier(transformer: hscode.Classifier, classifier: hscode.Classifier) -> None:
    texts = ["live horse", "cotton tee shirt", None, "leather shoes for women", "", "x" * 100_000, "\0 靴 😀"] * 20
    expected = transformer.classify_batch(texts, coverage=0.8, explain=True)
    assert transformer.classify_batch(texts, coverage=0.8, explain=True, threads=3, batch_size=7) == expected
    assert [answer.error is None for answer in expected[:7]] == [True, True, False, True, True, True, True]
    again = pickle.loads(pickle.dumps(transformer))
    assert again.classify("live horse") == transformer.classify("live horse")
    inside = transformer.classify("leather shoe", within="64")
    assert [c.code for c in inside.candidates] == ["640399"] and inside.candidates[0].score == pytest.approx(1)
    assert transformer.classify("lamp", level="chapter", top_k=1).candidates[0].code.level == "chapter"
    answer = hscode.Cascade([transformer, classifier]).classify("red wine in bottles")
    assert answer.classifier == "onnx" or answer.passed[0].classifier == "onnx"
    table = transformer.classify_arrow(pyarrow_table(texts), threads=2).to_pylist()
    assert [row["code"] for row in table] == [answer.code for answer in transformer.classify_batch(texts)]


def pyarrow_table(texts: list[str | None]) -> object:
    import pyarrow as pa

    return pa.table({"description": texts})


@pytest.mark.parametrize("name", ["model.onnx", "codes.txt", "onnx.tsv", "tokenizer.json", "probe.jsonl"])
def test_a_changed_file_is_refused_by_name(name: str, tmp_path: Path) -> None:
    copied = tmp_path / "package"
    shutil.copytree(PACKAGE, copied)
    data = bytearray((copied / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copied / name).write_bytes(bytes(data))
    with pytest.raises(hscode.PackageError, match=name.replace(".", r"\.")):
        hscode.Classifier.open(copied)
    (copied / name).unlink()
    with pytest.raises(hscode.PackageError, match=name.replace(".", r"\.")):
        hscode.Classifier.open(copied)

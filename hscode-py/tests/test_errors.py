"""Exceptions: which, and what they say."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from shared import TINY

import hscode


def test_the_classes_are_one_family() -> None:
    assert issubclass(hscode.PackageError, hscode.HsCodeError)
    assert issubclass(hscode.InferenceError, hscode.HsCodeError)
    assert issubclass(hscode.HsCodeError, Exception) and not issubclass(hscode.HsCodeError, ValueError)
    assert hscode.HsCodeError.__module__ == "hscode" and hscode.Prediction.__module__ == "hscode"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"top_k": 0}, ValueError, "top_k 0: expected 1 to "),
        ({"top_k": -1}, ValueError, "top_k: expected a number from 0 on"),
        ({"top_k": 10**30}, ValueError, "top_k: expected a number from 0 on"),
        ({"top_k": 6000}, ValueError, "top_k 6000: expected 1 to "),
        ({"top_k": "5"}, TypeError, "top_k: expected an int, saw str"),
        ({"top_k": 2.0}, TypeError, "top_k: expected an int, saw float"),
        ({"top_k": True}, TypeError, "top_k: expected an int, saw bool"),
        ({"level": "6"}, ValueError, 'level "6": expected chapter, heading, subheading or tariff-line'),
        ({"level": 6}, TypeError, 'level: expected "chapter".* saw int'),
        ({"level": "tariff-line"}, hscode.PackageError, "level tariff-line"),
        ({"within": 61}, TypeError, 'within: expected a str such as "6109.10", saw int'),
        ({"within": "6"}, ValueError, 'within: "6": expected 2, 4, 6, 8 or 10 digits'),
        ({"within": "6199"}, ValueError, "within 6199: HS2022 has no code 6199"),
        ({"explain": "yes"}, TypeError, "explain: expected True or False, saw str"),
        ({"coverage": 1.0}, ValueError, "coverage 1: expected a probability between 0 and 1"),
        ({"coverage": float("nan")}, ValueError, "coverage NaN"),
        ({"coverage": "0.9"}, TypeError, "coverage: expected a float, saw str"),
        ({"topk": 5}, TypeError, "topk"),
    ],
)
def test_a_wrong_argument_says_what_was_expected(
    classifier: hscode.Classifier, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    for call in (
        lambda: classifier.classify("tea", **arguments),
        lambda: hscode.classify("tea", **arguments),
        lambda: classifier.classify_batch(["tea"], **arguments),
        lambda: classifier.classify_batch([], **arguments),
        lambda: classifier.classify_iter(["tea"], **arguments),
    ):
        with pytest.raises(error, match=message) as caught:
            call()
        assert type(caught.value) is error


@pytest.mark.parametrize(("threads", "error"), [("2", TypeError), (-1, ValueError), (1.5, TypeError)])
def test_threads_are_a_count(classifier: hscode.Classifier, threads: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="threads"):
        classifier.classify_batch(["tea"], threads=threads)
    with pytest.raises(ValueError, match="batch_size 0: expected 1 or more"):
        classifier.classify_batch(["tea"], batch_size=0)


@pytest.mark.parametrize("description", [None, 7, b"tea", ["tea"], float("nan")])
def test_one_description_is_a_str(classifier: hscode.Classifier, description: Any) -> None:
    for call in (classifier.classify, hscode.check, hscode.normalise, hscode.tokenise):
        with pytest.raises(TypeError, match="description: expected a str, saw "):
            call(description)
        with pytest.raises(ValueError, match="lone surrogate"):
            call("\udc80")


def test_a_damaged_package_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(hscode.PackageError, match="saw nothing of that name"):
        hscode.Classifier.open(tmp_path / "none")
    copied = tmp_path / "tiny"
    shutil.copytree(TINY, copied)
    card = copied / "CARD.md"
    card.write_bytes(card.read_bytes().replace(b"a", b"b", 1))
    with pytest.raises(hscode.PackageError, match=r"CARD\.md: expected SHA-256 \w+, saw "):
        hscode.Classifier.open(copied)
    with pytest.raises(TypeError):
        hscode.Classifier.open(7)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        hscode.Classifier()


def test_what_the_system_refuses_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        hscode.Nomenclature.open(tmp_path / "none.csv", "HS2022")


def test_no_text_brings_it_down(classifier: hscode.Classifier) -> None:
    draw = random.Random(6)
    alphabet = "aé漢🎁\u200b\u0301 \t\n\0-.,;/%&<>'\"0123456789XYZ\ufeff\U0010ffff"
    rows = ["".join(draw.choices(alphabet, k=draw.randrange(60))) for _ in range(400)]
    answers = classifier.classify_batch([*rows, "x" * 100_000, "漢" * 5000], explain=True, threads=2)
    assert all(answer.error is None for answer in answers)
    for row in rows:
        hscode.check(row)
        hscode.tokenise(row)
        try:
            hscode.HsCode(row)
        except ValueError:
            pass

"""The types: mypy on the package and on programs, stubtest of the stubs against the module."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

import hscode

RIGHT = """
from collections.abc import Iterator

import hscode

classifier: hscode.Classifier = hscode.Cascade([hscode.Classifier.embedded()])
prediction = classifier.classify("tea", top_k=3, level="heading", within="09")
code: hscode.HsCode | None = prediction.code
score: float | None = prediction.score
if prediction.decision == "back_off":
    reveal: str | None = prediction.reason
for candidate_code, candidate_score, title in prediction.candidates:
    text: str = candidate_code.dotted
    heading: hscode.HsCode | None = candidate_code.heading
answers: list[hscode.Prediction] = classifier.classify_batch(["tea", None], threads=2, progress=print)
stream: Iterator[hscode.Prediction] = classifier.classify_iter(line for line in ["tea"])


class Rules:
    name = "rules"

    def classify_batch(self, descriptions: list[str]) -> list[dict[str, float]]:
        return [{} for _ in descriptions]


own = hscode.External(Rules(), thresholds={"heading": 0.5})
"""

WRONG = """
import hscode

hscode.classify("tea", level="6")
hscode.classify(7)
hscode.Classifier()
hscode.classify("tea").score + 1
hscode.External(7)
"""


def mypy(*arguments: str, folder: pathlib.Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)


def test_programs_are_checked(tmp_path: pathlib.Path) -> None:
    (tmp_path / "right.py").write_text(RIGHT, encoding="utf-8")
    done = mypy("right.py", folder=tmp_path)
    assert done.returncode == 0, done.stdout
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")
    done = mypy("wrong.py", folder=tmp_path)
    lines = {line.split(":")[1] for line in done.stdout.splitlines() if ": error:" in line}
    assert lines == {"4", "5", "7", "8"}, done.stdout


def test_the_package_itself_is_typed(tmp_path: pathlib.Path) -> None:
    done = mypy("-p", "hscode", folder=tmp_path)
    assert done.returncode == 0, done.stdout


def test_the_stubs_are_those_of_the_module(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("mypy.stubtest")
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", "hscode._hscode", "--ignore-disjoint-bases"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout


def test_the_package_says_that_it_is_typed() -> None:
    assert (pathlib.Path(hscode.__file__).parent / "py.typed").exists()

"""What tests share. They see the installed wheel alone: never the source tree."""

from __future__ import annotations

import json
import pathlib
import time
from typing import Any

import hscode

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
TINY = REPOSITORY / "tests" / "packages" / "tiny"

# The environments of run.py may stand in the repository's target folder: the source tree is what it must not be.
assert REPOSITORY / "hscode-py" not in pathlib.Path(hscode.__file__).resolve().parents, "expected the installed wheel"


def vectors(name: str) -> list[dict[str, Any]]:
    """The rows of a file of shared vectors."""
    lines = (REPOSITORY / "tests" / "vectors" / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def goods(count: int) -> list[str]:
    """Descriptions of the repository, spread over all chapters."""
    rows: list[str] = []
    for path in sorted((REPOSITORY / "data" / "descriptions").glob("*.tsv")):
        lines = path.read_text(encoding="utf-8").splitlines()[1:]
        rows.extend(line.split("\t", 2)[2] for line in lines[:: max(1, len(lines) // (count // 90 + 1))])
    assert len(rows) >= count
    return rows[:: len(rows) // count][:count]


def rows_for(classifier: hscode.Classifier, texts: list[str], seconds: float) -> list[str]:
    """As many rows as keep one thread busy for about this long."""
    started = time.perf_counter()
    classifier.classify_batch(texts[:100])
    rows = int(seconds * 100 / (time.perf_counter() - started)) + 100
    return (texts * (rows // len(texts) + 1))[:rows]

"""The vectors that Rust, Python and C share."""

from __future__ import annotations

from shared import vectors

import hscode


def in_bytes(text: str, place: int) -> int:
    return len(text[:place].encode())


def test_texts_read_as_the_vectors_say() -> None:
    rows = vectors("text.jsonl")
    assert len(rows) >= 60
    for row in rows:
        raw = row["raw"]
        assert set(row) == {"raw", "version", "normalised", "canonical", "has_words", "tokens"}
        assert hscode.normalise(raw) == row["normalised"]
        assert [
            {"text": t.text, "start": in_bytes(raw, t.start), "end": in_bytes(raw, t.end), "kind": t.kind}
            for t in hscode.tokenise(raw)
        ] == row["tokens"]


def test_checks_answer_as_the_vectors_say() -> None:
    rows = vectors("check.jsonl")
    assert len(rows) >= 40
    for row in rows:
        raw, check = row["raw"], hscode.check(row["raw"])
        assert check.verdict == row["verdict"]
        assert [
            {
                "reason": f.reason,
                "verdict": f.verdict,
                "term": f.term,
                "start": in_bytes(raw, f.start),
                "end": in_bytes(raw, f.end),
            }
            for f in check.findings
        ] == row["findings"]
        assert all(finding.advice for finding in check.findings)

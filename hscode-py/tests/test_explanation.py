"""Explanations: objects, dicts and JSON say the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

import hscode


def close(one: Any, other: Any) -> bool:
    return one == other or (one is not None and other is not None and one == pytest.approx(other, rel=1e-6))


def test_objects_dicts_and_json_say_the_same(classifier: hscode.Classifier, texts: list[str]) -> None:
    some = [text for text in texts if text.isascii()][:60]
    for answer in classifier.classify_batch(some, explain=True):
        explanation, record = answer.explanation, answer.to_dict()["explanation"]
        written = json.loads(answer.to_json())["explanation"]
        assert explanation is not None and list(record) == list(written)
        assert [token._asdict() for token in explanation.tokens] == record["tokens"]
        assert [found._asdict() for found in explanation.evidence] == record["evidence"]
        assert explanation.path == record["path"] == written["path"]
        assert explanation.base == record.get("base") and close(explanation.base, written.get("base"))
        for one, other in zip(record["tokens"], written["tokens"], strict=True):
            assert (one["text"], one["start"], one["end"]) == (other["text"], other["start"], other["end"])
            assert close(one["contribution"], other["contribution"])
        if explanation.runner_up is None:
            assert "runner_up" not in record and "runner_up" not in written
        else:
            second = explanation.runner_up
            assert (second.code, second.score) == (record["runner_up"]["code"], record["runner_up"]["score"])
            assert second.base == record["runner_up"]["base"] and close(second.base, written["runner_up"]["base"])
            assert [token._asdict() for token in second.tokens] == record["runner_up"]["tokens"]

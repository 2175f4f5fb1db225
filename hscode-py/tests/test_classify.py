"""One description: arguments, answers, records."""

from __future__ import annotations

import copy
import json
import pickle
import struct

import pytest
from shared import TINY

import hscode


def test_the_one_liner_answers_as_the_classifier(classifier: hscode.Classifier) -> None:
    prediction = hscode.classify("mens cotton crew neck tee")
    assert prediction == classifier.classify("mens cotton crew neck tee")
    assert prediction.candidates[0].code == "610910"
    assert prediction.candidates[0].title == hscode.HsCode("610910").title
    assert prediction.edition == "HS2022" and prediction.level in ("heading", "subheading")
    assert prediction.index == 0 and prediction.error is None and not prediction.truncated
    scores = [candidate.score for candidate in prediction.candidates]
    assert scores == sorted(scores, reverse=True) and 0 < sum(scores) <= 1.0001


def test_options_do_what_they_say(classifier: hscode.Classifier) -> None:
    text = "stainless steel kitchen sink"
    assert len(classifier.classify(text, top_k=2).candidates) == 2
    heading = classifier.classify(text, level="heading")
    assert {len(code) for code, _, _ in heading.candidates} == {4}
    within = classifier.classify(text, within="73.24")
    assert all(code.startswith("7324") for code, _, _ in within.candidates)
    plain = classifier.classify(text)
    assert plain.explanation is None and plain.candidate_set is None
    explained = classifier.classify(text, explain=True).explanation
    assert explained is not None and explained.path and explained.tokens
    for token in explained.tokens:
        assert text[token.start : token.end].lower().startswith(token.text[:3])
    wide = classifier.classify(text, coverage=0.95).candidate_set
    assert wide and wide[0] == plain.candidates[0].code
    assert all(isinstance(code, hscode.HsCode) for code in wide)


def test_a_vague_text_is_no_error(classifier: hscode.Classifier) -> None:
    prediction = classifier.classify("gift")
    assert (prediction.decision, prediction.code, prediction.score) == ("abstain", None, None)
    assert prediction.reason == "vague" and prediction.error is None


def test_places_count_characters(classifier: hscode.Classifier) -> None:
    text = "🎁 Öl aus Oliven, olive oil"
    explanation = classifier.classify(text, explain=True).explanation
    assert explanation is not None
    spans = [text[token.start : token.end] for token in explanation.tokens]
    assert "olive" in spans and "oil" in spans
    record = classifier.classify(text, explain=True).to_dict()
    assert [text[t["start"] : t["end"]] for t in record["explanation"]["tokens"]] == spans
    in_bytes = json.loads(classifier.classify(text, explain=True).to_json())["explanation"]["tokens"]
    assert [text.encode()[t["start"] : t["end"]].decode() for t in in_bytes] == spans


def test_a_record_has_the_keys_of_the_command(classifier: hscode.Classifier) -> None:
    prediction = classifier.classify("red wine in bottles")
    record = prediction.to_dict()
    assert list(record) == [
        "index", "description", "decision", "code", "score", "reason", "level", "candidates", "classifier",
        "edition", "model",
    ]  # fmt: skip
    written = json.loads(prediction.to_json())
    assert list(written) == list(record)
    # JSON has the shortest digits of the single-precision score, Python the score itself.
    for one, other in zip(record["candidates"], written["candidates"], strict=True):
        assert struct.pack("<f", one["score"]) == struct.pack("<f", other["score"])
        assert (one["code"], one["title"]) == (other["code"], other["title"])
    assert list(classifier.classify("tea", explain=True, coverage=0.9).to_dict())[-2:] == [
        "explanation",
        "candidate_set",
    ]


def test_a_long_text_is_cut_and_says_so(classifier: hscode.Classifier) -> None:
    prediction = classifier.classify("cotton shirt " * 1000)
    assert prediction.truncated and prediction.to_dict()["truncated"] is True


def test_nothing_of_the_description_is_in_the_repr(classifier: hscode.Classifier) -> None:
    for text in ["confidential article of Mr Smith", "red wine", ""]:
        prediction = classifier.classify(text)
        assert not text or text not in repr(prediction)
        assert prediction.decision is not None and prediction.decision in repr(prediction)


def test_predictions_compare_copy_and_pickle(classifier: hscode.Classifier, texts: list[str]) -> None:
    rows = classifier.classify_batch([*texts[:40], None, "öl 🎁"], explain=True, coverage=0.9)
    for row in rows:
        assert pickle.loads(pickle.dumps(row)) == row
        assert copy.deepcopy(row) == row
        assert pickle.loads(pickle.dumps(row)).to_dict() == row.to_dict()
    assert rows[0] != rows[1] and rows[0] != "tea"
    with pytest.raises(TypeError):
        hash(rows[0])
    with pytest.raises(ValueError, match="not a pickled prediction"):
        rows[0].__reduce__()[0](0, None, b"{}", None)


def test_a_package_opens_from_a_folder() -> None:
    tiny = hscode.Classifier.open(TINY)
    assert tiny.model.startswith("hscode-tiny@") or "@" in tiny.model
    assert 0 < tiny.classes < 5613
    assert tiny.classify("cotton t-shirt").edition == "HS2022"
    assert hscode.Classifier.open(str(TINY)).model == tiny.model
    assert "HS2022" in repr(tiny)

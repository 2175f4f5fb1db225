"""Own classifiers in Python, alone and in a cascade."""

from __future__ import annotations

import pickle
import threading
import traceback
from typing import Any

import pytest

import hscode


class Rules:
    """House rules: what we ship is known."""

    name = "house-rules"
    model = "rules@7"

    def classify_batch(self, descriptions: list[str]) -> list[list[tuple[str, float]]]:
        return [[("6109.10", 0.97)] if "tee" in text else [] for text in descriptions]


class Breaks:
    def classify_batch(self, descriptions: list[str]) -> list[list[tuple[str, float]]]:
        raise ConnectionError("the model is down")


def test_a_stage_answers_as_everybody() -> None:
    rules = hscode.External(Rules())
    assert (rules.name, rules.model, rules.edition, rules.level) == ("house-rules", "rules@7", "HS2022", "subheading")
    answer = rules.classify("cotton tee")
    assert (answer.code, answer.decision, answer.classifier, answer.model) == (
        "610910",
        "accept",
        "house-rules",
        "rules@7",
    )
    assert rules.classify("cotton tee", level="heading").code == "6109"
    assert rules.classify("cotton tee", within="62").decision == "abstain"
    assert rules.classify("wine").reason == "no_evidence"
    low = hscode.External(lambda texts: [{"610910": 0.5} for _ in texts], name="low")
    assert low.classify("x").decision == "abstain" and low.name == "low"
    sure = hscode.External(lambda texts: [{"610910": 0.5} for _ in texts], thresholds=0.4)
    assert sure.classify("x").code == "610910"
    steps = hscode.External(
        lambda texts: [{"610910": 0.5, "610990": 0.4} for _ in texts], thresholds={"subheading": 0.9}
    )
    assert (steps.classify("x").code, steps.classify("x").decision) == ("6109", "back_off")


def test_a_cascade_asks_the_next_stage(classifier: hscode.Classifier) -> None:
    cascade = hscode.Cascade([Rules(), classifier], name="ours")
    tee, wine = cascade.classify_batch(["cotton tee", "red wine in bottles"], threads=2)
    assert (tee.classifier, tee.code, tee.passed) == ("house-rules", "610910", [])
    assert wine.passed[0] == hscode.Passed("house-rules", "abstained", "no_evidence")
    assert wine.candidates == classifier.classify("red wine in bottles").candidates
    assert [type(stage) for stage in cascade.stages] == [hscode.External, hscode.Classifier]
    assert isinstance(cascade, hscode.Classifier) and cascade.name == "ours"


def test_a_failing_stage_is_passed_over(classifier: hscode.Classifier) -> None:
    answer = hscode.Cascade([Breaks(), classifier]).classify("red wine")
    assert answer.passed == [hscode.Passed("Breaks", "failed", "Breaks: ConnectionError: the model is down")]
    assert answer.candidates == classifier.classify("red wine").candidates


@pytest.mark.parametrize("threads", [1, 2])
def test_when_all_stages_fail_the_exception_is_the_cause(threads: int) -> None:
    for failing in (hscode.External(Breaks()), hscode.Cascade([Breaks(), Breaks()])):
        with pytest.raises(hscode.InferenceError, match="the model is down") as caught:
            failing.classify_batch(["red wine"] * 9, threads=threads, batch_size=2)
        cause = caught.value.__cause__
        assert type(cause) is ConnectionError
        assert "in classify_batch" in "".join(traceback.format_exception(cause))
        with pytest.raises(hscode.InferenceError):
            failing.classify("red wine")


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([], "expected 1 answers, saw 0"),
        ("61", "expected a list with the scores of each description, saw str"),
        (None, "not iterable"),
        (["610910"], "expected pairs of code and score, a dict, or None, saw str"),
        ([[610910]], "expected pairs of code and score, saw int"),
        ([[("610911", 0.9)]], "HS2022 has no code 610911"),
        ([[("6109", 0.9)]], "expected a subheading"),
        ([[("61O910", 0.9)]], "saw 'O'"),
        ([[(610910, 0.9)]], "saw int"),
        ([[("610910", 1.5)]], "1.5"),
        ([[("610910", float("nan"))]], "NaN"),
        ([[("610910", "0.9")]], "score: expected a float, saw str"),
    ],
)
def test_a_wrong_answer_is_a_failure_of_its_stage(answers: Any, message: str) -> None:
    with pytest.raises(hscode.InferenceError, match=message):
        hscode.External(lambda texts: answers).classify("tea")


def test_ctrl_c_in_a_stage_is_no_failure(classifier: hscode.Classifier) -> None:
    def interrupted(texts: list[str]) -> Any:
        raise KeyboardInterrupt

    def leaves(texts: list[str]) -> Any:
        raise SystemExit(3)

    for threads in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            hscode.Cascade([interrupted, classifier]).classify_batch(["tea"] * 4, threads=threads, batch_size=1)
    with pytest.raises(SystemExit):
        hscode.Cascade([leaves, classifier]).classify("tea")
    assert classifier.classify("tea").error is None


def test_a_stage_is_called_from_the_threads_of_the_batch() -> None:
    seen: set[int] = set()
    meet = threading.Barrier(2, timeout=20)

    def notes(texts: list[str]) -> list[None]:
        seen.add(threading.get_ident())
        meet.wait()
        return [None] * len(texts)

    hscode.External(notes).classify_batch(["tea"] * 2, threads=2, batch_size=1)
    assert len(seen) == 2


def test_settings_are_checked(classifier: hscode.Classifier) -> None:
    for stage in (7, None, "rules"):
        with pytest.raises(TypeError, match="stage: expected an object with classify_batch, or a function"):
            hscode.External(stage)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="threshold"):
        hscode.External(Rules(), thresholds=1.5)
    with pytest.raises(hscode.HsCodeError, match="HS2021"):
        hscode.External(Rules(), edition="HS2021")
    with pytest.raises(ValueError, match="at least one stage"):
        hscode.Cascade([])
    with pytest.raises(TypeError, match="stages: expected a list"):
        hscode.Cascade(7)  # type: ignore[arg-type]
    with pytest.raises(hscode.HsCodeError, match="HS2017"):
        hscode.Cascade([classifier, hscode.External(Rules(), edition="HS2017")])


def test_own_classifiers_pickle_with_their_settings(classifier: hscode.Classifier) -> None:
    rules = pickle.loads(pickle.dumps(hscode.External(Rules(), name="again", thresholds=0.99)))
    assert rules.name == "again" and rules.classify("tee").decision == "abstain"
    cascade = pickle.loads(pickle.dumps(hscode.Cascade([Rules(), classifier], name="ours")))
    assert cascade.name == "ours" and cascade.classify("tee").classifier == "house-rules"
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(hscode.External(lambda texts: []))

"""The estimator: learning, probabilities, what scikit-learn's tools ask of it, pickle, Ctrl-C."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from typing import Any

import numpy as np
import pytest
from shared import REPOSITORY
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import hscode
from hscode.sklearn import HsCodeClassifier

SMALL: dict[str, Any] = {"svc": {"gram_buckets": 1 << 14, "pair_buckets": 1 << 14, "epochs": 4}}


def goods() -> tuple[list[str], list[str]]:
    lines = (REPOSITORY / "data" / "descriptions" / "66.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    return [row[2] for row in rows], [row[0] for row in rows]


def test_it_learns_and_gives_probabilities() -> None:
    texts, codes = goods()
    learnt = HsCodeClassifier(settings=SMALL).fit(texts[::2], codes[::2])
    assert learnt.classes_.tolist() == sorted(set(codes))
    scores = learnt.predict_proba(texts[1::2])
    assert scores.shape == (len(texts[1::2]), len(learnt.classes_)) and scores.dtype == np.float32
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-5) and (scores >= 0).all()
    assert (learnt.predict(texts[1::2]) == np.array(codes[1::2])).mean() > 0.7
    assert learnt.score(texts[1::2], codes[1::2]) > 0.7
    assert learnt.predict([]).shape == (0,)


def test_threads_and_processes_change_no_bit() -> None:
    texts, codes = goods()
    one = HsCodeClassifier(settings=SMALL, threads=1).fit(texts, codes)
    two = HsCodeClassifier(settings=SMALL, threads=2).fit(texts, codes)
    expected = one.predict_proba(texts[:40])
    assert np.array_equal(two.predict_proba(texts[:40]), expected)
    assert one.model_.to_bytes() == two.model_.to_bytes()
    again = pickle.loads(pickle.dumps(one))
    assert np.array_equal(again.predict_proba(texts[:40]), expected)


def test_dotted_codes_and_arrays_are_the_same_labels() -> None:
    texts, codes = goods()
    plain = HsCodeClassifier(settings=SMALL).fit(texts, codes)
    dotted = HsCodeClassifier(settings=SMALL).fit(np.array(texts), np.array([f"{c[:4]}.{c[4:]}" for c in codes]))
    assert np.array_equal(plain.predict(texts[:20]), dotted.predict(texts[:20]))


def test_a_network_learns_too() -> None:
    texts, codes = goods()
    settings = {
        "network": {"pieces": 400, "token_dim": 8, "filters": 8, "widths": [1, 2], "hidden": [16]},
        "learn": {"epochs": 2, "batch": 32, "measure_every": 0},
    }
    lines: list[str] = []
    network = HsCodeClassifier("text_cnn", settings=settings, progress=lines.append).fit(texts[:200], codes[:200])
    assert network.model_.kind == "text_cnn" and network.model_.weights > 1000
    assert np.allclose(network.predict_proba(texts[:5]).sum(axis=1), 1, atol=1e-5)
    again = pickle.loads(pickle.dumps(network))
    assert np.array_equal(again.predict_proba(texts[:5]), network.predict_proba(texts[:5]))


def test_it_works_with_the_tools_of_scikit_learn() -> None:
    texts, codes = goods()
    estimator = HsCodeClassifier(settings=SMALL)
    assert clone(estimator).get_params() == estimator.get_params()
    assert "svc" in repr(HsCodeClassifier("svc", seed=1)) or "seed=1" in repr(HsCodeClassifier("svc", seed=1))
    assert cross_val_score(estimator, texts, codes, cv=3).mean() > 0.6
    grid = GridSearchCV(estimator, {"seed": [1, 2]}, cv=2).fit(texts[::3], codes[::3])
    assert grid.best_params_["seed"] in (1, 2)


def test_it_stands_at_the_end_of_a_pipeline() -> None:
    texts, codes = goods()
    words = FunctionTransformer(lambda rows: [hscode.normalise(row) for row in rows])
    whole = make_pipeline(words, HsCodeClassifier(settings=SMALL))
    whole.set_params(hscodeclassifier__seed=5)
    learnt = whole.fit(texts[::2], codes[::2])
    assert learnt.classes_.tolist() == sorted(set(codes)) and learnt[-1].seed == 5
    alone = HsCodeClassifier(settings=SMALL, seed=5).fit([hscode.normalise(text) for text in texts[::2]], codes[::2])
    assert learnt.predict(texts[1::2]).tolist() == alone.predict([hscode.normalise(t) for t in texts[1::2]]).tolist()
    assert 0.7 < learnt.score(texts[1::2], codes[1::2]) <= 1


def test_parameters_come_and_go() -> None:
    estimator = HsCodeClassifier("svc", seed=1)
    given = {"model": "svc", "seed": 1, "threads": 0, "settings": None, "vocabulary": None, "progress": None}
    assert estimator.get_params() == given and estimator.set_params(seed=2, threads=1) is estimator
    assert estimator.get_params() == {**given, "seed": 2, "threads": 1}
    with pytest.raises(ValueError, match="Invalid parameter 'depth'"):
        estimator.set_params(depth=3)
    assert estimator.set_params(settings=SMALL).fit(*goods()) is estimator


def test_learning_again_forgets_what_was_learnt() -> None:
    texts, codes = goods()
    again = HsCodeClassifier(settings=SMALL).fit(["live horse", "red wine"] * 6, ["010121", "220421"] * 6)
    assert again.classes_.tolist() == ["010121", "220421"]
    again.fit(texts, codes)
    once = HsCodeClassifier(settings=SMALL).fit(texts, codes)
    assert again.model_.to_bytes() == once.model_.to_bytes()


def test_weights_of_any_kind_and_no_other() -> None:
    texts, codes = goods()
    expected = HsCodeClassifier(settings=SMALL).fit(texts, codes, [0.5] * len(texts)).model_.to_bytes()
    for weights in (np.full(len(texts), 0.5), iter([0.5] * len(texts)), (0.5,) * len(texts)):
        assert HsCodeClassifier(settings=SMALL).fit(texts, codes, weights).model_.to_bytes() == expected
    for wrong, message in (
        ([0.0] * len(texts), "each weight zero"), ([1.0], "a weight for each"), (np.ones((len(texts), 2)), "2 dimen"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            HsCodeClassifier(settings=SMALL).fit(texts, codes, wrong)


def test_weights_count() -> None:
    texts, codes = ["red wine", "red wine"] * 4 + ["live horse"] * 4, ["220421", "220429"] * 4 + ["010121"] * 4
    weights = [1.0, 0.01] * 4 + [1.0] * 4
    assert HsCodeClassifier(settings=SMALL).fit(texts, codes, weights).predict(["red wine"])[0] == "220421"
    weights = [0.01, 1.0] * 4 + [1.0] * 4
    assert HsCodeClassifier(settings=SMALL).fit(texts, codes, weights).predict(["red wine"])[0] == "220429"


@pytest.mark.parametrize(
    ("texts", "codes", "settings", "error", "message"),
    [
        (["a", "b"], ["610910"], {}, ValueError, "a code and a weight for each of 2 texts"),
        (["a", "b"], ["610910", "61O9"], {}, ValueError, "saw 'O'"),
        (["a", "b"], ["610910", "6109"], {}, ValueError, "y: row 1: expected a subheading, saw the heading 6109"),
        (["a", "b"], ["610910", 610910], {}, TypeError, "saw int"),
        (["a", None], ["610910", "610990"], {}, TypeError, "X: row 1: expected a str, saw NoneType"),
        ("a tee", ["610910"], {}, TypeError, "X: expected a list of descriptions, saw str"),
        (["a", "b"], ["610910", "610910"], {}, ValueError, "expected 2 classes or more, saw 1 class"),
        ([], [], {}, ValueError, "expected texts, seen none"),
        (["a", "b"], ["610910", "610990"], {"svd": {}}, ValueError, "unknown field `svd`"),
        (["a", "b"], ["610910", "610990"], {"svc": {"epochs": 0}}, ValueError, "epochs"),
    ],
)
def test_what_will_not_do_is_said(
    texts: Any, codes: Any, settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        HsCodeClassifier(settings=settings).fit(texts, codes)


def test_an_unknown_model_and_an_early_question() -> None:
    with pytest.raises(ValueError, match="unknown variant `forest`"):
        HsCodeClassifier("forest").fit(["a", "b"], ["610910", "610990"])
    with pytest.raises(NotFittedError):
        HsCodeClassifier().predict(["a"])


def test_damaged_bytes_are_a_package_error() -> None:
    from hscode._hscode import TrainedModel

    texts, codes = goods()
    data = HsCodeClassifier(settings=SMALL).fit(texts, codes).model_.to_bytes()
    for wrong in (b"", b"x" * 100, data[:-1], data[:50] + b"\0" * 50 + data[100:]):
        with pytest.raises(hscode.PackageError):
            TrainedModel.from_bytes(wrong)


def test_ctrl_c_stops_training() -> None:
    program = textwrap.dedent("""
        from hscode.sklearn import HsCodeClassifier
        texts = [f"steel pipe {n} mm type {n % 977}" for n in range(60_000)]
        codes = [("730630", "730640", "730650")[n % 3] for n in range(60_000)]
        print("go", flush=True)
        try:
            HsCodeClassifier("svc", settings={"svc": {"epochs": 1000}}).fit(texts, codes)
        except KeyboardInterrupt:
            print("stopped", flush=True)
    """)
    running = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None and running.stdout.readline() == "go\n"
    time.sleep(3)
    os.kill(running.pid, signal.SIGINT)
    assert running.stdout.readline() == "stopped\n"
    assert running.wait(60) == 0
    running.stdout.close()

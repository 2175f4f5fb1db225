"""A scikit-learn classifier that learns HS codes in this process: needs scikit-learn 1.6 and numpy.

>>> from hscode.sklearn import HsCodeClassifier
>>> goods = ["red wine", "white wine", "live horse", "pure-bred horse"] * 3
>>> codes = ["220421", "220421", "010121", "010121"] * 3
>>> HsCodeClassifier().fit(goods, codes).predict(["a bottle of wine"])[0] == "220421"
True
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin  # type: ignore[import-untyped]
from sklearn.exceptions import NotFittedError  # type: ignore[import-untyped]

from hscode._code import HsCode
from hscode._hscode import TrainedModel, train_model

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Self

__all__ = ["HsCodeClassifier"]


class HsCodeClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Learns subheadings from descriptions by the models of hscode-train (docs/models.md).

    The same texts, codes and settings give the same model to the bit on any number of threads. It pickles whole.
    Probabilities are not calibrated; scikit-learn's ``CalibratedClassifierCV`` can do that.

    Parameters
    ----------
    model : {"svc", "text_cnn", "dnn", "lstm"}
        ``svc``, the linear one, learns in seconds; ``text_cnn`` is the network of the embedded model.
    seed : int
        Where every draw starts from.
    threads : int
        0 for all cores.
    settings : mapping or None
        Further settings by the names of ``[train]`` in train.toml, such as ``{"svc": {"epochs": 4}}``.
    vocabulary : str or None
        Word pieces for the networks, one a line; ``None`` trains them on the texts.
    progress : callable or None
        Called with a line of text now and then while it learns.

    Attributes
    ----------
    classes_ : array of str
        The subheadings, six digits each, ascending.
    model_ : TrainedModel
        The model.

    Examples
    --------
    >>> goods = ["cotton t-shirt", "mens cotton tee", "steel pipe", "welded steel tube"] * 3
    >>> codes = ["610910", "610910", "730630", "730630"] * 3
    >>> learnt = HsCodeClassifier(settings={"svc": {"epochs": 4}}).fit(goods, codes)
    >>> learnt.predict_proba(["tee of cotton"]).shape
    (1, 2)
    """

    def __init__(
        self,
        model: str = "svc",
        *,
        seed: int = 2022,
        threads: int = 0,
        settings: Mapping[str, Any] | None = None,
        vocabulary: str | None = None,
        progress: Callable[[str], object] | None = None,
    ) -> None:
        self.model = model
        self.seed = seed
        self.threads = threads
        self.settings = settings
        self.vocabulary = vocabulary
        self.progress = progress

    def fit(self, X: Iterable[str], y: Iterable[str], sample_weight: Iterable[float] | None = None) -> Self:
        """Learns; Ctrl-C stops it.

        ``X``: descriptions. ``y``: their subheadings, with or without dots. ``sample_weight``: how much each counts.

        Raises ``ValueError`` for codes, weights or settings that will not do, ``TypeError`` for wrong types.
        """
        texts = _texts(X)
        codes = [HsCode(_plain(code)) for code in y]
        weights = None if sample_weight is None else _weights(sample_weight)
        if len(codes) == len(texts) and len(set(codes)) == 1:
            raise ValueError("y: expected 2 classes or more, saw 1 class")
        settings = {**(self.settings or {}), "model": self.model, "seed": self.seed, "threads": self.threads}
        self.model_: TrainedModel = train_model(
            texts, list(codes), weights, json.dumps(settings), self.vocabulary, self.progress
        )
        self.classes_: NDArray[np.str_] = np.array([str(code) for code in self.model_.classes])
        return self

    def predict_proba(self, X: Iterable[str]) -> NDArray[np.float32]:
        """Probabilities: a row a text, a column a class in the order of ``classes_``; each row adds up to 1."""
        if not hasattr(self, "model_"):
            raise NotFittedError("HsCodeClassifier: expected a call of fit before")
        texts = _texts(X)
        scores = np.frombuffer(self.model_.scores(texts, self.threads), dtype=np.float32)
        return scores.reshape(len(texts), len(self.classes_))

    def predict(self, X: Iterable[str]) -> NDArray[np.str_]:
        """The best subheading of each text; of equal ones, the first."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]  # type: ignore[no-any-return]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags


def _plain(value: Any) -> Any:
    """A plain ``str`` of numpy's."""
    return str(value) if isinstance(value, str) else value


def _weights(given: Iterable[float]) -> list[float]:
    weights = np.asarray(given if hasattr(given, "__array__") else list(given), dtype=np.float64)
    if weights.ndim != 1:
        raise ValueError(f"sample_weight: expected one number a row, saw {weights.ndim} dimensions")
    if weights.size and not (weights > 0).any():
        raise ValueError("sample_weight: expected a weight above 0, saw each weight zero or less")
    return [float(weight) for weight in weights]


def _texts(given: Iterable[str]) -> list[str]:
    if isinstance(given, (str, bytes)) or hasattr(given, "columns"):
        raise TypeError(f"X: expected a list of descriptions, saw {type(given).__name__}")
    if not hasattr(given, "__iter__") and hasattr(given, "__array__"):
        given = np.asarray(given)
    try:
        rows = iter(given)
    except TypeError:
        raise TypeError(f"X: expected a list of descriptions, saw {type(given).__name__}") from None
    texts = [_plain(text) for text in rows]
    for at, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"X: row {at}: expected a str, saw {type(text).__name__}")
    return texts

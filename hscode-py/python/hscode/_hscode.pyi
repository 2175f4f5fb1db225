"""The native half of hscode. Import ``hscode`` instead."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, ClassVar, Literal, Protocol, SupportsIndex, final

from hscode._code import HsCode, Level
from hscode._types import Candidate, Check, Explanation, Hit, Passed, Target, Token

__all__ = [
    "AnswerTable",
    "Cascade",
    "Classifier",
    "External",
    "HsCodeError",
    "InferenceError",
    "Nomenclature",
    "PackageError",
    "Prediction",
    "PredictionStream",
    "TrainedModel",
    "__version__",
    "check",
    "classify",
    "code_parts",
    "convert",
    "embedded_again",
    "nomenclature",
    "normalise",
    "opened_again",
    "parse_code",
    "prediction_again",
    "tokenise",
    "train_model",
]

__version__: str

class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...

class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: Any = None) -> Any: ...

_Scores = Mapping[str, float] | Iterable[tuple[str, float]] | None

class _Stage(Protocol):
    def classify_batch(self, descriptions: list[str], /) -> Iterable[_Scores]: ...

_StageFunction = Callable[[list[str]], Iterable[_Scores]]
_Thresholds = float | Mapping[Level, float]

class HsCodeError(Exception):
    """A code that the edition does not have, or editions that do not fit; the other errors of the library are below
    it. What a caller does: choose the edition, use ``convert``."""

class PackageError(HsCodeError):
    """A model package that is damaged or made for another version, or a question that its model cannot answer, such
    as a deeper level. What a caller does: reinstall, keep the old package."""

class InferenceError(HsCodeError):
    """A classifier failed while it answered. Where an own Python classifier raised, that exception with its traceback
    is ``__cause__``. A cascade has already asked the next stage."""

@final
class Prediction:
    """The answer to one description, or why a row of a batch has none (``error``).

    Immutable; compares by content; pickles. Its ``repr`` leaves the description out, since it ends in logs.

    >>> import hscode
    >>> prediction = hscode.classify("mens cotton crew neck tee", top_k=2)
    >>> [code.dotted for code, score, title in prediction.candidates]
    ['6109.10', '6110.20']
    """

    __hash__: ClassVar[None]  # type: ignore[assignment]
    @property
    def index(self) -> int:
        """The number of the row in its batch or stream, from 0."""
    @property
    def description(self) -> str | None:
        """The description as it came; ``None`` of a bad row."""
    @property
    def error(self) -> str | None:
        """Why the row has no answer; ``None`` where it has one."""
    @property
    def decision(self) -> Literal["accept", "back_off", "abstain"] | None:
        """``accept``; ``back_off``, then ``code`` is an ancestor; ``abstain``, then ``code`` is ``None``. ``None`` of
        a bad row."""
    @property
    def code(self) -> HsCode | None:
        """The code decided for; ``None`` when abstaining."""
    @property
    def score(self) -> float | None:
        """The calibrated probability of ``code``, 0 to 1, of single precision."""
    @property
    def reason(self) -> Literal["low_score", "vague", "no_words", "no_evidence"] | None:
        """Why it is not a full answer; ``None`` when accepting."""
    @property
    def level(self) -> Level | None:
        """The level of ``code``, or of the candidates where there is no code."""
    @property
    def candidates(self) -> list[Candidate]:
        """The candidates, best first, whatever the decision; empty only when nothing speaks for any code."""
    @property
    def classifier(self) -> str | None:
        """The name of the classifier that answered: in a cascade, of the stage."""
    @property
    def edition(self) -> str | None:
        """The edition of the codes, such as ``"HS2022"``."""
    @property
    def model(self) -> str | None:
        """What identifies the model, as ``name@version#digest``."""
    @property
    def truncated(self) -> bool:
        """Whether the description was longer than what is read (4,096 bytes of UTF-8)."""
    @property
    def explanation(self) -> Explanation | None:
        """Why; only with ``explain=True``."""
    @property
    def candidate_set(self) -> list[HsCode] | None:
        """The codes that hold the right one with the probability asked for by ``coverage``, best first."""
    @property
    def passed(self) -> list[Passed]:
        """The stages of a cascade that were asked before the one that answered."""
    def to_dict(self) -> dict[str, Any]:
        """The record: the keys of the command's JSONL in its order. Places in ``explanation`` count characters."""
    def to_json(self) -> str:
        """The record as the command writes it, byte for byte. Places in ``explanation`` count bytes of UTF-8."""
    def __eq__(self, other: object, /) -> bool: ...
    def __ne__(self, other: object, /) -> bool: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

class Classifier:
    """A classifier of goods descriptions.

    Open one and keep it; threads may share it. Answers do not depend on the batch, on threads or on the machine. A
    classifier pickles as the place of its package and the digest: the other side opens the same one, or raises
    ``PackageError``.

    The keyword arguments are the same everywhere:

    ``top_k``: the most candidates, 1 to ``classes``. ``level``: of the candidates; ``None`` is the deepest. ``within``:
    only codes at or below this one, scores then add up to 1. ``explain``: also say why. ``coverage``: also give the
    set of codes that holds the right one with this probability, between 0 and 1.

    Raises ``ValueError`` for a wrong value, ``TypeError`` for a wrong type, ``PackageError`` for a level that the model
    does not answer, ``InferenceError`` when the classifier fails.
    """

    @staticmethod
    def embedded() -> Classifier:
        """The classifier in the module; opened on first use, then shared.

        >>> import hscode
        >>> hscode.Classifier.embedded().edition
        'HS2022'
        """
    @staticmethod
    def open(path: str | PathLike[str]) -> Classifier:
        """Opens the model package in a folder: sizes, digests, then its probe.

        Raises ``PackageError`` naming the file when anything is off, ``OSError`` when it cannot be read.
        """
    @property
    def name(self) -> str:
        """The kind or name, such as ``"lexical"``."""
    @property
    def model(self) -> str:
        """What identifies the model, as ``name@version#digest``."""
    @property
    def edition(self) -> str:
        """The edition of its codes."""
    @property
    def level(self) -> Level:
        """The deepest level it answers."""
    @property
    def classes(self) -> int:
        """How many codes of that level it can answer."""
    def classify(
        self,
        description: str,
        *,
        top_k: SupportsIndex | None = 5,
        level: Level | None = None,
        within: str | None = None,
        explain: bool | None = False,
        coverage: float | None = None,
    ) -> Prediction:
        """Classifies one description. The interpreter is free for other threads meanwhile.

        >>> import hscode
        >>> classifier = hscode.Classifier.embedded()
        >>> classifier.classify("table lamp", level="heading").candidates[0].code
        HsCode('9405')
        """
    def classify_batch(
        self,
        descriptions: Iterable[str | None],
        *,
        top_k: SupportsIndex | None = 5,
        level: Level | None = None,
        within: str | None = None,
        explain: bool | None = False,
        coverage: float | None = None,
        threads: SupportsIndex | None = 1,
        batch_size: SupportsIndex | None = 64,
        progress: Callable[[int], object] | None = None,
    ) -> list[Prediction]:
        """Classifies each description; answers keep the order and the length.

        ``descriptions``: a list, or anything that gives ``str``: a pandas or polars column, an array of numpy or
        pyarrow. A row that is no text (``None``, ``nan``, a number) becomes a prediction with ``error``, and the rest
        goes on. ``threads``: 0 for all cores; the answers are the same. ``batch_size``: rows that go to the
        classifier at a time. ``progress``: called in this thread with the number of rows done since the last call.

        Ctrl-C stops it between batches, within a fraction of a second, and raises ``KeyboardInterrupt``.

        >>> import hscode
        >>> answers = hscode.Classifier.embedded().classify_batch(["live horses", None, "red wine"])
        >>> [answer.error or answer.candidates[0].code.chapter for answer in answers]
        [HsCode('01'), 'expected a str, saw None', HsCode('22')]
        """
    def classify_iter(
        self,
        descriptions: Iterable[str | None],
        *,
        top_k: SupportsIndex | None = 5,
        level: Level | None = None,
        within: str | None = None,
        explain: bool | None = False,
        coverage: float | None = None,
        threads: SupportsIndex | None = 1,
        batch_size: SupportsIndex | None = 64,
    ) -> Iterator[Prediction]:
        """Classifies a stream of any length in constant memory; answers come in order.

        It reads ``batch_size`` rows for each thread ahead: 1 answers each row as soon as it comes. What the stream
        raises comes out after the answers to the rows before it.

        >>> import hscode
        >>> stream = hscode.Classifier.embedded().classify_iter(line for line in ["red wine", "live horses"])
        >>> next(stream).candidates[0].code.heading
        HsCode('2204')
        """
    def classify_arrow(
        self,
        table: _ArrowStream | _ArrowArray,
        column: str | None = "description",
        *,
        keep: Sequence[str] | None = (),
        top_k: SupportsIndex | None = 5,
        level: Level | None = None,
        within: str | None = None,
        explain: bool | None = False,
        coverage: float | None = None,
        threads: SupportsIndex | None = 1,
        batch_size: SupportsIndex | None = 64,
        progress: Callable[[int], object] | None = None,
    ) -> Any:
        """Classifies a column of a table; gives a ``pyarrow.Table`` with a row for each, in order.

        ``table``: whatever speaks Arrow (``__arrow_c_stream__`` or ``__arrow_c_array__``): a table, batch, array or
        reader of pyarrow, a frame or column of pandas 3 or polars, a relation of DuckDB. The column may be ``string``,
        ``large_string``, ``string_view`` or a dictionary of them; its buffers are read in place and go into the answer
        as ``description``. ``keep``: columns of the table that go into the answer as they are.

        The columns are those of the command (docs/cli.md): ``index``, ``description``, ``decision``, ``code``,
        ``score``, ``reason``, ``level``, ``candidates``, ``classifier``, ``edition``, ``model``, ``truncated``, with
        ``explain`` ``explanation``, with ``coverage`` ``candidate_set``, then ``error`` and the kept ones. Scores are
        of single precision, places count bytes of UTF-8.

        Where pyarrow is not installed it gives an ``AnswerTable``, which polars, pandas and DuckDB take as it is.

        Raises ``KeyError`` when there is no such column, ``TypeError`` when it holds no text.
        """
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class External(Classifier):
    """A classifier written in Python: house rules, a language model, a remote service.

    ``stage``: an object with ``classify_batch(descriptions)``, or a function of the same form. It gets a list of
    ``str`` and gives, for each, pairs of code and probability or a dict of them; nothing or ``None`` where it has
    nothing to say. Codes are of ``level``, each known to ``edition``; probabilities add up to 1 at most. From there on
    its answers are treated as everybody's: summed by level, restricted, ranked, decided.

    ``name``, ``model``, ``edition`` (``"HS2022"``), ``level`` (``"subheading"``) and ``thresholds`` (0.8; a number or a
    dict by level) are taken from attributes of ``stage`` when they are not given.

    What it raises becomes ``InferenceError`` with that exception as ``__cause__``; in a cascade the next stage is
    asked. ``KeyboardInterrupt`` and ``SystemExit`` end the call. With several threads it is called from several.

    >>> import hscode
    >>> rules = hscode.External(lambda texts: [[("610910", 0.99)] if "tee" in text else [] for text in texts])
    >>> rules.classify("cotton tee").code
    HsCode('6109.10')
    """

    def __new__(
        cls,
        stage: _Stage | _StageFunction,
        *,
        name: str | None = None,
        model: str | None = None,
        edition: str | None = None,
        level: Level | None = None,
        thresholds: _Thresholds | None = None,
    ) -> External: ...
    @property
    def stage(self) -> Any:
        """The object that was given."""

@final
class Cascade(Classifier):
    """Classifiers in order: the next is asked when one abstains or fails.

    ``stages``: classifiers; other objects become ``External``. Each description stops at the first stage that accepts
    or backs off. When all abstain, the abstention with the best-scored candidate is given. ``Prediction.classifier``
    names the stage that answered, ``Prediction.passed`` those before it with their reasons.

    Raises ``ValueError`` without any stage, ``HsCodeError`` when stages answer codes of different editions.
    """

    def __new__(
        cls,
        stages: Iterable[Classifier | _Stage | _StageFunction],
        *,
        name: str | None = "cascade",
    ) -> Cascade: ...
    @property
    def stages(self) -> list[Classifier]:
        """The stages in the order they are asked."""

@final
class AnswerTable:
    """Answers as a table that speaks Arrow, for where pyarrow is not installed: ``polars.DataFrame(answers)``."""

    @property
    def num_rows(self) -> int: ...
    @property
    def column_names(self) -> list[str]: ...
    def __len__(self) -> int: ...
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

@final
class Nomenclature:
    """All codes of one edition as a tree, with titles where there are any.

    >>> import hscode
    >>> hs2022 = hscode.nomenclature()
    >>> "6109.10" in hs2022, "6109.11" in hs2022
    (True, False)
    """

    @classmethod
    def open(cls, path: str | PathLike[str], edition: str) -> Nomenclature:
        """Reads a text file of codes and titles, such as an official one: CSV with a code and a description.

        Raises ``OSError`` when it cannot be read, ``ValueError`` with the line when it is malformed.
        """
    @property
    def edition(self) -> str:
        """The edition, such as ``"HS2022"``."""
    @property
    def has_titles(self) -> bool:
        """Whether any code has a title; of the editions inside, HS2022."""
    def title(self, code: str) -> str | None:
        """The title of a code; ``None`` where the edition does not have the code, or no title of it."""
    def check(self, code: str) -> None:
        """Raises ``HsCodeError`` when the edition does not have the code, naming editions that do."""
    def parent(self, code: str) -> HsCode | None:
        """The code above; ``None`` of a chapter, or of a code that the edition does not have."""
    def children(self, code: str) -> list[HsCode]:
        """The codes right below, in order."""
    def descendants(self, code: str) -> list[HsCode]:
        """All codes at or below, in order."""
    def path(self, code: str) -> list[tuple[HsCode, str | None]]:
        """The codes from the chapter down to this one, each with its title."""
    def codes_at(self, level: Level) -> list[HsCode]:
        """All codes of a level, in order."""
    def search(self, query: str, limit: SupportsIndex = 10) -> list[Hit]:
        """The codes whose titles fit the query best, best first.

        >>> import hscode
        >>> hscode.nomenclature().search("smartphones", 1)[0].code
        HsCode('8517.13')
        """
    def __contains__(self, code: object, /) -> bool: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[HsCode]: ...
    def __reduce__(self) -> tuple[Any, ...]: ...

def classify(
    description: str,
    *,
    top_k: SupportsIndex | None = 5,
    level: Level | None = None,
    within: str | None = None,
    explain: bool | None = False,
    coverage: float | None = None,
) -> Prediction:
    """Classifies one description with the embedded model: ``Classifier.embedded().classify(...)``."""

def nomenclature(edition: str | None = "HS2022") -> Nomenclature:
    """The codes of an international edition, HS1992 to HS2022; opened on first use, then shared.

    Raises ``HsCodeError`` for an edition that there is not, ``PackageError`` for a national tariff.
    """

def convert(code: str, from_edition: str, to_edition: str, *, all: bool = False) -> list[Target]:
    """The codes of another edition that the goods of a code may fall under; never one chosen for you.

    Tariff lines are converted by their first six digits. ``all``: also targets that took in a small part of more than
    a hundred codes.

    Raises ``ValueError`` for a malformed code, ``HsCodeError`` for one that the edition does not have.

    >>> import hscode
    >>> [target.code.dotted for target in hscode.convert("851712", "HS2017", "HS2022")]
    ['8517.13', '8517.14']
    """

def check(description: str) -> Check:
    """Whether a description is fit for a customs declaration, why not, and what to add.

    >>> import hscode
    >>> hscode.check("gift").verdict
    'refuse'
    """

def normalise(description: str) -> str:
    """The description in the form in which it is read."""

def tokenise(description: str) -> list[Token]:
    """The words, numbers and units that are read in a description.

    >>> import hscode
    >>> [token.text for token in hscode.tokenise("Steel pipe 1/2 inch")]
    ['steel', 'pipe', '1/2', 'inch']
    """

def train_model(
    texts: list[str],
    codes: list[str],
    weights: list[float] | None,
    settings: str,
    vocabulary: str | None,
    progress: Callable[[str], object] | None,
    /,
) -> TrainedModel:
    """Trains a model in memory; see ``hscode.sklearn.HsCodeClassifier``."""

@final
class TrainedModel:
    """A trained model in memory; see ``hscode.sklearn.HsCodeClassifier``."""

    @property
    def kind(self) -> str:
        """Which model it is: ``svc``, ``dnn``, ``lstm`` or ``text_cnn``."""
    @property
    def classes(self) -> list[HsCode]:
        """The classes, ascending."""
    @property
    def weights(self) -> int:
        """The number of weights."""
    def scores(self, texts: list[str], threads: int, /) -> bytes:
        """Probabilities as 32-bit floats of this machine, a row a text, a column a class; not calibrated."""
    def to_bytes(self) -> bytes:
        """The model as bytes."""
    @staticmethod
    def from_bytes(data: bytes, /) -> TrainedModel:
        """A model from its bytes; raises ``PackageError`` when they are damaged."""
    def __reduce__(self) -> tuple[Any, ...]: ...

def parse_code(code: str) -> str: ...
def code_parts(code: str, /) -> tuple[str, str, str | None, str | None, str | None]: ...
def embedded_again(model: str, /) -> Classifier: ...
def opened_again(path: str | PathLike[str], seal: str, /) -> Classifier: ...
def prediction_again(
    index: int, description: str | None, answer: bytes | None, error: str | None, /
) -> Prediction: ...
@final
class PredictionStream:
    """The answers to a stream; see ``Classifier.classify_iter``."""

    def __iter__(self) -> Iterator[Prediction]: ...
    def __next__(self) -> Prediction: ...

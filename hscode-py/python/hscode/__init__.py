"""HS customs codes from goods descriptions.

A short description goes in, ranked codes of the Harmonized System come out, with calibrated scores, reasons, and a
decision: accept, back off to an ancestor, or abstain. The model is inside; nothing is downloaded, nothing is sent.

>>> import hscode
>>> prediction = hscode.classify("mens cotton crew neck tee")
>>> prediction.candidates[0].code.dotted
'6109.10'

Sub-interpreters are refused on import; threads, fork, spawn and ``asyncio.to_thread`` work.
"""

from hscode._code import HsCode
from hscode._hscode import (
    AnswerTable,
    Cascade,
    Classifier,
    External,
    HsCodeError,
    InferenceError,
    Nomenclature,
    PackageError,
    Prediction,
    __version__,
    check,
    classify,
    convert,
    nomenclature,
    normalise,
    tokenise,
)
from hscode._types import (
    Candidate,
    Check,
    Evidence,
    Explanation,
    Finding,
    Hit,
    Passed,
    RunnerUp,
    Target,
    Token,
    TokenContribution,
)

__all__ = [
    "AnswerTable",
    "Candidate",
    "Cascade",
    "Check",
    "Classifier",
    "Evidence",
    "Explanation",
    "External",
    "Finding",
    "Hit",
    "HsCode",
    "HsCodeError",
    "InferenceError",
    "Nomenclature",
    "PackageError",
    "Passed",
    "Prediction",
    "RunnerUp",
    "Target",
    "Token",
    "TokenContribution",
    "__version__",
    "check",
    "classify",
    "convert",
    "nomenclature",
    "normalise",
    "tokenise",
]

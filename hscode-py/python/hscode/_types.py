"""What answers are made of: named tuples, which unpack, compare, pickle and print."""

from __future__ import annotations

from typing import Literal, NamedTuple

from hscode._code import HsCode


class Candidate(NamedTuple):
    """A scored code."""

    code: HsCode
    """The code, of the level asked for."""
    score: float
    """Its calibrated probability, 0 to 1; of a heading, the sum of its subheadings'."""
    title: str | None
    """What the code holds; ``None`` where the nomenclature has no title."""


class TokenContribution(NamedTuple):
    """What one word added to the score of the best code."""

    text: str
    """The word as it was read."""
    start: int
    """Where it starts in the description, in characters: ``description[start:end]``."""
    end: int
    """Where it ends, exclusive."""
    contribution: float
    """Its part in the evidence for the best code, in the classifier's own unit; parts of a text add up."""


class Evidence(NamedTuple):
    """A reference that speaks for a code."""

    text: str
    """The reference's text."""
    code: HsCode
    """Its settled code."""
    source: str
    """Where it is from."""
    similarity: float
    """How like the description it is, 0 to 1; 1 is the same text."""


class RunnerUp(NamedTuple):
    """The code that came second, and which words speak for it."""

    code: HsCode
    """The code, of the level asked for."""
    score: float
    """Its score."""
    tokens: list[TokenContribution]
    """The words read, each with what it added to this code."""
    base: float
    """What is of no word, such as how common the code is."""


class Explanation(NamedTuple):
    """Why a classifier answered as it did."""

    tokens: list[TokenContribution]
    """The words read, in the order of the text."""
    evidence: list[Evidence]
    """The nearest references, nearest first."""
    path: list[str]
    """The titles from the chapter down to the best code."""
    base: float | None
    """What is of no word: with the contributions it adds up to the raw output for the best code. ``None`` where the
    contributions are all there is."""
    runner_up: RunnerUp | None
    """The code that came second; ``None`` where there is none or the classifier does not say."""


class Passed(NamedTuple):
    """A stage of a cascade that was asked before the one that answered."""

    classifier: str
    """The stage's name."""
    why: Literal["abstained", "failed"]
    """Why the next stage was asked."""
    message: str
    """The reason of the abstention, such as ``low_score``, or the message of the failure."""


class Target(NamedTuple):
    """A code of another edition that goods may fall under."""

    code: HsCode
    """The code in the edition that is converted to."""
    change: Literal["same", "renumbered", "split", "merged", "complex"]
    """How the code changed on the way to this target."""
    link: Literal["listed", "composed", "gathering"]
    """What the target rests on; see docs/nomenclature.md."""
    title: str | None
    """What the code holds; ``None`` where the edition has no titles."""


class Hit(NamedTuple):
    """A code whose title fits a search."""

    code: HsCode
    """The code."""
    score: float
    """How much of the query the title covers, 0 to 1; to rank by, not a probability."""
    title: str | None
    """The title."""


class Finding(NamedTuple):
    """One fault of a description."""

    reason: str
    """What is wrong, such as ``vague_term``; docs/descriptions.md lists them."""
    verdict: Literal["acceptable", "warn", "refuse"]
    """How much it weighs."""
    term: str
    """The words that it is about; empty where it is about the whole text."""
    start: int
    """Where they start in the description, in characters."""
    end: int
    """Where they end, exclusive."""
    advice: str
    """What to add, as a sentence in English."""


class Check(NamedTuple):
    """Whether a description is fit for a declaration."""

    verdict: Literal["acceptable", "warn", "refuse"]
    """The gravest verdict of the findings."""
    findings: list[Finding]
    """The faults, in the order of the text."""


class Token(NamedTuple):
    """A word, number or unit of a description."""

    text: str
    """The token in normal form."""
    start: int
    """Where it starts in the description, in characters."""
    end: int
    """Where it ends, exclusive."""
    kind: Literal["word", "number", "unit", "code"]
    """What it is."""

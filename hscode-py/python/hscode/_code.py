"""``HsCode``: a code of the Harmonized System as a ``str`` of digits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from hscode._hscode import code_parts, nomenclature, parse_code

if TYPE_CHECKING:
    from typing_extensions import Self

Level = Literal["chapter", "heading", "subheading", "tariff-line"]


class HsCode(str):
    """A chapter, heading, subheading or national tariff line: a ``str`` of 2, 4, 6, 8 or 10 digits.

    Dots and spaces between pairs of digits are read and left out, leading zeros are kept. As it is a ``str``, it
    goes wherever text goes: into dicts, JSON, data frames, comparisons with plain strings. Codes sort in the order
    of the tariff. That a code is well formed does not mean that an edition has it: ask ``hscode.nomenclature()``.

    ``code``: such as ``"6109.10"``, ``"610910"``, ``"6109 10 00"``.

    Raises ``ValueError`` for a malformed code, with a hint where a spreadsheet dropped a leading zero;
    ``TypeError`` for anything but a ``str``: a number has lost its leading zeros.

    >>> code = HsCode("0101.21")
    >>> code
    HsCode('0101.21')
    >>> code == "010121", code.heading, code.level
    (True, HsCode('0101'), 'subheading')
    """

    __slots__ = ()

    def __new__(cls, code: str) -> Self:
        return str.__new__(cls, parse_code(code))

    @property
    def chapter(self) -> HsCode:
        """The first two digits."""
        return str.__new__(HsCode, self[:2])

    @property
    def heading(self) -> HsCode | None:
        """The first four digits; ``None`` of a chapter."""
        return _known(code_parts(self)[2])

    @property
    def subheading(self) -> HsCode | None:
        """The first six digits; ``None`` of a chapter or a heading."""
        return _known(code_parts(self)[3])

    @property
    def parent(self) -> HsCode | None:
        """The code two digits shorter; ``None`` of a chapter."""
        return _known(code_parts(self)[4])

    @property
    def level(self) -> Level:
        """``"chapter"``, ``"heading"``, ``"subheading"`` or ``"tariff-line"``, by the number of digits."""
        return cast("Level", code_parts(self)[0])

    @property
    def dotted(self) -> str:
        """The code as people write it: ``61``, ``6109``, ``6109.10``, ``6109.10.00``."""
        return code_parts(self)[1]

    @property
    def title(self) -> str | None:  # type: ignore[override]
        """What the code holds, from HS2022 in our plain English; ``None`` where HS2022 has no such code.

        Of other editions ask ``hscode.nomenclature("HS2017").title(code)``. It stands in the place of
        ``str.title()``, which makes no sense of digits.

        >>> HsCode("6601").title
        'Umbrellas and sun umbrellas of all kinds'
        """
        return nomenclature().title(self)

    def covers(self, other: str) -> bool:
        """Whether this code is ``other`` or stands above it.

        >>> HsCode("61").covers("6109.10")
        True
        """
        return parse_code(other).startswith(self)

    def __repr__(self) -> str:
        return f"HsCode({self.dotted!r})"


def _known(digits: str | None) -> HsCode | None:
    return None if digits is None else str.__new__(HsCode, digits)

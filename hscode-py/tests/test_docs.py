"""The documentation: examples that run, one text for the editor and for ``help()``."""

from __future__ import annotations

import ast
import doctest
import importlib.resources
import inspect
from collections.abc import Iterator

import pytest

import hscode
import hscode._code
import hscode._hscode


def documented() -> Iterator[tuple[str, str]]:
    """Qualified names and docstrings in the stub."""
    stub = (importlib.resources.files("hscode") / "_hscode.pyi").read_text(encoding="utf-8")

    def walk(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, str]]:
        for node in body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                text = ast.get_docstring(node)
                if text is not None:
                    yield prefix + node.name, text
                if isinstance(node, ast.ClassDef):
                    yield from walk(node.body, f"{prefix}{node.name}.")

    yield from walk(ast.parse(stub).body, "")


@pytest.mark.parametrize(("name", "text"), list(documented()))
def test_examples_of_the_stub_run(name: str, text: str) -> None:
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, None)
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0


@pytest.mark.parametrize("module", [hscode, hscode._code])
def test_examples_of_the_modules_run(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0 and result.failed == 0


def test_help_says_what_the_stub_says() -> None:
    for name, text in documented():
        found: object = hscode._hscode
        for part in name.split("."):
            found = inspect.getattr_static(found, part)
        if isinstance(found, (staticmethod, classmethod)):
            found = found.__func__
        assert " ".join((inspect.getdoc(found) or "").split()) == " ".join(text.split()), name


def test_everything_public_is_documented() -> None:
    for name in hscode.__all__:
        if name != "__version__":
            assert inspect.getdoc(getattr(hscode, name)), name

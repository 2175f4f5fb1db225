"""Codes, editions, correlation."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

import hscode
from hscode import HsCode


def test_a_code_is_a_str_of_digits() -> None:
    code = HsCode("0101.21")
    assert code == "010121" and isinstance(code, str) and hash(code) == hash("010121")
    assert json.dumps({code: code}) == '{"010121": "010121"}'
    assert {"010121": 1}[code] == 1
    assert repr(code) == "HsCode('0101.21')" and f"{code}" == str(code) == "010121"
    assert HsCode("6109\u00a010") == HsCode(" 6109 10 ") == HsCode(HsCode("610910")) == "610910"
    for again in (pickle.loads(pickle.dumps(code)), copy.copy(code), copy.deepcopy(code)):
        assert again == code and type(again) is HsCode
    with pytest.raises(AttributeError):
        code.note = "x"  # type: ignore[attr-defined]


def test_a_code_knows_its_place() -> None:
    code = HsCode("6109 10 00 12")
    assert (code.chapter, code.heading, code.subheading, code.parent) == ("61", "6109", "610910", "61091000")
    assert (code.level, code.dotted) == ("tariff-line", "6109.10.00.12")
    assert type(code.heading) is HsCode
    chapter = HsCode("61")
    assert (chapter.chapter, chapter.heading, chapter.subheading, chapter.parent) == ("61", None, None, None)
    assert [HsCode(c).level for c in ("61", "6109", "610910")] == ["chapter", "heading", "subheading"]
    assert HsCode("61").covers(code) and HsCode("6109").covers("6109.10") and not code.covers("61")
    assert sorted(map(HsCode, ["6110", "610910", "61", "6109"])) == ["61", "6109", "610910", "6110"]
    assert HsCode("610910").title and HsCode("999999").title is None


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("10121", ValueError, "did a spreadsheet drop the zero of 010121"),
        ("61O9", ValueError, "saw 'O'"),
        ("", ValueError, "saw no digits"),
        (10121, TypeError, 'code: expected a str such as "6109.10", saw int'),
        (None, TypeError, "saw None"),
    ],
)
def test_a_malformed_code_says_why(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        HsCode(given)


def test_the_nomenclature_is_a_tree() -> None:
    hs2022 = hscode.nomenclature()
    assert hs2022.edition == "HS2022" == hscode.nomenclature("hs2022").edition and hs2022.has_titles
    assert "6109.10" in hs2022 and "610911" not in hs2022 and 610910 not in hs2022 and "tea" not in hs2022
    assert hs2022.parent("610910") == "6109" and hs2022.parent("61") is None
    assert "610910" in hs2022.children("6109") and hs2022.children("610910") == []
    assert hs2022.descendants("6109")[0] == "6109"
    assert [code for code, _ in hs2022.path("610910")] == ["61", "6109", "610910"]
    assert len(hs2022.codes_at("subheading")) == 5613 - 1 or len(hs2022.codes_at("subheading")) > 5600
    assert len(list(hs2022)) == len(hs2022) and type(next(iter(hs2022))) is HsCode
    assert hs2022.search("smartphones", 1)[0].code == "851713"
    assert hs2022.title("6601") == HsCode("6601").title and hs2022.title("0000" [:0] + "99") is None
    assert "5" in repr(hs2022) and pickle.loads(pickle.dumps(hs2022)).title("61") == hs2022.title("61")
    assert not hscode.nomenclature("HS2017").has_titles


def test_editions_differ_and_say_so() -> None:
    with pytest.raises(hscode.HsCodeError, match="HS2022 has no code 851712"):
        hscode.nomenclature().check("851712")
    hscode.nomenclature("HS2017").check("851712")
    with pytest.raises(hscode.HsCodeError, match='edition "HS2021": expected one of'):
        hscode.nomenclature("HS2021")
    with pytest.raises(hscode.PackageError, match="US-HTS"):
        hscode.nomenclature("US-HTS@2025-01-01")
    targets = hscode.convert("8517.12", "HS2017", "HS2022")
    assert [(target.code, target.change, target.link) for target in targets] == [
        ("851713", "split", "listed"),
        ("851714", "split", "listed"),
    ]
    assert targets[0].title == HsCode("851713").title
    assert hscode.convert("8517120000", "HS2017", "HS2022") == targets
    assert len(hscode.convert("851712", "HS2017", "HS2022", all=True)) >= len(targets)
    with pytest.raises(hscode.HsCodeError, match="HS2017"):
        hscode.convert("851713", "HS2017", "HS2022")
    with pytest.raises(ValueError, match="3 digits"):
        hscode.convert("851", "HS2017", "HS2022")


def test_an_official_text_can_take_our_titles_place(tmp_path: Path) -> None:
    path = tmp_path / "titles.csv"
    path.write_text("code,description\n6109.10,Of cotton\n", encoding="utf-8")
    own = hscode.Nomenclature.open(path, "HS2022")
    assert own.title("610910") == "Of cotton" and len(own) == 3
    assert pickle.loads(pickle.dumps(own)).title("610910") == "Of cotton"
    path.write_text("code,description\n61O9,x\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2"):
        hscode.Nomenclature.open(path, "HS2022")

"""Fixtures of all tests."""

from __future__ import annotations

import pytest
from shared import goods

import hscode


@pytest.fixture(scope="session")
def classifier() -> hscode.Classifier:
    return hscode.Classifier.embedded()


@pytest.fixture(scope="session")
def texts() -> list[str]:
    return goods(200)

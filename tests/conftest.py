"""Fixtures for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import new_home

pytest_plugins = ["tests.support.debian", "pytester"]


@pytest.fixture
def home() -> Iterator[Path]:
    """A home for one embedded stack."""
    with new_home() as path:
        yield path

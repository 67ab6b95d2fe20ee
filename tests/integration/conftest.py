"""What integration tests share: the command in a terminal."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.terminal import Demo, Starter


@pytest.fixture
def start() -> Iterator[Starter]:
    """Starts the command; what still runs at the end is killed."""
    with ExitStack() as stack:

        def starter(home: Path, *arguments: str, **options: Any) -> Demo:
            demo = Demo(home, *arguments, **options)
            stack.callback(demo.abandon)
            return demo

        yield starter

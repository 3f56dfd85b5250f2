"""Running the command line inside the test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import StringIO

import pytest

from flowengine.cli import main
from flowengine.cli.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Said:
    """How a command ended."""

    code: int
    out: str
    err: str


Flow = Callable[..., Said]


@pytest.fixture
def flow() -> Flow:
    """Run one command line: what it said, and its exit code."""

    def run(*argv: str) -> Said:
        out, err = StringIO(), StringIO()
        code = main(argv, terminal=Terminal(out, err))
        return Said(code, out.getvalue(), err.getvalue())

    return run

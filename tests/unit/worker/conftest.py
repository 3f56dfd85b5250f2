from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.worker.line import PATIENCE_S, Gate, Line


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line()
    yield line
    assert line.pool.close(PATIENCE_S)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.open()

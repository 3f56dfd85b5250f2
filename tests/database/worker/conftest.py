"""What tests of a worker's cycle stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.database.worker.bench import Bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    """Four places."""
    bench = Bench()
    yield bench
    bench.close()

"""What a worker process holds from its start is left out of the search for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from flowengine.worker.main import COLLECT_EVERY, settle_memory


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_what_was_loaded_is_not_looked_through_again_and_the_rest_less_often() -> None:
    settle_memory()

    assert gc.get_freeze_count() > 10_000
    assert gc.get_threshold()[0] == COLLECT_EVERY
    assert gc.isenabled()


def test_garbage_that_comes_later_is_still_found() -> None:
    settle_memory()
    ring: list[object] = []
    ring.append(ring)
    del ring

    assert gc.collect() >= 1

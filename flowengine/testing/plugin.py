"""The pytest plugin: the fixture ``flow_runner``. Needs pytest-django, whose ``db`` it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from flowengine import testing

if TYPE_CHECKING:
    from flowengine.testing import Runner


@pytest.fixture
def flow_runner(db: None) -> Iterator[Runner]:  # noqa: ARG001 - the test database, for its effect
    """Runs the project's workflows inside this test, on a clock that is set.

    ``flow_runner.run()`` does what there is to do; ``flow_runner.advance("10s")`` lets time pass.
    See ``flowengine.testing``.
    """
    with testing.inline() as runner:
        yield runner

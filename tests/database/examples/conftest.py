"""The examples in the inline runner, with the world their tasks speak to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from flowengine.testing import Runner, inline
from tests.examples import outside
from tests.examples import tasks as tasks  # noqa: PLC0414 - registered by being imported

FOLDER = Path(outside.__file__).parent / "workflows"
AT = datetime(2026, 3, 29, 12, 0, tzinfo=UTC)
"""A Sunday; the next is the last Monday of March, and Wednesday the first of April."""


@pytest.fixture
def flow(db: None, settings: Settings) -> Iterator[Runner]:
    """The thirteen examples, and nothing that has happened yet."""
    settings.FLOWENGINE = {**settings.FLOWENGINE, "WORKFLOW_DIRS": (str(FOLDER),)}
    outside.forget()
    with inline(at=AT) as runner:
        yield runner
    outside.forget()


@pytest.fixture
def states() -> Callable[[Any], dict[str, str]]:
    """The states of a run's steps, by id."""

    def of(run: Any) -> dict[str, str]:
        return {name: step.state for name, step in run.steps.items()}

    return of

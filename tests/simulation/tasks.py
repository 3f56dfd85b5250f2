"""The tasks that simulated workflows call. Nobody calls them: the simulated pool says how they end."""

from __future__ import annotations

from typing import Any

from flowengine import task


@task(name="sim.work")
def work(**given: Any) -> Any:
    """Any work."""


@task(name="sim.count")
def count(**given: Any) -> Any:
    """Work in the database, for ``transaction: true``."""


@task(name="sim.undo")
def undo(**given: Any) -> Any:
    """What takes something back."""

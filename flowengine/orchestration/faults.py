"""Named points around commit, publish and acknowledge, where tests make a process die."""

from collections.abc import Callable

Fault = Callable[[str], None]
"""Called with the name of the point that is passed."""


def no_fault(_point: str) -> None:
    """Pass the point: what production does."""

"""Making a failing schedule smaller: fewer faults, the same seed.

Delta debugging (Zeller, Hildebrandt 2002) over the faults that happened: halves, then
quarters and so on are left out, as long as the schedule goes on failing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def smallest(items: Sequence[Item], fails: Callable[[Sequence[Item]], bool]) -> list[Item]:
    """A part of *items* that still fails, and of which nothing more can be left out piece by piece."""
    left = list(items)
    if fails([]):
        return []
    size = max(1, len(left) // 2)
    while left:
        for start in range(0, len(left), size):
            without = left[:start] + left[start + size :]
            if without != left and fails(without):
                left = without
                break
        else:
            if size == 1:
                return left
            size = max(1, size // 2)
    return left

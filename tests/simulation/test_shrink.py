"""A failing schedule is made as small as it can be."""

from __future__ import annotations

from collections.abc import Sequence

from tests.simulation.shrink import smallest


def test_only_what_the_failure_takes_is_left() -> None:
    def fails(items: Sequence[int]) -> bool:
        return {3, 17} <= set(items)

    assert smallest(range(40), fails) == [3, 17]


def test_a_failure_that_takes_nothing_is_left_with_nothing() -> None:
    assert smallest(range(10), lambda _items: True) == []


def test_a_failure_that_takes_all_keeps_all() -> None:
    assert smallest([1, 2, 3], lambda items: len(items) == 3) == [1, 2, 3]

"""What takes too long is ended, wherever it is."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FunctionType

import pytest

from flowengine.orchestration.cut_off import OutOfTime, within


def _ours(function: Callable[[], None]) -> Callable[[], None]:
    """The same, as if it stood in flowengine; what it calls is foreign."""
    assert isinstance(function, FunctionType)
    return FunctionType(function.__code__, {**globals(), "__name__": "flowengine.tried"})


def _foreign() -> None:
    len("")


@_ours
def _for_ever() -> None:
    while True:
        len("")


@_ours
def _look_at_first_ones() -> None:
    """Each generator is left before its end: what is raised while it is closed goes nowhere."""
    for _ in range(100_000):
        any(number for number in (1, 2))


class _Thing:
    def __del__(self) -> None:
        len("")


@_ours
def _forget_things() -> None:
    """What is called when something is forgotten is heard by nobody, whatever it calls in turn."""
    for _ in range(100_000):
        weakref.finalize(_Thing(), _foreign)
        len("")


@_ours
def _collect_garbage() -> None:
    """What somebody wants to be called when garbage is collected is heard by nobody."""
    for _ in range(100_000):
        gc.collect(0)


@_ours
def _take_no_for_an_answer() -> None:
    for _ in range(100_000):
        try:
            len("")
        except Exception:  # noqa: BLE001 - foreign code does so
            continue


@pytest.fixture
def asks_about_garbage() -> Iterator[None]:
    """As profilers and other tools do."""

    def collected(_phase: str, _info: dict[str, int]) -> None:
        _foreign()

    gc.callbacks.append(collected)
    yield
    gc.callbacks.remove(collected)


def test_what_never_ends_is_ended_and_what_was_before_stays() -> None:
    before = sys.getprofile()

    with pytest.raises(OutOfTime), within(0.01):
        _for_ever()

    assert sys.getprofile() is before


@pytest.mark.parametrize(
    "what", [_look_at_first_ones, _forget_things, _collect_garbage, _take_no_for_an_answer]
)
@pytest.mark.usefixtures("asks_about_garbage")
def test_end_is_not_lost_where_errors_are(what: Callable[[], None]) -> None:
    ended = 0
    for _ in range(20):
        with suppress(OutOfTime), within(0.001):
            what()
            ended += 1

    assert ended == 0


def test_what_ends_in_time_is_left_alone() -> None:
    with within(60):
        found = sorted([3, 1, 2])

    assert found == [1, 2, 3]

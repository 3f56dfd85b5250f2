"""A loop outlives what goes wrong with its duty, and what it cannot outlive is seen."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError

from flowengine.worker import loop as loops
from flowengine.worker.loop import ROUND_MAX_S, Duty, Loop

PATIENCE_S = 10.0


class Work:
    """A duty that counts its rounds and does what it is told."""

    def __init__(self) -> None:
        self.woken = threading.Event()
        self.rounds = 0
        self.went_on = threading.Event()
        """Set in the third round."""
        self.step: Callable[[], None] = lambda: None
        self.rest: Callable[[], None] = lambda: None

    def duty(self) -> Duty:
        return Duty(name="work", step=self._step, rest=self._rest, wake=self.woken.set)

    def _step(self) -> bool:
        self.rounds += 1
        if self.rounds == 3:
            self.went_on.set()
        self.step()
        return False

    def _rest(self) -> None:
        self.rest()


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    monkeypatch.setattr(loops, "AWAY_MAX_S", 0.001)
    return Work()


@pytest.fixture
def started(work: Work) -> Iterator[list[Loop]]:
    """Loops that end with the test."""
    started: list[Loop] = []
    yield started
    for each in started:
        each.stop()
        each.join(PATIENCE_S)


def start(loop: Loop, started: list[Loop]) -> Loop:
    started.append(loop)
    loop.start()
    return loop


def fail() -> None:
    raise ValueError("a mistake of ours")


def away() -> None:
    raise OperationalError("away")


@pytest.mark.parametrize("problem", [fail, away])
@pytest.mark.parametrize("where", ["step", "rest"])
def test_what_goes_wrong_ends_a_round_and_not_the_loop(
    work: Work, started: list[Loop], where: str, problem: Callable[[], None]
) -> None:
    setattr(work, where, problem)

    loop = start(Loop(work.duty()), started)

    assert work.went_on.wait(PATIENCE_S)
    assert not loop.is_dead


def test_pulse_that_fails_does_not_end_the_loop(work: Work, started: list[Loop]) -> None:
    failures = iter([fail, fail])

    def pulse() -> None:
        for failure in failures:
            failure()

    start(Loop(work.duty(), pulse=pulse), started)

    assert work.went_on.wait(PATIENCE_S)


def test_loop_that_was_ended_by_force_is_dead_and_says_so(
    work: Work, started: list[Loop], caplog: pytest.LogCaptureFixture
) -> None:
    def end() -> None:
        raise SystemExit

    work.step = end
    loop = start(Loop(work.duty()), started)
    loop.join(PATIENCE_S)

    assert loop.is_dead
    assert not loop.goes_round
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


def test_loop_that_was_stopped_is_not_dead(work: Work, started: list[Loop]) -> None:
    loop = start(Loop(work.duty()), started)
    loop.stop()
    loop.join(PATIENCE_S)

    assert not loop.is_dead
    assert loop.goes_round


def test_loop_that_hangs_in_its_step_does_not_go_round(work: Work, started: list[Loop]) -> None:
    at = [0.0]
    hangs, end = threading.Event(), threading.Event()

    def hang() -> None:
        hangs.set()
        end.wait(PATIENCE_S)

    work.step = hang
    loop = start(Loop(work.duty(), monotonic=lambda: at[0]), started)
    assert hangs.wait(PATIENCE_S)

    goes_round = {}
    for seconds in (1.0 + ROUND_MAX_S, 1.1 + ROUND_MAX_S):
        at[0] = seconds
        goes_round[seconds] = loop.goes_round
    end.set()

    assert list(goes_round.values()) == [True, False]


def test_loop_that_has_not_started_is_not_dead(work: Work) -> None:
    assert not Loop(work.duty()).is_dead

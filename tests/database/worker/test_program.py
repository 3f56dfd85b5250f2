"""The worker program: how it begins, and how it shows that it lives."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from django.db import OperationalError

from flowengine import emit
from flowengine.broker.connect import connect
from flowengine.orchestration.sync import sync_project
from flowengine.store import fleet
from flowengine.worker import program as programs
from flowengine.worker.heartbeat import Heartbeat
from flowengine.worker.loop import Duty, Loop
from flowengine.worker.program import Program, WorkerOptions
from tests.builders.line import now
from tests.fakes.broker import FakeBroker

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_S = 10.0


def a_program(*roles: str, pulse: Callable[[], None] = lambda: None) -> Program:
    options = WorkerOptions(roles=frozenset(roles), concurrency=1)
    return Program(options, FakeBroker(), pulse=pulse)


def a_loop(step: Callable[[], bool], *, monotonic: Callable[[], float] = lambda: 0.0) -> Loop:
    woken = threading.Event()
    duty = Duty(name="loop", step=step, rest=lambda: None, wake=woken.set)
    return Loop(duty, monotonic=monotonic)


@pytest.fixture
def _away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is away."""

    def start(_heartbeat: Heartbeat) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(Heartbeat, "start", start)
    monkeypatch.setattr(programs, "AWAY_MAX_S", 0.001)


@pytest.mark.usefixtures("_away")
def test_worker_that_waits_for_the_database_can_be_stopped() -> None:
    stop = threading.Event()
    rounds: list[None] = []

    def pulse() -> None:
        rounds.append(None)
        if len(rounds) == 3:
            stop.set()

    program = a_program("stations", "relay", pulse=pulse)

    assert not program.start(stop)
    assert len(rounds) == 3
    assert not program.wants_to_recycle()


def test_worker_that_has_begun_says_so_and_is_drained() -> None:
    program = a_program("stations", "routing", "relay", "beat")

    assert program.start()
    assert program.drain(PATIENCE_S)


def test_worker_leaves_in_its_row_what_it_has_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowengine.worker.heartbeat.METER_S", 0.02)
    sync_project(now=now())
    options = WorkerOptions(roles=frozenset({"stations", "routing", "relay"}), concurrency=2)
    broker = connect("inproc://counted", name="worker")
    program = Program(options, broker)
    assert program.start()
    emit("chain.begun", {})

    until = time.monotonic() + PATIENCE_S
    seen = fleet.sums(fleet.members(now()), now())
    while "chain" not in seen.workflows and time.monotonic() < until:
        seen = fleet.sums(fleet.members(now()), now())
    program.drain(PATIENCE_S)
    broker.close()

    assert seen.workflows["chain"].done == 1
    assert seen.stations["default", "line.nothing"].done == 5


def test_worker_without_stations_shows_that_it_lives() -> None:
    beaten = threading.Event()
    program = a_program("relay", pulse=beaten.set)
    program.start()

    assert beaten.wait(PATIENCE_S)
    program.drain(PATIENCE_S)


def test_one_loop_that_hangs_silences_the_whole_process() -> None:
    at = [0.0]
    beats: list[None] = []
    program = a_program(pulse=lambda: beats.append(None))
    program._loops = [a_loop(lambda: False, monotonic=lambda: at[0]), a_loop(lambda: False)]

    program._pulse_of_all()
    at[0] = 1_000.0
    program._pulse_of_all()

    assert len(beats) == 1


def test_worker_that_has_lost_a_loop_wants_to_be_replaced() -> None:
    def end() -> bool:
        raise SystemExit

    program = a_program()
    loop = a_loop(end)
    program._loops = [loop]
    assert not program.wants_to_recycle()

    loop.start()
    loop.join(PATIENCE_S)

    assert program.wants_to_recycle()


def test_worker_that_has_lost_its_heartbeat_wants_to_be_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    program = a_program("stations")
    program.start()
    assert program._heartbeat is not None
    assert not program.wants_to_recycle()

    def end(_heartbeat: Heartbeat) -> float:
        raise SystemExit

    monkeypatch.setattr(Heartbeat, "renew_once", end)
    program._heartbeat._renew_now.set()
    assert program._heartbeat._thread is not None
    program._heartbeat._thread.join(PATIENCE_S)

    assert program.wants_to_recycle()
    program.drain(0)

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from uuid import UUID

import pytest

from flowengine.worker.liveness import LIVENESS_FD, WORKER_ID, Liveness, from_environment

WORKER = UUID("01930000-0000-7000-8000-0000000000d1")


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for descriptor in (reading, writing):
        with contextlib.suppress(OSError):  # where the test has closed it
            os.close(descriptor)


def test_each_round_of_the_loop_is_one_byte(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    liveness = Liveness(WORKER, writing)

    liveness.beat()
    liveness.beat()

    assert os.read(reading, 10) == b".."
    assert not liveness.is_orphaned


def test_supervisor_that_does_not_read_holds_up_nobody(pipe: tuple[int, int]) -> None:
    liveness = Liveness(WORKER, pipe[1])

    for _ in range(200_000):
        liveness.beat()

    assert not liveness.is_orphaned


def test_worker_without_a_supervisor_is_orphaned(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    liveness = Liveness(WORKER, writing)
    os.close(reading)

    liveness.beat()

    assert liveness.is_orphaned


def test_environment_is_read_once_and_not_handed_on(pipe: tuple[int, int]) -> None:
    environment = {LIVENESS_FD: str(pipe[1]), WORKER_ID: str(WORKER), "PATH": "/bin"}

    liveness = from_environment(environment)

    assert liveness is not None
    assert liveness.worker_id == WORKER
    assert environment == {"PATH": "/bin"}
    assert not os.get_inheritable(pipe[1])


def test_process_that_nobody_supervises_has_no_pipe() -> None:
    assert from_environment({"PATH": "/bin"}) is None

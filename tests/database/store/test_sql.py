"""Who may write when, on the database with one writer."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import OperationalError, connection, connections, transaction

from flowengine.store import sql

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_S = 10.0


class Writer:
    """Another thread that has its turn to write, until it is told to end."""

    def __init__(self) -> None:
        self._has_turn, self._end = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._write)
        self._thread.start()
        assert self._has_turn.wait(PATIENCE_S)

    @property
    def is_writing(self) -> bool:
        return self._thread.is_alive()

    def end(self) -> None:
        self._end.set()
        self._thread.join(PATIENCE_S)

    def _write(self) -> None:
        with sql._sqlite_writer:
            self._has_turn.set()
            self._end.wait(2.0)


@pytest.fixture
def writer(sqlite: None) -> Iterator[Writer]:
    writer = Writer()
    yield writer
    writer.end()


def test_who_has_a_transaction_open_does_not_queue(writer: Writer) -> None:
    with transaction.atomic(), sql.writing():
        assert writer.is_writing


def test_writer_that_waits_too_long_says_why(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "WRITE_WAIT_S", 0.01)

    with pytest.raises(OperationalError, match="SQLite has one writer at a time"), sql.writing():
        pass

    assert writer.is_writing
    assert not connection.in_atomic_block


def test_transactional_task_waits_for_its_turn_as_long_as_it_takes(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql, "WRITE_WAIT_S", 0.01)
    has_written = threading.Event()

    def write() -> None:
        with sql.writing(durable=True):
            has_written.set()
        connections.close_all()

    task = threading.Thread(target=write)
    task.start()

    assert not has_written.wait(0.1)
    writer.end()
    assert has_written.wait(PATIENCE_S)
    task.join(PATIENCE_S)


def test_the_next_writer_has_its_turn_when_the_one_before_fails(writer: Writer) -> None:
    writer.end()
    with pytest.raises(ZeroDivisionError), sql.writing():
        1 / 0  # noqa: B018 - it is to fail

    Writer().end()

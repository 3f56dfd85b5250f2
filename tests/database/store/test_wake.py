"""Wake-ups: after the commit, never instead of it, and never in anybody's way."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine.orchestration.emit import emit
from flowengine.store import wake
from flowengine.store.wake import Waker


@pytest.fixture
def waker() -> Iterator[Waker]:
    waker = Waker()
    yield waker
    waker.close()


@pytest.fixture(autouse=True)
def _first_notify() -> None:
    wake._notified_at.clear()


def test_wait_ends_when_the_time_is_over(waker: Waker) -> None:
    assert waker.wait(0.001) is False


def test_wake_before_the_wait_ends_it_at_once(waker: Waker) -> None:
    waker.wake()

    assert waker.wait(10) is True


def test_wake_ends_a_wait_on_another_thread(waker: Waker) -> None:
    woken: list[bool] = []
    thread = threading.Thread(target=lambda: woken.append(waker.wait(10)))
    thread.start()

    waker.wake()

    thread.join(10)
    assert woken == [True]


def test_one_wake_echoes_once_for_the_commit_that_kept_silent(waker: Waker) -> None:
    waker.wake()

    assert [waker.wait(1), waker.wait(1), waker.wait(0.03)] == [True, True, False]


def test_closed_waker_is_woken_no_more() -> None:
    waker = Waker()
    waker.close()
    waker.wait(0)
    waker.wait(0.02)

    wake.wake_process()

    assert waker.wait(0) is False


@pytest.mark.usefixtures("postgres")
@pytest.mark.django_db(transaction=True)
def test_listener_that_hears_nothing_does_nothing() -> None:
    with Waker() as waker:
        assert waker.wait(10)  # it listens
        assert waker.wait(10)  # the echo of that
        assert waker._thread is not None
        native = waker._thread.native_id
        counted = Path(f"/proc/self/task/{native}/status")
        rests = woken(counted)
        assert not waker.wait(1.2)

        assert woken(counted) - rests <= 1


def woken(status: Path) -> int:
    """How often a thread has waited for something, as the kernel counts."""
    [line] = [x for x in status.read_text().splitlines() if x.startswith("voluntary_ctxt")]
    return int(line.split()[1])


@pytest.mark.django_db(transaction=True)
def test_emit_wakes_after_the_commit_and_not_before(waker: Waker) -> None:
    with transaction.atomic():
        emit("order.placed", {})
        before = waker.wait(0)

    assert (before, waker.wait(0)) == (False, True)


@pytest.mark.django_db(transaction=True)
def test_emit_that_is_rolled_back_wakes_nobody(waker: Waker) -> None:
    with transaction.atomic():
        emit("order.placed", {})
        transaction.set_rollback(True)

    assert waker.wait(0) is False


@pytest.mark.usefixtures("postgres")
@pytest.mark.django_db(transaction=True)
def test_commits_soon_after_one_another_send_one_notification(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wake, "NOTIFY_EVERY_S", 60)

    with CaptureQueriesContext(connection) as statements:
        for _ in range(3):
            wake.wake("default")

    assert [s["sql"] for s in statements] == ["NOTIFY flowengine"]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_where_the_setting_forbids_it(settings: Settings) -> None:
    settings.FLOWENGINE = {"LISTEN": False}

    with CaptureQueriesContext(connection) as statements:
        wake.wake("default")

    assert len(statements) == 0


@pytest.mark.usefixtures("postgres")
@pytest.mark.django_db(transaction=True)
def test_waker_hears_another_process() -> None:
    with Waker() as waker:
        assert waker.wait(10), "it wakes once when it begins to listen"
        waker.wait(0.02)
        with connection.cursor() as cursor:  # as another process would: nobody here is told
            cursor.execute("NOTIFY flowengine")

        assert waker.wait(10) is True


@pytest.mark.usefixtures("postgres")
@pytest.mark.django_db(transaction=True)
def test_waker_listens_again_after_its_connection_was_cut() -> None:
    with Waker() as waker:
        assert waker.wait(10)
        waker.wait(0.02)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE query LIKE 'LISTEN%%' AND datname = current_database()"
            )

        assert waker.wait(10), "it wakes when it listens again: it may have missed something"


@pytest.mark.usefixtures("postgres")
@pytest.mark.django_db(transaction=True)
def test_failing_notification_is_only_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: Any, waker: Waker
) -> None:
    monkeypatch.setattr(wake, "CHANNEL", "no channel")
    caplog.set_level("DEBUG", logger="flowengine.store.wake")

    emit("order.placed", {})

    assert "no wake-up sent" in caplog.text
    assert waker.wait(0) is True
    connections["default"].close()


def test_time_of_the_wait_is_kept() -> None:
    waker = Waker()
    started = time.monotonic()

    waker.wait(0.02)

    assert 0.015 < time.monotonic() - started < 1
    waker.close()


@pytest.fixture
def silent_server() -> Iterator[socket.socket]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server


def listener(waker: Waker, server: socket.socket) -> threading.Thread:
    """The waker's thread, which listens to that server."""
    host, port = server.getsockname()
    parameters = {"host": host, "port": port, "dbname": "flow", "user": "flow"}
    waker._listened, ending = socket.socketpair()
    given = (psycopg, parameters, ending)
    waker._thread = thread = threading.Thread(target=waker._listen, args=given, daemon=True)
    thread.start()
    return thread


def test_close_does_not_wait_for_a_server_that_is_silent(
    silent_server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake, "CLOSE_WITHIN_S", 0.01)
    waker = Waker("default")
    thread = listener(waker, silent_server)
    connected, _address = silent_server.accept()

    closing = threading.Thread(target=waker.close)
    closing.start()
    closing.join(5)

    assert not closing.is_alive()
    assert thread.is_alive()
    connected.close()
    thread.join(10)


def test_connecting_to_a_server_that_is_silent_is_given_up(
    silent_server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake, "CONNECT_WITHIN_S", 1)
    monkeypatch.setattr(wake, "CLOSE_WITHIN_S", 0.01)
    waker = Waker("default")
    thread = listener(waker, silent_server)
    first, _address = silent_server.accept()

    again, _address = silent_server.accept()

    waker.close()
    first.close()
    again.close()
    thread.join(10)
    assert not thread.is_alive()

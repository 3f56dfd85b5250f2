from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from django.dispatch import Signal

from flowengine import signals
from tests import left_behind


def _hear(**_given: object) -> None: ...


def _connect(monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Signal()
    heard.connect(_hear)
    monkeypatch.setattr(signals, "run_changed", heard)


def _declare(monkeypatch: pytest.MonkeyPatch) -> None:
    from flowengine.tasks import registry

    monkeypatch.setitem(registry._tasks, "left.behind", registry._tasks["line.nothing"])


def _export(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWENGINE_LEFT", "behind")


def _silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging.getLogger("flowengine"), "level", logging.CRITICAL)


@pytest.mark.parametrize(
    ("leave", "name"),
    [
        (_connect, "receivers of flowengine.signals.run_changed"),
        (_declare, "flowengine.tasks.registry._tasks"),
        (_export, "environment"),
        (_silence, "what is logged"),
    ],
)
def test_what_a_test_leaves_is_told_by_name(
    monkeypatch: pytest.MonkeyPatch, leave: Callable[[pytest.MonkeyPatch], None], name: str
) -> None:
    before = left_behind.state()

    leave(monkeypatch)

    assert set(left_behind.changed(before)) == {name}


def test_what_a_test_undoes_is_not_told() -> None:
    before = left_behind.state()

    signals.run_changed.connect(_hear)
    signals.run_changed.disconnect(_hear)

    assert left_behind.changed(before) == {}

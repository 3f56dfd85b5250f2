"""``flow cancel``, ``hold`` and ``release``, of one run and of all that a query finds."""

from __future__ import annotations

from io import StringIO
from uuid import UUID

import pytest

from flowengine.cli.exits import Exit
from flowengine.models import ReplayRecord, RunRecord
from tests.builders.stored import define
from tests.database.cli.conftest import Flow
from tests.database.replay.scenes import ORDER, pay, placed

pytestmark = pytest.mark.django_db


@pytest.fixture
def orders() -> list[UUID]:
    """Two that are at work, and one that is done."""
    ids = placed(define(ORDER), 3)
    pay(ids[2])
    return ids


def states() -> list[str]:
    return sorted(RunRecord.objects.values_list("state", flat=True))


def test_plan_says_how_many_it_fits_and_what_was_planned_is_done_later(
    flow: Flow, orders: list[UUID]
) -> None:
    planned = flow("cancel", "--q", "workflow:order", "--dry-run")
    before = states()
    selection = planned.out.split()[1]

    done = flow("cancel", "--selection", selection, "--reason", "x", "--yes")

    assert "3 chosen: runs: workflow is 'order'" in planned.err
    assert "  2 running\n  1 succeeded, stay as they are" in planned.err
    assert before == ["running", "running", "succeeded"]
    assert (done.code, done.out) == (Exit.OK, "2 of 3 cancelled, 1 had ended\n")
    assert states() == ["cancelled", "cancelled", "succeeded"]


def test_off_a_terminal_nothing_is_done_without_a_yes(
    flow: Flow, orders: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("y\n"))

    refused = flow("hold", "--q", "workflow:order", "--reason", "x")
    silent = flow("hold", "--q", "workflow:order", "--yes")

    assert (refused.code, "--yes does it" in refused.err) == (Exit.USAGE, True)
    assert "FE513" in silent.err
    assert not ReplayRecord.objects.exists()


def test_runs_are_held_and_released_by_a_query(flow: Flow, orders: list[UUID]) -> None:
    held = flow("hold", "--q", "workflow:order", "--reason", "x", "--yes")
    marked = RunRecord.objects.filter(holding=True).count()
    released = flow("release", "--q", "state:running", "--reason", "x", "--yes")

    assert (held.out, marked) == ("2 of 3 held, 1 were not at work\n", 2)
    assert released.out == "2 of 2 go on, 0 were not held\n"


def test_one_run_is_held_and_released(flow: Flow, orders: list[UUID]) -> None:
    run = str(orders[0])

    looked = flow("hold", run, "--dry-run")
    held = flow("hold", run, "--reason", "x")
    again = flow("hold", run, "--reason", "x")
    released = flow("release", run, "--reason", "x")
    kept = flow("release", run, "--dry-run")
    cancelled = flow("cancel", run, "--dry-run")

    assert (held.code, held.out) == (Exit.OK, f"{run} running\n")
    assert "held before its next step" in held.err
    assert "FE501" in again.err
    assert {each.out for each in (looked, released, kept, cancelled)} == {f"{run} running\n"}


def test_neither_an_id_nor_a_query_is_a_usage_error(flow: Flow) -> None:
    assert flow("cancel", "--reason", "x").code == Exit.USAGE

"""``flow prune``."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest

from flowengine.cli import main
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal
from flowengine.models import DeadLetterRecord, RunRecord
from flowengine.orchestration import prune
from tests.builders.line import begin, now
from tests.database.api.given import a_letter
from tests.database.cli.conftest import Flow

pytestmark = pytest.mark.django_db


def old_runs(count: int) -> None:
    """So many runs that succeeded long ago, and one of today."""
    ago = now() - timedelta(days=200)
    begin("line", count)
    RunRecord.objects.update(state="succeeded", finished_at=ago, created_at=ago, due_at=None)
    begin("line")


def test_what_would_go_is_said_and_stays(flow: Flow) -> None:
    old_runs(2)

    said = flow("prune", "--dry-run")
    told = json.loads(flow("prune", "--dry-run", "--json").out)

    assert (said.code, said.out) == (Exit.OK, "2 runs\n")
    assert told["runs"] == 2
    assert RunRecord.objects.count() == 3


def test_what_is_old_goes_and_what_is_open_stays(flow: Flow) -> None:
    old_runs(2)
    letter = a_letter()
    DeadLetterRecord.objects.update(created_at=now() - timedelta(days=900))

    said = flow("prune", "--yes", "--json")

    assert said.code == Exit.OK
    assert "may go: 2 runs" in said.err
    assert json.loads(said.out)["runs"] == 2
    assert RunRecord.objects.count() == 1
    assert DeadLetterRecord.objects.filter(pk=letter).exists()


def test_pruning_off_a_terminal_needs_a_yes(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("y\n"))
    old_runs(1)

    refused = flow("prune")

    assert (refused.code, "--yes does it" in refused.err) == (Exit.USAGE, True)
    assert RunRecord.objects.count() == 2


def test_nothing_to_prune_needs_no_yes(flow: Flow) -> None:
    assert (flow("prune").code, flow("prune").out) == (Exit.OK, "nothing\n")


def test_ctrl_c_says_that_the_rest_goes_another_time(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_runs(1)

    def interrupted(*_given: Any, **_named: Any) -> prune.Pruned:
        raise KeyboardInterrupt

    monkeypatch.setattr(prune, "run", interrupted)
    said = flow("prune", "--yes")

    assert said.code == Exit.INTERRUPTED
    assert "the rest goes with the next beat, or flowengine prune" in said.err


def test_screen_shows_how_much_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    class Screen(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("CI", raising=False)
    old_runs(3)
    err = Screen()

    code = main(["prune", "--yes"], terminal=Terminal(StringIO(), err))

    assert code == Exit.OK
    assert "\r\x1b[K" in err.getvalue()
    assert "/s, 0 s left" in err.getvalue()

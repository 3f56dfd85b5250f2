"""``flow replay`` and its like."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest

from flowengine.cli.exits import Exit
from flowengine.cli.replay_progress import follow
from flowengine.cli.terminal import Terminal
from flowengine.models import AuditRecord, DeadLetterRecord, ReplayRecord
from flowengine.orchestration import groups
from tests.builders.line import now
from tests.database.api.given import a_letter
from tests.database.cli.conftest import Flow, Said
from tests.database.replay.scenes import beat, fail, failed_orders, pay

pytestmark = pytest.mark.django_db


def begin(flow: Flow, *options: str, query: str = "state:open") -> Said:
    """The command, which does not follow the replay."""
    return flow("replay", "--q", query, "--reason", "back", "--yes", "--no-follow", *options)


def a_replay(flow: Flow, *options: str) -> str:
    """The id of one that has begun."""
    said = begin(flow, *options)
    assert said.code == Exit.OK, said.err
    return said.out.split()[1]


def test_plan_is_shown_and_nothing_is_done(flow: Flow) -> None:
    failed_orders(2)
    poison = a_letter()

    said = flow("replay", "--q", "state:open", "--dry-run")

    assert said.code == Exit.OK
    assert "3 chosen: dead letters: state is" in said.err
    assert "✓ 2 will be replayed" in said.err
    assert f"{poison}: there is no run to be resumed" in said.err
    assert "run again, not idempotent: line.told" in said.err
    assert said.out.startswith("selection ")
    assert not ReplayRecord.objects.exists()


def test_plan_is_given_as_json(flow: Flow) -> None:
    failed_orders(2)

    plan = json.loads(flow("replay", "--q", "state:open", "--dry-run", "--json").out)

    assert (plan["total"], plan["counts"]) == (2, {"eligible": 2})
    assert plan["effects"]["tasks"] == ["line.told"]
    assert [item["word"] for item in plan["items"]] == ["eligible", "eligible"]


def test_replay_begins_with_a_yes_and_is_written_down(flow: Flow) -> None:
    failed_orders(2)

    said = begin(flow, "--rate", "1000", "--canary", "1")

    replay = ReplayRecord.objects.get()
    assert (said.code, said.out) == (Exit.OK, f"replay {replay.id} canary\n")
    assert f"next: flowengine replay show {replay.id} --follow" in said.err
    assert json.loads(replay.pace)["rate"] == 1000
    row = AuditRecord.objects.get(verb="replay.start")
    assert (row.door, row.reason, row.who[:4]) == ("cli", "back", "cli:")
    assert row.address


def test_replay_off_a_terminal_needs_a_yes(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("y\n"))
    failed_orders()

    said = flow("replay", "--q", "state:open", "--reason", "back")

    assert (said.code, "--yes does it" in said.err) == (Exit.USAGE, True)
    assert not ReplayRecord.objects.exists()


def test_open_letters_of_a_cause_are_replayed(flow: Flow) -> None:
    runs = failed_orders(2)
    a_letter()
    groups.run_due(now())
    cause = DeadLetterRecord.objects.get(run_id=runs[0]).group_id

    said = flow("replay", "--group", str(cause), "--reason", "x", "--yes", "--no-follow", "--json")

    assert json.loads(said.out)["total"] == 2


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        ((), Exit.REFUSED, "FE513"),
        (("--reason", "x", "--rate", "0"), Exit.REFUSED, "rate"),
        (("--reason", "x", "--rate", "fast"), Exit.USAGE, "'fast' is no number"),
        (("--reason", "x", "--set", "order=1"), Exit.USAGE, "--set with.order"),
        (("--reason", "x", "--skip", "--output", "1"), Exit.USAGE, "not allowed with"),
        (("--reason", "x", "--mode", "event", "--skip"), Exit.REFUSED, "FE502"),
        (("--reason", "x", "--edit", "{"), Exit.USAGE, "not JSON"),
    ],
)
def test_replay_that_does_not_fit_is_refused(
    flow: Flow, options: tuple[str, ...], code: Exit, said: str
) -> None:
    failed_orders()

    refused = flow("replay", "--q", "state:open", "--yes", "--no-follow", *options)

    assert (refused.code, refused.out) == (code, "")
    assert said in refused.err
    assert not ReplayRecord.objects.exists()


def test_nothing_that_can_be_replayed_is_refused(flow: Flow) -> None:
    a_letter()

    said = begin(flow)

    assert (said.code, "nothing of this can be replayed" in said.err) == (Exit.REFUSED, True)
    assert begin(flow, query="workflow:none").code == Exit.REFUSED


def test_events_are_edited_and_replayed(flow: Flow) -> None:
    failed_orders()
    patch = '[{"op": "replace", "path": "/order", "value": 99}]'

    begin(flow, "--mode", "event", "--edit", patch, "--new-keys", "--suppress-notify")

    options = json.loads(ReplayRecord.objects.get().options)
    assert options["edit"] == json.loads(patch)
    assert (options["new_keys"], options["suppress_notify"]) == (True, True)


def test_failed_step_gets_a_corrected_input(flow: Flow) -> None:
    failed_orders()

    begin(flow, "--set", "with.order_id=7")

    assert json.loads(ReplayRecord.objects.get().options)["set"] == {"order_id": 7}


def test_replays_are_listed_and_shown(flow: Flow) -> None:
    failed_orders(2)
    replay = a_replay(flow, "--rate", "5")

    listed = flow("replay", "list")
    shown = flow("replay", "show", replay)
    told = json.loads(flow("replay", "show", replay, "--json").out)
    [listed_told] = [json.loads(line) for line in flow("replay", "list", "--json").out.splitlines()]

    assert listed.out.split()[:4] == [replay, "running", "resume", "0/2"]
    assert f"replay {replay} of dead letters by resume" in shown.out
    assert "rate 5" in shown.out
    assert told == listed_told
    assert (told["total"], told["reason"]) == (2, "back")


def test_items_are_shown_by_their_state(flow: Flow) -> None:
    failed_orders(2)
    replay = a_replay(flow, "--canary", "1")
    beat()

    both = flow("replay", "show", replay, "--items", "all")
    sent = flow("replay", "show", replay, "--items", "sent", "--json")

    assert len(both.out.splitlines()) == 2
    assert [json.loads(line)["n"] for line in sent.out.splitlines()] == [1]


def test_replay_is_steered(flow: Flow) -> None:
    failed_orders(2)
    replay = a_replay(flow)

    said = [flow("replay", act, replay, "--reason", "x") for act in ("pause", "slower")]
    paused = flow("replay", "show", replay).out
    said += [flow("replay", act, replay, "--reason", "x") for act in ("resume", "stop")]

    assert [each.out.split()[1] for each in said] == ["paused", "paused", "running", "stopped"]
    assert "to be resumed until" in paused
    verbs = [*AuditRecord.objects.order_by("number").values_list("verb", flat=True)]
    assert verbs[1:] == ["replay.pause", "replay.slower", "replay.go_on", "replay.stop"]
    again = flow("replay", "stop", replay, "--reason", "x")
    assert (again.code, "error[FE521]" in again.err) == (Exit.REFUSED, True)


def test_steering_wants_a_reason(flow: Flow) -> None:
    failed_orders()

    replay = a_replay(flow)

    for act in ("pause", "slower", "stop"):
        said = flow("replay", act, replay)
        assert (said.code, "error[FE513]" in said.err) == (Exit.REFUSED, True)


@pytest.mark.parametrize("command", ["show", "pause", "stop"])
def test_replay_that_is_not_there_is_said(flow: Flow, command: str) -> None:
    reason = () if command == "show" else ("--reason", "x")

    missing = flow("replay", command, str(uuid4()), *reason)
    malformed = flow("replay", command, "it", *reason)

    assert (missing.code, "there is no replay" in missing.err) == (Exit.REFUSED, True)
    assert (malformed.code, "`flow replay list` lists them" in malformed.err) == (Exit.USAGE, True)


def test_there_are_no_replays(flow: Flow) -> None:
    assert flow("replay", "list").err == "no replays\n"


def pay_all(runs: Sequence[UUID]) -> None:
    for run in runs:
        pay(run)


def steps(*acts: Callable[[], Any]) -> Callable[[float], None]:
    """A sleep in which the next of these happens."""
    left = iter(acts)
    return lambda _seconds: next(left)()


def test_following_ends_with_the_verdict(flow: Flow) -> None:
    runs = failed_orders(2)
    replay = UUID(a_replay(flow, "--rate", "1000"))
    out, err = StringIO(), StringIO()

    code = follow(
        replay,
        Terminal(out, err),
        as_json=True,
        sleep=steps(beat, partial(pay_all, runs), lambda: beat(1)),
    )

    assert code == Exit.OK
    assert "2 of 2 replayed: 2 succeeded, 0 failed again, 0 skipped" in err.getvalue()
    assert json.loads(out.getvalue())["succeeded"] == 2


def test_following_a_replay_that_fails_again_ends_with_failed(flow: Flow) -> None:
    [run] = failed_orders()
    replay = UUID(a_replay(flow, "--rate", "1000"))
    err = StringIO()

    code = follow(
        replay,
        Terminal(StringIO(), err),
        sleep=steps(beat, lambda: fail(run), lambda: beat(1)),
    )

    assert code == Exit.FAILED
    assert "1 failed again" in err.getvalue()
    assert f"dead list --q 'replay:{replay} state:open'" in err.getvalue()


def test_leaving_says_that_the_replay_goes_on(flow: Flow) -> None:
    failed_orders()
    replay = a_replay(flow)
    err = StringIO()

    def leave(_seconds: float) -> None:
        raise KeyboardInterrupt

    code = follow(UUID(replay), Terminal(StringIO(), err), sleep=leave)

    assert code == Exit.INTERRUPTED
    assert f"the replay goes on (flowengine replay show {replay} --follow)" in err.getvalue()
    assert f"flowengine replay stop {replay}" in err.getvalue()


def test_screen_shows_a_bar_with_the_rate_and_what_is_left(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Screen(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("CI", raising=False)
    runs = failed_orders(4)
    replay = UUID(a_replay(flow, "--rate", "1000"))
    err = Screen()
    times = iter([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    monkeypatch.setattr("flowengine.cli.replay_progress.time.monotonic", lambda: next(times))

    follow(
        replay,
        Terminal(StringIO(), err),
        sleep=steps(
            beat,
            partial(pay_all, runs[:2]),
            lambda: beat(1),
            partial(pay_all, runs[2:]),
            lambda: beat(2),
        ),
    )

    text = err.getvalue()
    assert "\r\x1b[K" in text
    assert "2/4  ✓ 2  ✗ 0  0.7/s, 3 s left" in text
    assert "4/4  ✓ 4  ✗ 0\n" in text

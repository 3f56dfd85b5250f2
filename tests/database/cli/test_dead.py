"""``flow dead list``, ``show``, ``group`` and ``discard``."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User

from flowengine.cli.commands.dead_group import spark
from flowengine.cli.exits import Exit
from flowengine.models import AuditRecord, DeadGroupRecord, DeadLetterRecord
from flowengine.orchestration import groups, replay
from flowengine.orchestration.replay import discarding
from flowengine.orchestration.replay.due import run_due
from flowengine.store.clock import DatabaseClock
from flowengine.testing import Runner
from tests.builders.line import now
from tests.database.api.given import a_failed_run, a_letter
from tests.database.cli.conftest import Flow

pytestmark = pytest.mark.django_db


class Keyboard(StringIO):
    """Somebody who types at a terminal."""

    def isatty(self) -> bool:
        return True


def a_cause(message: str = "it does not fit", count: int = 1, **fields: Any) -> UUID:
    """The cause of so many letters."""
    letters = [a_letter(message=message, **fields) for _ in range(count)]
    groups.run_due(now())
    return DeadLetterRecord.objects.get(pk=letters[-1]).group_id


def states() -> set[str]:
    return set(DeadLetterRecord.objects.values_list("state", flat=True))


def test_command_that_has_only_parts_names_them(flow: Flow) -> None:
    said = flow("dead")

    assert said.code == Exit.USAGE
    assert "there are: dead list, dead show, dead group, dead discard" in said.err


def test_causes_are_listed_with_what_is_open(flow: Flow) -> None:
    many, one = a_cause("no answer", 3), a_cause("no such field")

    said = flow("dead", "list")
    told = [json.loads(line) for line in flow("dead", "list", "--json").out.splitlines()]

    first, second = said.out.splitlines()
    assert first.split()[:3] == [str(one), "1", "new"]
    assert second.split()[:3] == [str(many), "3", "new"]
    assert [(each["id"], each["open_count"]) for each in told] == [(str(one), 1), (str(many), 3)]
    assert f"next: flowengine dead group {one}" in said.err


def test_what_is_snoozed_or_closed_is_listed_where_that_is_asked_for(flow: Flow) -> None:
    cause = a_cause()

    flow("dead", "group", str(cause), "--snooze", "2h", "--reason", "later")

    assert flow("dead", "list").err == "nothing is dead\n"
    assert len(flow("dead", "list", "--all").out.splitlines()) == 1


def test_letters_are_listed_by_a_query(flow: Flow) -> None:
    poison = a_letter(kind="unreadable", code="FE301", message="not JSON \x1b[31m")
    a_letter()

    said = flow("dead", "list", "--q", "kind:unreadable")
    told = json.loads(flow("dead", "list", "--q", "kind:unreadable", "--json").out)

    assert said.out.startswith(f"{poison}  unreadable  open")
    assert "\x1b" not in said.out
    assert told["code"] == "FE301"
    assert flow("dead", "list", "--q", "workflow:none").err == "no dead letters\n"
    assert flow("dead", "list", "--q", "colour:red").code == Exit.USAGE


def test_letter_is_shown_with_its_tries(flow: Flow, flow_runner: Runner) -> None:
    run = a_failed_run(flow_runner)
    letter = DeadLetterRecord.objects.get()

    said = flow("dead", "show", str(letter.id))
    told = json.loads(flow("dead", "show", str(letter.id), "--json").out)

    assert said.code == Exit.OK
    assert f"failed run {letter.id} of troubled" in said.out
    assert f"run      {run.id}" in said.out
    assert "try 1" in said.out
    assert "Permanent: broken for good" in said.out
    assert "tests/project/tasks.py" in said.out
    assert told["failure"]["tries"][0]["code"] == "Permanent"
    assert f"next: flowengine replay --q id:{letter.id}" in said.err


def test_bytes_that_arrived_are_written_as_they_were(flow: Flow, tmp_path: Path) -> None:
    letter = a_letter(body=b"\x00\xff{", headers={"x": "y"})
    file = tmp_path / "body"

    said = flow("dead", "show", str(letter), "--body", str(file))

    assert (said.code, file.read_bytes()) == (Exit.OK, b"\x00\xff{")
    assert json.loads(flow("dead", "show", str(letter), "--json").out)["headers"] == {"x": "y"}
    nowhere = flow("dead", "show", str(letter), "--body", str(tmp_path / "none" / "body"))
    assert nowhere.code == Exit.USAGE
    without = flow("dead", "show", str(a_letter()), "--body", str(file))
    assert (without.code, "has no bytes" in without.err) == (Exit.FAILED, True)


@pytest.mark.parametrize("command", ["show", "group"])
def test_what_is_not_there_is_said(flow: Flow, command: str) -> None:
    missing = flow("dead", command, str(uuid4()))
    malformed = flow("dead", command, "it")

    assert (missing.code, missing.out) == (Exit.FAILED, "")
    assert "there is no" in missing.err
    assert (malformed.code, "lists them" in malformed.err) == (Exit.USAGE, True)


def test_cause_is_shown_with_what_its_letters_have_in_common(flow: Flow) -> None:
    a_cause("other", 4, source="web")
    cause = a_cause("one", 4, source="mobile")

    said = flow("dead", "group", str(cause))
    told = json.loads(flow("dead", "group", str(cause), "--json").out)

    assert "4 open of 4, 4 in this hour" in said.out
    assert "in common: source is mobile in 100%, 0% elsewhere" in said.out
    assert told["common"][0]["value"] == "mobile"
    assert f"next: flowengine replay --group {cause}" in said.err


def test_triage_is_done_and_written_down(flow: Flow) -> None:
    ann = User.objects.create_user("ann")
    cause, other = a_cause("one"), a_cause("other", source="web")

    acts = [
        ("--acknowledge",),
        ("--assign", "ann"),
        ("--note", "the gateway is away"),
        ("--snooze", "2h"),
        ("--snooze", "0s"),
        ("--merge", str(other)),
        ("--resolve",),
        ("--assign", ""),
        ("--split", "source"),
    ]
    said = [flow("dead", "group", str(cause), *act, "--reason", "INC-812") for act in acts]

    assert [each.code for each in said] == [Exit.OK] * len(acts), [each.err for each in said]
    row = DeadGroupRecord.objects.get(pk=cause)
    assert (row.state, row.owner, row.note) == ("resolved", "", "the gateway is away")
    assert (row.snoozed_until, row.split_by) == (None, "source")
    assert f"owner: {ann.pk}" in said[1].out
    rows = AuditRecord.objects.all()
    assert {each.door for each in rows} == {"cli"}
    assert all(each.who.startswith("cli:") for each in rows)
    assert len(rows) == len(acts)
    assert {each.reason for each in rows} == {"INC-812"}


def test_resolving_without_a_reason_is_refused(flow: Flow) -> None:
    cause = a_cause()

    said = flow("dead", "group", str(cause), "--resolve")

    assert (said.code, "error[FE513]" in said.err) == (Exit.REFUSED, True)
    assert not AuditRecord.objects.exists()


@pytest.mark.parametrize("given", [["--snooze", "soon"], ["--assign", "a", "--note", "b"]])
def test_triage_that_is_mistyped_is_a_usage_error(flow: Flow, given: list[str]) -> None:
    assert flow("dead", "group", str(a_cause()), *given).code == Exit.USAGE


def test_dry_run_chooses_and_changes_nothing(flow: Flow) -> None:
    a_letter()

    said = flow("dead", "discard", "--q", "state:open", "--dry-run")

    assert said.code == Exit.OK
    assert "1 chosen: dead letters: state is" in said.err
    assert states() == {"open"}
    chosen = said.out.split()[1]
    later = flow("dead", "discard", "--selection", chosen, "--reason", "x", "--yes")
    assert later.out == "1 discarded\n"


def test_discarding_off_a_terminal_needs_a_yes(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("y\n"))
    a_letter()

    refused = flow("dead", "discard", "--q", "state:open", "--reason", "x")
    done = flow("dead", "discard", "--q", "state:open", "--reason", "x", "--yes")

    assert (refused.code, "--yes does it" in refused.err) == (Exit.USAGE, True)
    assert (done.code, done.out, states()) == (Exit.OK, "1 discarded\n", {"discarded"})


def test_discarding_of_more_than_a_page_is_followed_until_beats_have_done_it(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discarding, "PAGE", 2)
    a_cause(count=5)
    status = replay.status

    def beaten(replay_id: UUID) -> replay.Replay:
        while status(replay_id).due_at is not None:
            run_due(DatabaseClock().now(), limit=9)
        return status(replay_id)

    left = flow("dead", "discard", "--q", "state:open", "--reason", "x", "--yes", "--no-follow")
    monkeypatch.setattr(replay, "status", beaten)
    act = left.out.split()[1]
    said = flow("replay", "show", act, "--follow")

    assert (left.code, left.out.split()[0::2]) == (Exit.OK, ["replay", "running"])
    assert said.code == Exit.OK
    assert "5 of 5 discarded, 0 were not open" in said.err
    shown = flow("replay", "show", act).out
    assert f"replay {act} of dead letters discarding" in shown
    assert "canary" not in shown


@pytest.mark.parametrize(("typed", "code"), [("y\n", Exit.OK), ("\n", Exit.REFUSED)])
def test_somebody_at_a_terminal_is_asked(
    flow: Flow, monkeypatch: pytest.MonkeyPatch, typed: str, code: Exit
) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard(typed))
    cause = a_cause(count=2)

    said = flow("dead", "discard", "--group", str(cause), "--reason", "x")

    assert said.code == code
    assert "Discard what is open among these 2? [y/N]" in said.err
    assert states() == ({"discarded"} if code is Exit.OK else {"open"})


def test_discarding_needs_a_reason_and_something_to_discard(flow: Flow) -> None:
    without = flow("dead", "discard", "--q", "state:open", "--yes")
    nothing = flow("dead", "discard", "--q", "state:open", "--reason", "x", "--yes")

    assert (without.code, "error[FE513]" in without.err) == (Exit.REFUSED, True)
    assert (nothing.code, "error[FE511]" in nothing.err) == (Exit.REFUSED, True)


def test_numbers_are_bars() -> None:
    assert spark((0, 1, 2, 8)) == " ▁▂█"
    assert spark((0, 0)) == "  "

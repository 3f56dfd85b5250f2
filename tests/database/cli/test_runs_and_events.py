"""``flow emit``, ``runs``, ``run``, ``events`` and ``cancel``, and following runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from flowengine import emit
from flowengine.cli.exits import Exit
from flowengine.cli.follow import follow
from flowengine.cli.terminal import Terminal
from flowengine.models import EventRecord, RunRecord, WorkerRecord
from flowengine.store.clock import DatabaseClock
from flowengine.testing import Runner
from tests.database.cli.conftest import Flow

pytestmark = pytest.mark.django_db


def a_run(flow_runner: Runner, kind: str = "quiet") -> UUID:
    """A run of ``troubled`` that has been worked at."""
    run_id = emit(f"troubled.{kind}", {"order_id": 7}, actor="7").run_ids["troubled"]
    flow_runner.run()
    return run_id


def line_goes_on(flow_runner: Runner) -> Callable[[float], None]:
    """A sleep in which the line runs: first what is ready, then what two seconds later is due."""
    spans = iter([0, 2])
    return lambda _seconds: flow_runner.advance(next(spans))


@pytest.mark.parametrize("command", ["runs", "events"])
@pytest.mark.parametrize("limit", ["0", "-1", "99999999999999999999", "9" * 5_000, "many"])
def test_list_of_an_impossible_length_is_refused(flow: Flow, command: str, limit: str) -> None:
    refused = flow(command, "--limit", limit)

    assert (refused.code, refused.out) == (Exit.USAGE, "")
    assert "is no number from 1 to 10000" in refused.err


@pytest.mark.parametrize("command", ["runs", "events"])
def test_query_that_means_nothing_is_a_usage_error_with_the_nearest_key(
    flow: Flow, command: str
) -> None:
    refused = flow(command, "--q", "stat:failed")

    assert (refused.code, refused.out) == (Exit.USAGE, "")
    assert "error[FE510]" in refused.err
    assert "state" in refused.err


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["run", "cancel", "1"], "'cancel' is a command of its own"),
        (["run", "it"], "'it' is no id of a run; `flow runs` lists them"),
        (["cancel", "it"], "'it' is no id of a run; `flow runs` lists them"),
    ],
)
def test_what_is_no_id_of_a_run_is_refused_with_what_is_meant(
    flow: Flow, argv: list[str], said: str
) -> None:
    refused = flow(*argv)

    assert refused.code == Exit.USAGE
    assert said in refused.err


def test_emit_prints_the_ids_and_says_what_comes_next(flow: Flow) -> None:
    said = flow("emit", "chain.begun", "-d", '{"n": 1}', "--actor", "7", "--subject", "order/1")

    event = EventRecord.objects.get()
    assert said.code == Exit.OK
    first, second = said.out.splitlines()
    assert first == f"event {event.id}"
    assert second.startswith("run ")
    assert second.endswith(" chain")
    assert (json.loads(bytes(event.data)), event.actor) == ({"n": 1}, "7")
    assert "no worker is alive" in said.err
    assert f"next: flowengine run {second.split()[1]} --follow" in said.err


def test_emit_gives_the_ids_as_json_and_knows_a_living_worker(flow: Flow) -> None:
    now = datetime.now(UTC)
    WorkerRecord.objects.create(
        id=uuid4(),
        name="one",
        host="here",
        pid=1,
        due_at=now + timedelta(minutes=1),
        started_at=now,
        seen_at=now,
    )

    said = flow("emit", "chain.begun", "--json")

    assert set(json.loads(said.out)) == {"event_id", "run_ids"}
    assert "no worker" not in said.err


def test_emit_reads_a_file_and_stdin(
    flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "order.json"
    file.write_text('{"from": "file"}')
    monkeypatch.setattr("sys.stdin", StringIO('{"from": "stdin"}'))

    flow("emit", "a.file", "-d", f"@{file}")
    flow("emit", "a.stdin", "-d", "-")

    data = {event.type: json.loads(bytes(event.data)) for event in EventRecord.objects.all()}
    assert data == {"a.file": {"from": "file"}, "a.stdin": {"from": "stdin"}}


@pytest.mark.parametrize("given", ["{", "@/nowhere/at/all", "{'a': 1}", "[" * 100_000])
def test_emit_refuses_what_is_no_json_as_a_usage_error(flow: Flow, given: str) -> None:
    said = flow("emit", "a.b", "-d", given)

    assert (said.code, said.out) == (Exit.USAGE, "")
    assert not EventRecord.objects.exists()


def test_emit_of_a_refused_event_ends_with_its_code(flow: Flow) -> None:
    said = flow("emit", "not a type")

    assert said.code == Exit.REFUSED
    assert "error[FE309]" in said.err


def test_emit_of_a_type_that_starts_nothing_says_which_do(flow: Flow) -> None:
    said = flow("emit", "chain.bgun")

    assert said.code == Exit.OK
    assert "no workflow starts on 'chain.bgun'" in said.err
    assert "chain.begun" in said.err


def test_runs_are_listed_the_newest_first(flow: Flow, flow_runner: Runner) -> None:
    first = a_run(flow_runner)
    second = a_run(flow_runner, "broken")

    said = flow("runs")
    failed = flow("runs", "--q", "state:failed", "--json")

    assert {line.split()[0] for line in said.out.splitlines()} == {str(first), str(second)}
    assert [json.loads(line)["id"] for line in failed.out.splitlines()] == [str(second)]
    assert flow("runs", "--q", "workflow:chain").err == "no runs\n"
    assert len(flow("runs", "--limit", "1").out.splitlines()) == 1


def test_a_run_is_shown_with_its_steps_and_its_failure(flow: Flow, flow_runner: Runner) -> None:
    run_id = a_run(flow_runner, "broken")

    said = flow("run", str(run_id))
    shown = json.loads(flow("run", str(run_id), "--json").out)

    assert said.code == Exit.OK
    assert "✓ Told" in said.out
    assert "✗ Broken" in said.out
    assert "Permanent in broken: broken for good" in said.out
    assert shown["failure"] == {
        "code": "Permanent",
        "message": "broken for good",
        "step": "broken",
    }
    assert shown["history"][0]["t"] == "run.started"
    assert [step["state"] for step in shown["steps"]][:2] == ["succeeded", "skipped"]


def test_a_run_that_is_not_there_is_told_apart_from_one_that_was_declined(
    flow: Flow, flow_runner: Runner
) -> None:
    declined = emit("troubled.x", {"order_id": 7, "ignored": True}).run_ids["troubled"]
    flow_runner.run()

    assert "'troubled' answered event" in flow("run", str(declined)).err
    unknown = flow("run", str(uuid4()))
    assert unknown.code == Exit.FAILED
    assert "there is no run" in unknown.err
    assert flow("run", "nonsense").code == Exit.USAGE


def test_events_are_listed_with_what_each_workflow_answered(
    flow: Flow, flow_runner: Runner
) -> None:
    run_id = a_run(flow_runner)
    emit("troubled.x", {"order_id": 7, "ignored": True})
    flow_runner.run()

    said = flow("events")
    [declined, started] = [json.loads(line) for line in flow("events", "--json").out.splitlines()]

    assert "troubled: no_match" in said.out
    assert started["answers"][0]["run_id"] == str(run_id)
    assert (declined["answers"][0]["outcome"], declined["answers"][0]["run_id"]) == (
        "no_match",
        None,
    )
    assert flow("events", "--q", "type:a.b").err.startswith("no events\n")


def test_a_waiting_run_is_cancelled_at_once_and_only_once(flow: Flow, flow_runner: Runner) -> None:
    run_id = a_run(flow_runner, "later")

    said = flow("cancel", str(run_id), "--reason", "typo")
    again = flow("cancel", str(run_id), "--reason", "typo")

    assert (said.code, said.out) == (Exit.OK, f"{run_id} cancelled\n")
    assert "typo" in str(flow_runner.run_of("troubled").history)
    assert again.code == Exit.REFUSED
    assert "has ended: it is cancelled" in again.err
    assert flow("cancel", str(uuid4())).code == Exit.FAILED


def test_hooks_of_a_run_that_has_ended_are_ended_where_that_is_said(
    flow: Flow, flow_runner: Runner
) -> None:
    run_id = a_run(flow_runner, "later")
    RunRecord.objects.filter(pk=run_id).update(
        state="succeeded", tail="finally", finished_at=DatabaseClock().now()
    )

    refused = flow("cancel", str(run_id), "--reason", "x")
    said = flow("cancel", str(run_id), "--hooks", "--reason", "x")

    assert refused.code == Exit.REFUSED
    assert (said.code, said.out) == (Exit.OK, f"{run_id} succeeded\n")
    assert RunRecord.objects.get(pk=run_id).tail == ""


def test_following_tells_each_change_once_and_ends_with_the_run(flow_runner: Runner) -> None:
    run_id = emit("troubled.later", {"order_id": 7}).run_ids["troubled"]
    err = StringIO()
    code = follow([run_id], Terminal(StringIO(), err), sleep=line_goes_on(flow_runner))

    assert code == Exit.OK
    lines = err.getvalue().splitlines()
    assert "troubled: later retrying" in lines
    assert lines.count("troubled: told succeeded") == 1
    assert lines[-1] == "troubled: succeeded"


def test_following_a_run_that_fails_ends_with_failed(flow: Flow, flow_runner: Runner) -> None:
    run_id = a_run(flow_runner, "broken")

    said = flow("run", str(run_id), "--follow")

    assert said.code == Exit.FAILED
    assert "troubled: failed; Something went wrong in «Broken»." in said.err


def test_following_an_event_that_starts_nothing_ends(flow: Flow, flow_runner: Runner) -> None:
    declined = emit("troubled.x", {"order_id": 7, "ignored": True}).run_ids["troubled"]
    flow_runner.run()

    said = flow("run", str(declined), "--follow")

    assert (said.code, said.err) == (Exit.OK, f"{declined}: no_match\n")


def test_leaving_says_that_the_run_goes_on(flow_runner: Runner) -> None:
    run_id = emit("chain.begun", {}).run_ids["chain"]
    err = StringIO()

    def leave(_seconds: float) -> None:
        raise KeyboardInterrupt

    assert follow([run_id], Terminal(StringIO(), err), sleep=leave) == Exit.INTERRUPTED
    assert f"the run goes on (flowengine run {run_id} --follow)" in err.getvalue()


def test_a_screen_is_drawn_over_in_place(
    flow_runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Screen(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("CI", raising=False)
    run_id = emit("troubled.later", {"order_id": 7}).run_ids["troubled"]
    err = Screen()

    follow([run_id], Terminal(StringIO(), err), sleep=line_goes_on(flow_runner))

    text = err.getvalue()
    assert "not started yet" in text
    assert "\x1b[1F" in text
    assert "try 2 of 3" in text
    assert "100 %" in text

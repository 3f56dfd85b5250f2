"""``flow run start``, ``answer``, ``resume`` and ``give-up``: what people do to runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group, User
from pytest_django import Settings

from flowengine import Attempt, Permanent, emit
from flowengine.cli.exits import Exit
from flowengine.models import EventRecord
from flowengine.testing import Runner, SeenRun, inline
from tests.builders.files import declare
from tests.database.cli.conftest import Flow

pytestmark = pytest.mark.django_db

BY_HAND = """
workflow: report
on: [{manual: true}]
inputs: {month: string, count: {type: integer, default: 1}}
steps: [{task: line.any, with: {value: "${{ inputs }}"}}]
"""
ASKING = """
workflow: asking
on: ask.now
steps:
  - id: sign_off
    approval: {ask: ok?, groups: [leads], form: {note: {type: string, default: ""}}}
    timeout: 3d
"""
HELD = """
workflow: held
on: hold.now
hold_on_failure: 2h
steps:
  - {id: work, task: line.flaky, with: {failures: 1}, retry: {attempts: 1}}
  - line.nothing
"""


@pytest.fixture
def runner(settings: Settings, tmp_path: Path) -> Runner:
    """The three workflows, synchronised."""
    declare(settings, tmp_path, BY_HAND, ASKING, HELD)
    with inline() as runner:
        return runner


def a_user(name: str, *groups: str) -> User:
    user = User.objects.create_user(name)
    user.groups.set([Group.objects.get_or_create(name=group)[0] for group in groups])
    return user


# -- start --------------------------------------------------------------------------------------------


def test_workflow_is_started_by_hand_with_its_inputs(flow: Flow, runner: Runner) -> None:
    said = flow("run", "start", "report", "--input", "month=2026-03", "-d", '{"count": 3}')
    runner.run()

    run = runner.run_of("report")
    assert said.code == Exit.OK, said.err
    assert said.out == f"run {run.id} report\n"
    assert f"next: flowengine run {run.id} --follow" in said.err
    assert run.output == {"month": "2026-03", "count": 3}


def test_start_is_by_the_user_who_is_named(flow: Flow, runner: Runner) -> None:
    ann = a_user("ann")

    said = flow("run", "start", "report", "--input", "month=x", "--actor", "ann")

    assert said.code == Exit.OK, said.err
    assert EventRecord.objects.get().actor == str(ann.pk)


def test_start_gives_its_ids_as_json(flow: Flow, runner: Runner) -> None:
    given = json.loads(flow("run", "start", "report", "--input", "month=x", "--json").out)
    runner.run()

    assert given["run_id"] == str(runner.run_of("report").id)


@pytest.mark.usefixtures("runner")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nobody"], Exit.REFUSED, "FE116"),
        (["asking"], Exit.REFUSED, "has no `manual` trigger"),
        (["report"], Exit.REFUSED, "input 'month' is missing"),
        (["report", "-d", "[]"], Exit.USAGE, "inputs are a JSON object"),
        (["report", "--input", "month"], Exit.USAGE, "write --input name=value"),
        (
            ["report", "--input", "month=x", "--actor", "9999999"],
            Exit.REFUSED,
            "there is no user '9999999'",
        ),
    ],
)
def test_start_that_will_not_do_is_refused(
    flow: Flow, arguments: list[str], code: Exit, said: str
) -> None:
    refused = flow("run", "start", *arguments)

    assert refused.code == code
    assert said in refused.err


# -- answer -------------------------------------------------------------------------------------------


@pytest.fixture
def asked(runner: Runner) -> SeenRun:
    """A run that asks the leads."""
    emit("ask.now", {})
    runner.run()
    return runner.run_of("asking")


def test_approval_is_answered_for_a_user_who_is_asked(
    flow: Flow, runner: Runner, asked: SeenRun
) -> None:
    anna = a_user("anna", "leads")

    said = flow(
        *("run", "answer", str(asked.id), "sign_off", "--approve"),
        *("--user", "anna", "--form", "note=fine"),
    )
    runner.run()

    run = runner.run_of("asking")
    assert (said.code, said.out) == (Exit.OK, f"{asked.id} sign_off approved\n"), said.err
    assert run.state == "succeeded"
    assert (run.output["by"], run.output["form"]) == (str(anna.pk), {"note": "fine"})


def test_approval_is_rejected_with_a_comment_by_a_users_key(
    flow: Flow, runner: Runner, asked: SeenRun
) -> None:
    anna = a_user("anna", "leads")

    said = flow(
        *("run", "answer", str(asked.id), "sign_off", "--reject"),
        *("--user", str(anna.pk), "--comment", "too much"),
    )

    assert said.out == f"{asked.id} sign_off rejected\n"
    failure = runner.run_of("asking").failure
    assert failure is not None
    assert failure.code == "Rejected"
    assert "too much" in failure.message


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["sign_off", "--approve", "--user", "nobody"], Exit.REFUSED, "there is no user 'nobody'"),
        (["sign_off", "--approve", "--user", "ben"], Exit.REFUSED, "FE505"),
        (["other", "--approve", "--user", "anna"], Exit.REFUSED, "FE504"),
        (["sign_off", "--user", "anna"], Exit.USAGE, "--approve"),
        (["sign_off", "--approve", "--reject", "--user", "anna"], Exit.USAGE, "not allowed with"),
    ],
)
def test_answer_that_will_not_do_is_refused(
    flow: Flow, asked: SeenRun, arguments: list[str], code: Exit, said: str
) -> None:
    a_user("anna", "leads")
    a_user("ben")

    refused = flow("run", "answer", str(asked.id), *arguments)

    assert refused.code == code
    assert said in refused.err


# -- resume and give up -------------------------------------------------------------------------------


@pytest.fixture
def held(runner: Runner) -> SeenRun:
    """A run whose first step has failed for good, once."""
    runner.fake("line.flaky", failing_once())
    emit("hold.now", {})
    runner.run()
    run = runner.run_of("held")
    assert run.state == "held", run
    return run


def failing_once() -> Callable[..., Any]:
    answers = iter([Permanent("broken"), None])

    def flaky(ctx: Attempt, failures: int) -> Any:
        error = next(answers)
        if error is not None:
            raise error
        return {"value": failures}

    return flaky


def resumed(runner: Runner, run: SeenRun) -> SeenRun:
    runner.run()
    return next(each for each in runner.runs_of("held") if each.id == run.id)


def test_held_run_goes_on_with_a_corrected_input(flow: Flow, runner: Runner, held: SeenRun) -> None:
    said = flow("run", "resume", str(held.id), "--set", "with.failures=7", "--reason", "typo")

    run = resumed(runner, held)
    assert (said.code, said.out) == (Exit.OK, f"{held.id} running\n"), said.err
    assert (run.state, run.steps["work"].output) == ("succeeded", {"value": 7}), str(run)
    assert "typo" in str(run.history)
    assert "cli:" in str(run.history)


def test_held_run_goes_on_with_an_output_that_was_made_by_hand(
    flow: Flow, runner: Runner, held: SeenRun
) -> None:
    flow("run", "resume", str(held.id), "--output", '{"entry": 7}', "--reason", "by hand")

    assert resumed(runner, held).steps["work"].output == {"entry": 7}


def test_held_run_goes_on_without_the_failed_step(
    flow: Flow, runner: Runner, held: SeenRun
) -> None:
    flow("run", "resume", str(held.id), "--skip", "--reason", "not needed")

    assert resumed(runner, held).steps["work"].state == "skipped"


def test_held_run_is_given_up(flow: Flow, runner: Runner, held: SeenRun) -> None:
    said = flow("run", "give-up", str(held.id), "--reason", "no use")
    again = flow("run", "give-up", str(held.id), "--reason", "no use")

    assert (said.code, said.out) == (Exit.OK, f"{held.id} failed\n")
    assert runner.run_of("held").state == "failed"
    assert again.code == Exit.REFUSED
    assert "FE501" in again.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--set", "value=7"], Exit.USAGE, "--set with.value=…"),
        (["--set", "with.nothing=7"], Exit.REFUSED, "FE502"),
        (["--skip", "--output", "1"], Exit.USAGE, "not allowed with"),
        (["--output", "{bad"], Exit.USAGE, "quote it for the shell: --output '{"),
    ],
)
def test_edit_that_will_not_do_is_refused(
    flow: Flow, held: SeenRun, arguments: list[str], code: Exit, said: str
) -> None:
    refused = flow("run", "resume", str(held.id), "--reason", "x", *arguments)

    assert refused.code == code
    assert said in refused.err


def test_run_that_has_not_failed_is_not_resumed(flow: Flow, asked: SeenRun) -> None:
    refused = flow("run", "resume", str(asked.id), "--reason", "x")

    assert refused.code == Exit.REFUSED
    assert "FE501" in refused.err


@pytest.mark.parametrize("command", [["resume"], ["give-up"]])
def test_run_that_is_not_there_is_told(flow: Flow, runner: Runner, command: list[str]) -> None:
    missing: UUID = uuid4()

    said = flow("run", *command, str(missing))

    assert said.code == Exit.FAILED
    assert f"there is no run {missing}" in said.err

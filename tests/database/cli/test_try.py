"""``flow try``: a workflow played through in this process, with fakes and a clock that jumps."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from flowengine.cli.exits import Exit
from tests.database.cli.conftest import Flow, Said

SIGNUP = """\
workflow: signup
on: user.registered
steps:
  - mail.hello
  - id: verified
    wait_for: {event: email.verified, match: {user_id: "${{ event.data.user_id }}"}}
    timeout: 24h
    rescue:
      - errors: [Timeout]
        steps: [{fail: {error: NeverVerified, message: "user ${{ event.data.user_id }}"}}]
  - sleep: 2d
  - {id: provision, task: accounts.provision, with: {user_id: "${{ event.data.user_id }}"}}
"""
FAKES = """\
mail.hello: null
accounts.provision: {account: "a-${{ input.user_id }}"}
"""
VERIFIED = 'email.verified={"user_id": 7}'


@pytest.fixture
def try_(flow: Flow, tmp_path: Path) -> Flow:
    """Try ``signup`` with its fakes, started by user 7; the arguments come besides."""
    (tmp_path / "signup.yaml").write_text(SIGNUP)
    (tmp_path / "fakes.yaml").write_text(FAKES)

    def run(*arguments: str) -> Said:
        return flow(
            *("try", str(tmp_path / "signup.yaml"), "--fake", str(tmp_path / "fakes.yaml")),
            *("--event", "user.registered", "-d", '{"user_id": 7}'),
            *arguments,
        )

    return run


def told(said: Said) -> list[str]:
    """The lines, each with its columns one blank apart."""
    return [re.sub(r" {2,}", " ", line).strip() for line in said.out.splitlines()]


def test_line_is_told_as_it_goes_and_waits_take_no_time(try_: Flow) -> None:
    said = try_("--send", VERIFIED)

    assert said.code == Exit.OK, said.out + said.err
    assert [line for line in told(said) if "verified ✓" not in line] == [
        '+0s user.registered {"user_id": 7}',
        "+0s signup starts",
        "+0s hello mail.hello()",
        "+0s hello ✓ done",
        "+0s verified waits for email.verified with user_id = 7; until +1d",
        '+0s email.verified {"user_id": 7}',
        "+0s sleep 1 sleeps; until +2d",
        "+2d sleep 1 ✓ done",
        "+2d provision accounts.provision(user_id=7)",
        '+2d provision ✓ {"account": "a-7"}',
        '+2d signup ✓ succeeded {"account": "a-7"}',
    ]


def test_run_that_fails_ends_with_failed(try_: Flow) -> None:
    said = try_()

    assert said.code == Exit.FAILED
    assert told(said)[-2:] == [
        "+1d signup ✗ failed; NeverVerified: user 7",
        "+1d signup ✗ dead letter: failed run (FE421)",
    ]


def test_event_may_come_so_long_after_the_start(try_: Flow) -> None:
    late = try_("--send", f"+25h {VERIFIED}")
    in_time = try_("--send", f"+23h {VERIFIED}")

    assert (late.code, in_time.code) == (Exit.FAILED, Exit.OK)
    assert "+23h email.verified" in " ".join(told(in_time))
    assert "email.verified was not sent: nothing waited for it" in late.err


def test_event_that_nothing_waited_for_is_told(try_: Flow) -> None:
    said = try_("--send", VERIFIED, "--send", "card.provided")

    assert said.code == Exit.OK
    assert said.err == "card.provided was not sent: nothing waited for it\n"


def test_step_is_made_to_fail_as_often_as_is_said(try_: Flow) -> None:
    once = try_("--send", VERIFIED, "--fail", "provision=Gone*1")
    always = try_("--send", VERIFIED, "--fail", "provision=Gone")

    assert once.code == Exit.OK
    assert "provision try 2" in " ".join(told(once))
    assert always.code == Exit.FAILED
    assert " ".join(told(always)).count("Gone: as --fail says; again at") == 2


def test_event_may_be_a_file(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text("{workflow: w, on: a.b, steps: [x.y]}")
    (tmp_path / "f.yaml").write_text("x.y: ${{ event.subject }}")
    (tmp_path / "e.json").write_text(
        '{"type": "a.b", "subject": "s", "time": "2026-05-01T12:00:00Z"}'
    )

    said = flow(
        "try", str(tmp_path / "w.yaml"),
        "--fake", str(tmp_path / "f.yaml"), "--event", str(tmp_path / "e.json"),
    )  # fmt: skip

    assert (said.code, told(said)[-1]) == (Exit.OK, '+0s w ✓ succeeded "s"')


APPROVAL = """\
workflow: report
on:
  - manual: true
inputs: {month: string}
steps:
  - id: sign_off
    approval: {ask: "Send ${{ inputs.month }}?", groups: [leads], quorum: 2, form: {note: string}}
    timeout: 3d
output: ${{ steps.sign_off.output.form.note }}
"""


def test_people_answer_and_fill_in_forms(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(APPROVAL)
    start = ["try", str(tmp_path / "w.yaml"), "--input", "month=2026-03"]
    form = ["--form", 'sign_off={"note": "fine"}']

    two = flow(*start, *form, "--approve", "sign_off=anna", "--approve", "sign_off")
    one = flow(*start, *form, "--approve", "sign_off=anna")
    no = flow(*start, "--reject", "sign_off=anna")

    assert two.code == Exit.OK, two.out
    assert "sign_off asks leads: Send 2026-03?; until +3d" in " ".join(told(two))
    assert told(two)[-1] == '+0s report ✓ succeeded "fine"'
    assert one.code == Exit.FAILED
    assert "Timeout" in one.out
    assert no.code == Exit.FAILED
    assert "Rejected: 'sign_off' was rejected by anna" in no.out


def test_inputs_that_do_not_fit_start_nothing(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(APPROVAL)

    said = flow("try", str(tmp_path / "w.yaml"), "--input", "month=3")

    assert said.code == Exit.FAILED
    assert "bad input" in said.out
    assert "no run of 'report' was started" in said.err


def test_other_files_take_part_and_missing_workflows_are_played(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "{workflow: a, on: a.b, steps: [{workflow: b, id: one}, {workflow: c, id: two}]}"
    )
    (tmp_path / "b.yaml").write_text("{workflow: b, on: [{call: true}], steps: [x.y]}")
    (tmp_path / "f.yaml").write_text("x.y: 1\nworkflows: {c: {done: true}}")

    said = flow(
        "try", str(tmp_path / "a.yaml"), "--with", str(tmp_path / "b.yaml"),
        "--fake", str(tmp_path / "f.yaml"), "--event", "a.b", "--json",
    )  # fmt: skip

    lines = [json.loads(line) for line in said.out.splitlines()]
    assert said.code == Exit.OK, said.out
    assert [each["text"] for each in lines if each["subject"] in {"one", "two"}] == [
        "calls a workflow with {}", "1", "calls a workflow with {}", '{"done": true}',
    ]  # fmt: skip
    assert {"after_s", "subject", "text", "tone", "run_id"} == set(lines[0])


def test_tasks_of_the_project_are_called_for_real(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(
        "{workflow: w, on: a.b, steps: [{task: line.any, with: {value: 5}}, {task: line.broken}]}"
    )

    said = flow("try", str(tmp_path / "w.yaml"), "--real", "--event", "a.b")

    assert said.code == Exit.FAILED
    assert "any ✓ 5" in " ".join(told(said))
    assert "broken for good" in said.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "what starts it? it is started by events"),
        (["--event", "none.json"], "there is no none.json"),
        (["--event", "a.b"], "step 'y' calls x.y with {}, and there is no fake for it"),
        (["--event", "a.b", "--fail", "y"], "write --fail step=Code"),
        (["--event", "a.b", "--fail", "nostep=X"], "no step 'nostep' calls a task"),
        (["--event", "a.b", "--fail", "undo y=X"], "no step 'undo y' calls a task"),
        (["--event", "a.b", "--approve", "y"], "--approve y: no approval is called 'y'"),
        (["--event", "a.b", "--reject", "n"], "--reject n: no approval is called 'n'"),
        (["--event", "a.b", "--form", "n={}"], "--form n: no approval is called 'n'"),
        (["--event", "a.b", "--send", "+soon x.y"], "'soon' is no duration"),
        (["--event", "a.b", "--send", "x.y={"], "for the shell: --send 'x.y={\"order_id\": 1}'"),
        (["--event", "a.b", "--send", " "], "write --send type="),
        (["--event", "a.b", "--form", "y"], "write --form name=value"),
        (["--event", "a.b", "-d", "{"], "--data:1:2: this is not JSON"),
    ],
)
def test_command_line_that_will_not_do_is_a_usage_error(
    flow: Flow, tmp_path: Path, arguments: list[str], said: str
) -> None:
    (tmp_path / "w.yaml").write_text("{workflow: w, on: a.b, steps: [x.y]}")

    refused = flow("try", str(tmp_path / "w.yaml"), *arguments)

    assert refused.code == Exit.USAGE
    assert said in refused.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--fail", "provison=Gone"],
            "no step 'provison' calls a task\n  hint: did you mean 'prov",
        ),
        (["--fail", "verified=Gone"], "calls a task\n  hint: there are: hello, provision"),
        (["--approve", "hello"], "no approval is called 'hello'\n  hint: there are: "),
    ],
)
def test_name_of_no_step_is_refused_with_what_was_meant(
    try_: Flow, arguments: list[str], said: str
) -> None:
    refused = try_("--send", VERIFIED, *arguments)

    assert (refused.code, refused.out) == (Exit.USAGE, "")
    assert said in refused.err


@pytest.mark.parametrize(
    ("fakes", "said"),
    [
        ("x.z: 1", "no step calls a task 'x.z'\n  hint: did you mean 'x.y'?"),
        ("{x.y: 1, workflows: {d: 1}}", "no step calls a workflow 'd'\n  hint: there are: c"),
    ],
)
def test_fake_of_what_nobody_calls_is_refused(
    flow: Flow, tmp_path: Path, fakes: str, said: str
) -> None:
    (tmp_path / "w.yaml").write_text("{workflow: w, on: a.b, steps: [x.y, {workflow: c}]}")
    (tmp_path / "f.yaml").write_text(fakes)

    refused = flow(
        "try", str(tmp_path / "w.yaml"), "--event", "a.b", "--fake", str(tmp_path / "f.yaml")
    )

    assert (refused.code, refused.out) == (Exit.USAGE, "")
    assert said in refused.err


def test_undo_and_task_of_the_project_that_nobody_calls_may_be_named(
    flow: Flow, tmp_path: Path
) -> None:
    (tmp_path / "w.yaml").write_text(
        "{workflow: w, on: a.b, steps: [{id: y, task: x.y, compensate: x.n}, {id: z, task: x.z}]}"
    )
    (tmp_path / "f.yaml").write_text("{x.y: 1, x.n: 1, x.z: 1, line.any: 1}")

    said = flow(
        "try", str(tmp_path / "w.yaml"), "--event", "a.b", "--fake", str(tmp_path / "f.yaml"),
        "--fail", "z=Gone", "--fail", "undo y=Stuck",
    )  # fmt: skip

    assert said.code == Exit.FAILED
    assert "Stuck: as --fail says" in said.out


def test_form_that_is_no_object_is_a_usage_error(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text(APPROVAL)

    refused = flow(
        *("try", str(tmp_path / "w.yaml"), "--form", "sign_off=1", "--approve", "sign_off")
    )

    assert refused.code == Exit.USAGE
    assert "--form sign_off: it is a JSON object" in refused.err


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("[]", "an event is an object with a `type`"),
        ('{"type": "a.b", "typ": 1}', "an event has no `typ`"),
        ('{"type": "a.b", "time": "soon"}', "`time` is no timestamp"),
        ('{"type": "a.b", "hops": "1"}', "`hops` is a whole number"),
        ("{", "this is not JSON"),
        ("[" * 100_000, "nested too deep"),
    ],
)
def test_file_that_is_no_event_is_a_usage_error(
    flow: Flow, tmp_path: Path, event: str, said: str
) -> None:
    (tmp_path / "w.yaml").write_text("{workflow: w, on: a.b, steps: [x.y]}")
    (tmp_path / "e.json").write_text(event)

    refused = flow("try", str(tmp_path / "w.yaml"), "--event", str(tmp_path / "e.json"))

    assert refused.code == Exit.USAGE
    assert said in refused.err


def test_file_with_errors_is_not_tried(flow: Flow, tmp_path: Path) -> None:
    (tmp_path / "w.yaml").write_text("{workflow: w, on: a.b, stesp: [x.y]}")
    (tmp_path / "ok.yaml").write_text("{workflow: w, on: a.b, steps: [x.y]}")
    (tmp_path / "f.yaml").write_text("x.y: {returns: 1, takes: soon}")

    broken = flow("try", str(tmp_path / "w.yaml"), "--event", "a.b")
    twice = flow("try", str(tmp_path / "ok.yaml"), "--with", str(tmp_path), "--event", "a.b")
    fakes = flow(
        "try", str(tmp_path / "ok.yaml"), "--event", "a.b", "--fake", str(tmp_path / "f.yaml")
    )

    assert (broken.code, twice.code, fakes.code) == (Exit.FAILED,) * 3
    assert "FE110" in broken.err
    assert "FE110" in twice.err
    assert "/f.yaml:1:26: FE112" in fakes.err

"""The program itself: finding the command, needing a project or not, exit codes, the two doors."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import OperationalError
from pytest_django import Settings

import flowengine
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.program import COMMANDS
from flowengine.cli.terminal import Style, Terminal, clean, plain, styled
from flowengine.cli.trouble import report
from flowengine.errors import BrokerUnavailable, EventRefused, SettingsError
from tests.database.cli.conftest import Flow

ROOT = Path(__file__).parents[3]


def test_without_a_command_all_are_named(flow: Flow) -> None:
    said = flow()

    assert said.code == Exit.USAGE
    assert all(f"  {name} " in said.err for name in COMMANDS)
    assert said.out == ""


def test_help_and_version_are_data(flow: Flow) -> None:
    assert "worker" in flow("--help").out
    assert flow("--version").out == f"{flowengine.__version__}\n"


def test_an_unknown_command_is_refused_with_the_nearest(flow: Flow) -> None:
    said = flow("wroker")

    assert said.code == Exit.USAGE
    assert "there is no command 'wroker'" in said.err
    assert "did you mean 'worker'?" in said.err


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"demo"}))
def test_each_command_explains_itself(flow: Flow, command: str) -> None:
    said = flow(command, "--help")

    assert (said.code, said.err) == (Exit.OK, "")
    assert f"usage: flowengine {command} " in said.out


def test_a_wrong_option_is_a_usage_error(flow: Flow) -> None:
    said = flow("runs", "--limt", "3")

    assert (said.code, said.out) == (Exit.USAGE, "")
    assert "--limt" in said.err


@pytest.mark.django_db
def test_manage_py_flow_is_the_same_program() -> None:
    out, err = StringIO(), StringIO()

    call_command("flow", "runs", "--json", stdout=out, stderr=err)
    with pytest.raises(SystemExit) as end:
        call_command("flow", "emit", "flowengine.mine", stdout=out, stderr=err)

    assert end.value.code == Exit.REFUSED
    assert "error[FE309]" in err.getvalue()


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (SettingsError("no setting 'X'"), Exit.USAGE, "error[FE601]: no setting 'X'"),
        (EventRefused("too large", code="FE304"), Exit.REFUSED, "error[FE304]: too large"),
        (BrokerUnavailable("away"), Exit.UNREACHABLE, "error[FE701]: away"),
        (OperationalError("connection refused"), Exit.UNREACHABLE, "connection refused"),
        (OperationalError("no such table: x"), Exit.FAILED, "hint: manage.py migrate"),
        (Stopped("no", hint="do this"), Exit.FAILED, "error: no\n  hint: do this\n"),
        (ValueError("odd"), Exit.FAILED, "error: ValueError: odd\n  hint: --debug shows where"),
        (KeyboardInterrupt(), Exit.INTERRUPTED, ""),
    ],
)
def test_an_error_is_said_with_its_code_and_way_out(
    error: BaseException, code: Exit, said: str
) -> None:
    err = StringIO()

    assert report(error, Terminal(StringIO(), err), debug=False) is code
    assert said in err.getvalue()
    assert "Traceback" not in err.getvalue()


def test_debug_shows_the_traceback() -> None:
    err = StringIO()

    report(ValueError("odd"), Terminal(StringIO(), err), debug=True)

    assert "ValueError: odd" in err.getvalue()
    assert "--debug" not in err.getvalue()


class _Screen(StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_are_for_screens_and_not_where_no_color_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    screen, file = _Screen(), StringIO()
    Terminal(file, screen).say(styled("red", Style.RED))
    Terminal(file, screen).data(styled("red", Style.RED))
    monkeypatch.setenv("NO_COLOR", "1")
    Terminal(file, screen).say(styled("red", Style.RED))

    assert screen.getvalue() == "\x1b[31mred\x1b[0m\nred\n"
    assert file.getvalue() == "red\n"


def test_foreign_text_commands_no_terminal() -> None:
    assert clean("a\x1b[2Jb\u202ec\r") == "a\ufffd[2Jb\ufffdc\ufffd"
    assert plain(styled("a", Style.BOLD, Style.RED)) == "a"


def _run(*argv: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, without a project unless *environment* names one."""
    kept = {
        k: v for k, v in os.environ.items() if k not in {"DJANGO_SETTINGS_MODULE", "PYTHONPATH"}
    }
    return subprocess.run(
        _command(argv),
        cwd=cwd,
        env={**kept, "PYTHONWARNINGS": "", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _command(argv: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "flowengine", *argv]


def test_a_command_that_needs_a_project_says_what_to_do_without_one(tmp_path: Path) -> None:
    done = _run("runs", cwd=tmp_path)

    assert done.returncode == Exit.USAGE
    assert "works on a Django project, and none is named" in done.stderr
    assert "python manage.py flow runs" in done.stderr


def test_a_settings_module_that_is_not_there_is_named(tmp_path: Path) -> None:
    done = _run("runs", "--settings", "shop.settings", cwd=tmp_path)

    assert done.returncode == Exit.USAGE
    assert "DJANGO_SETTINGS_MODULE is 'shop.settings', and there is no module 'shop'" in done.stderr


def test_a_project_without_flowengine_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "bare_settings.py").write_text("INSTALLED_APPS = []\n")

    done = _run("runs", cwd=tmp_path, DJANGO_SETTINGS_MODULE="bare_settings")

    assert done.returncode == Exit.USAGE
    assert "add 'flowengine' to INSTALLED_APPS" in done.stderr


def test_files_are_checked_without_a_project(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("{workflow: it, on: a.b, steps: [shop.reserve]}")
    (tmp_path / "bad.yaml").write_text("{workflow: it2, on: a.b, stesp: [shop.reserve]}")

    good = _run("check", "--standalone", "good.yaml", cwd=tmp_path)
    bad = _run("check", "--standalone", "bad.yaml", cwd=tmp_path)

    assert (good.returncode, good.stdout) == (Exit.OK, ""), good.stderr
    assert bad.returncode == Exit.FAILED
    assert "bad.yaml:1:26: FE110 unknown key 'stesp'" in bad.stderr


def test_files_are_checked_whatever_settings_are_named(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("{workflow: it, on: a.b, steps: [shop.reserve]}")

    done = _run(
        "check", "--standalone", "good.yaml", cwd=tmp_path, DJANGO_SETTINGS_MODULE="no.such"
    )

    assert done.returncode == Exit.OK, done.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["fmt", "--check", "w.yaml"], ""),
        (["graph", "w.yaml"], "flowchart TB"),
        (["schema"], '"$schema"'),
        (["try", "w.yaml", "--fake", "f.yaml", "--event", "a.b"], "succeeded 1"),
    ],
)
def test_what_is_done_to_files_needs_no_project(
    tmp_path: Path, command: list[str], said: str
) -> None:
    (tmp_path / "w.yaml").write_text("workflow: it\non: a.b\nsteps: [shop.reserve]\n")
    (tmp_path / "f.yaml").write_text("shop.reserve: 1")

    done = _run(*command, cwd=tmp_path)

    assert done.returncode == Exit.OK, done.stderr
    assert said in done.stdout


@pytest.mark.parametrize("command", [["fmt"], ["graph", "it"], ["try", "w.yaml", "--real"]])
def test_what_is_the_project_s_needs_one(tmp_path: Path, command: list[str]) -> None:
    done = _run(*command, cwd=tmp_path)

    assert done.returncode == Exit.USAGE
    assert "works on a Django project, and none is named" in done.stderr


def test_the_module_runs_a_project_named_by_its_settings(
    tmp_path: Path, settings: Settings
) -> None:
    done = _run("topology", cwd=ROOT, DJANGO_SETTINGS_MODULE="tests.settings")

    assert done.returncode == Exit.OK, done.stderr
    assert "flowengine.v1.intake" in done.stdout

"""``docs/reference/cli.md`` names every command, every option and every exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from flowengine.cli.exits import Exit
from flowengine.cli.program import COMMANDS
from tests.database.cli.conftest import Flow

EVERYWHERE = {"--help", "--settings", "--pythonpath", "--debug"}
TEXT = (Path(__file__).parents[3] / "docs/reference/cli.md").read_text(encoding="utf-8")


def section(command: str) -> str:
    """What the page says of a command."""
    found = re.search(rf"^## {command}$(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"docs/reference/cli.md has no section '## {command}'"
    return found[1]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_has_its_section(command: str) -> None:
    assert section(command).strip()


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"demo"}))
def test_each_option_is_named_in_the_section_of_its_command(flow: Flow, command: str) -> None:
    options = flow(command, "--help").out.partition("everywhere:")[0]
    named = set(re.findall(r"--[a-z][a-z-]+", options))

    assert {name for name in named if f"`{name}" not in section(command)} <= EVERYWHERE


@pytest.mark.parametrize("code", list(Exit))
def test_each_exit_code_is_explained(code: Exit) -> None:
    assert f"| `{code.value}` |" in TEXT

"""Workflow files of one test."""

from __future__ import annotations

from pathlib import Path

from pytest_django import Settings

from flowengine.orchestration.sync import Synchronised, sync_project
from tests.builders.events import NOON

HELLO = """
workflow: hello
on: hello.said
steps:
  - line.nothing
"""


def declare(settings: Settings, folder: Path, *texts: str) -> None:
    """Make these texts the project's workflow files, besides those of its apps."""
    for old in folder.glob("*.yaml"):
        old.unlink()
    for number, text in enumerate(texts):
        (folder / f"{number}.yaml").write_text(text, encoding="utf-8")
    settings.FLOWENGINE = {**settings.FLOWENGINE, "WORKFLOW_DIRS": (str(folder),)}


def synchronise(settings: Settings, folder: Path, *texts: str) -> Synchronised:
    """The same, and let new runs take them."""
    declare(settings, folder, *texts)
    return sync_project(now=NOON)

"""FE115: tasks that are not registered, also in a file that is refused for other reasons."""

from __future__ import annotations

import re
from collections.abc import Collection

from flowengine.definitions.expressions.tree import Path
from flowengine.definitions.findings import Findings
from flowengine.definitions.keys.values import TASK_NAME
from flowengine.definitions.likeness import near
from flowengine.definitions.nodes import Node, Scalar, child
from flowengine.definitions.outline import Outline

_CHARACTERS_MAX = 40_000
"""Of all names that a wrong one is compared with: projects have many tasks."""
_WAY_OUT = "tasks are in tasks.py of installed apps"


def unknown_task(name: str, path: Path, tasks: Collection[str], findings: Findings) -> None:
    """FE115 for the task that is named at *path*; *tasks* are those there are."""
    hint = near(name, tasks, most=_CHARACTERS_MAX) or _WAY_OUT
    findings.at_value(path, "FE115", f"no task '{name}' is registered", hint)


def unknown_tasks(outline: Outline, tasks: Collection[str], findings: Findings) -> None:
    """FE115 for every task of a document that cannot be looked at as a workflow."""
    for part in outline.walk():
        _look(part.node, (*part.path, "task"), tasks, findings)
        undo = child(part.node, "compensate")
        _look(undo, (*part.path, "compensate", "task"), tasks, findings)


def _look(node: Node | None, path: Path, tasks: Collection[str], findings: Findings) -> None:
    given = child(node, "task")
    name = given.value if isinstance(given, Scalar) else None
    if not isinstance(name, str) or name in tasks or findings.is_full:
        return
    if re.fullmatch(TASK_NAME, name):  # of others the keys have spoken
        unknown_task(name, path, tasks, findings)

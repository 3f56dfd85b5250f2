"""What this Django project declares: its workflow files and its topology. Read once per process.

Workflow files are ``workflows/*.yaml`` of every installed app, and of each folder in
``WORKFLOW_DIRS``. A file that cannot be read is left out of the catalogue; :func:`problems` says why:
a broken file must stop ``flow check`` and ``flow sync``, never an ``emit()`` in a request.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.signals import setting_changed

from flowengine import event_types
from flowengine.broker.topology import Topology
from flowengine.broker.topology import topology as topology_of
from flowengine.conf import settings
from flowengine.definitions.catalog import Catalog, gather
from flowengine.definitions.check import bind, check
from flowengine.definitions.parse import Document, read
from flowengine.definitions.unreadable import SIZE_MAX_BYTES
from flowengine.errors import DefinitionError, Problem
from flowengine.tasks import registry


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowFile:
    """One workflow file that could be parsed."""

    path: str
    """Below the working directory where it can be, for people."""
    text: str
    document: Document


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    files: tuple[WorkflowFile, ...]
    catalog: Catalog
    problems: tuple[Problem, ...]


def catalog() -> Catalog:
    """Every workflow of the project whose file can be read, bound to the tasks of this process."""
    return _declared().catalog


def files() -> tuple[WorkflowFile, ...]:
    """The files behind :func:`catalog`, in the order of apps, folders and names."""
    return _declared().files


def problems() -> tuple[Problem, ...]:
    """All that is wrong with the project's workflow files, warnings included. Never raises."""
    return _declared().problems


def topology() -> Topology:
    """The exchanges, queues and bindings that this project's workflows need."""
    return topology_of(catalog().stations())


def folders() -> tuple[Path, ...]:
    """Where workflow files are looked for; only those that exist."""
    named = [Path(folder) for folder in settings().WORKFLOW_DIRS]
    usual = [Path(app.path) / "workflows" for app in apps.get_app_configs()]
    return tuple(dict.fromkeys(folder for folder in (*usual, *named) if folder.is_dir()))


def forget() -> None:
    """Read the files again at the next question: they, the apps or the settings have changed."""
    _declared.cache_clear()


@cache
def _declared() -> _Declared:
    found: list[Problem] = []
    parsed = [file for path in _paths() if (file := _parsed(path, found)) is not None]
    plain, clashes = gather(file.document for file in parsed)
    found += clashes
    signatures, events = registry.signatures(), event_types.schemas()
    for file in parsed:
        found += file.document.warnings
        found += check(file.document, signatures, workflows=plain.workflows, events=events)
    bound = {name: bind(workflow, signatures) for name, workflow in plain.workflows.items()}
    files = tuple(f for f in parsed if plain.workflows.get(_name(f)) is f.document.workflow)
    return _Declared(files=files, catalog=Catalog(bound), problems=tuple(dict.fromkeys(found)))


def _name(file: WorkflowFile) -> str:
    return file.document.workflow.name


def _paths() -> Iterator[Path]:
    for folder in folders():
        yield from sorted(folder.glob("*.yaml"))


def _parsed(path: Path, found: list[Problem]) -> WorkflowFile | None:
    """The file at *path*; None, with the reasons added to *found*, where it cannot be used."""
    shown = _shown(path)
    try:
        content = _content(path)
    except OSError as error:
        reason = error.strerror or str(error)
        found.append(Problem(file=shown, line=1, column=1, code="FE101", message=reason))
        return None
    try:
        document = read(content, path=shown, tasks=registry.signatures())
    except DefinitionError as error:
        found += error.problems
        return None
    return WorkflowFile(path=shown, text=content.decode(errors="replace"), document=document)


def _content(path: Path) -> bytes:
    # A link may not lead out of the folder: whoever may write one there could read any file.
    # realpath, because Path.resolve() raises RuntimeError for a link to itself.
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(path.parent)):
        raise OSError(0, "the link leads out of its folder")
    with path.open("rb") as file:
        return file.read(SIZE_MAX_BYTES + 1)  # one more: enough for the parser to refuse it


def _shown(path: Path) -> str:
    shown = os.path.relpath(path)
    return str(path) if shown.startswith(os.pardir) else shown


def _changed(*, setting: str, **_kwargs: Any) -> None:
    if setting in {"FLOWENGINE", "INSTALLED_APPS"}:
        forget()


setting_changed.connect(_changed)

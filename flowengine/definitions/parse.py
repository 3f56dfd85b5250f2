"""YAML text -> ``Workflow``. Every problem of a file is found at once, each with its place.

load (text to nodes) -> shorthand (one spelling) -> structure (the keys) and references (the
expressions) -> the values of :mod:`flowengine.definitions.model`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowengine.definitions.digest import digest
from flowengine.definitions.expressions.tree import Json, Path
from flowengine.definitions.findings import Findings
from flowengine.definitions.keys import EventTriggerKeys, RetryKeys, TaskStepKeys, WorkflowKeys
from flowengine.definitions.load import load
from flowengine.definitions.model import (
    EventTrigger,
    Input,
    Notify,
    RetryPolicy,
    TaskStep,
    Workflow,
)
from flowengine.definitions.nodes import Mapping, to_json
from flowengine.definitions.references import References, references
from flowengine.definitions.shorthand import written_out
from flowengine.definitions.structure import structure
from flowengine.errors import DefinitionError, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file that could be parsed, with the places that later checks speak of."""

    workflow: Workflow
    """Not bound: its steps have no signature, and no station where the file names none."""
    form: Json
    """What is digested: the long form, without places and comments."""
    root: Mapping
    """The same with places."""
    warnings: tuple[Problem, ...]

    def findings(self) -> Findings:
        """An empty collection of problems of this file."""
        return Findings(self.workflow.path, self.root)


def read(text: str | bytes, *, path: str = "<string>") -> Document:
    """The document that *text* is.

    Args:
        text: the file; bytes are UTF-8.
        path: how the file is called in problems.

    Raises:
        DefinitionError: with every problem of the file (at most 50), in the order of places.
    """
    loaded = load(text, path=path)
    root = written_out(loaded.root)
    findings = Findings(path, root, loaded.problems)
    keys = structure(root, findings)
    found = references(root, findings)
    refusals = findings.refusals()
    if refusals or keys is None:
        raise DefinitionError(refusals)
    form = to_json(root)
    workflow = _workflow(keys, found, digest_of=digest(form), path=path)
    return Document(workflow=workflow, form=form, root=root, warnings=findings.warnings())


def parse(text: str | bytes, *, path: str = "<string>") -> Workflow:
    """The workflow that *text* is; see :func:`read`."""
    return read(text, path=path).workflow


def _workflow(keys: WorkflowKeys, found: References, *, digest_of: str, path: str) -> Workflow:
    return Workflow(
        name=keys.workflow,
        digest=digest_of,
        path=path,
        triggers=tuple(_trigger(item, ("on", n), found) for n, item in enumerate(keys.on)),
        steps=tuple(_step(item, n, found, keys) for n, item in enumerate(keys.steps)),
        title=found.templates.get(("title",)),
        description=keys.description,
        labels={name: found.templates["labels", name] for name in keys.labels},
        inputs=tuple(
            Input(
                name=name,
                schema=schema,
                required="default" not in schema,
                default=schema.get("default"),
            )
            for name, schema in keys.inputs.items()
        ),
        notify=_notify(keys, found),
        timeout=keys.timeout,
        output=found.templates.get(("output",)),
    )


def _trigger(keys: EventTriggerKeys, path: Path, found: References) -> EventTrigger:
    return EventTrigger(
        patterns=tuple(dict.fromkeys(keys.event)),
        condition=found.conditions.get((*path, "if")),
        arguments={name: found.templates[*path, "with", name] for name in keys.arguments},
    )


def _step(keys: TaskStepKeys, index: int, found: References, file: WorkflowKeys) -> TaskStep:
    path: Path = ("steps", index)
    return TaskStep(
        id=found.ids[index],
        task=keys.task,
        title=found.templates.get((*path, "title")),
        condition=found.conditions.get((*path, "if")),
        arguments={name: found.templates[*path, "with", name] for name in keys.arguments},
        retry=_retry(file.defaults.retry, keys.retry),
        timeout=file.defaults.timeout if keys.timeout is None else keys.timeout,
        station=keys.station or file.defaults.station,
        transaction=keys.transaction,
        weight=keys.weight,
    )


def _retry(*layers: RetryKeys | None) -> RetryPolicy:
    """Each layer's own keys over those of the layers before it, over the defaults of the format."""
    merged: dict[str, Any] = {}
    for layer in layers:
        if layer is not None:
            merged |= {name: getattr(layer, name) for name in layer.model_fields_set}
    for name in ("errors", "excluded"):
        if name in merged:
            merged[name] = tuple(merged[name])
    return RetryPolicy(**merged)


def _notify(keys: WorkflowKeys, found: References) -> Notify | None:
    if keys.notify is None:
        return None
    return Notify(
        users=found.templates.get(("notify", "users")),
        groups=tuple(keys.notify.groups),
        detail=keys.notify.detail,
    )

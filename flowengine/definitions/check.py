"""What a file says against the tasks and workflows there are: ``check`` proves it, ``bind`` writes it in."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from flowengine.definitions.called_tasks import unknown_task
from flowengine.definitions.expressions.tree import Path
from flowengine.definitions.fields import Schemas, known_fields
from flowengine.definitions.filling import filling
from flowengine.definitions.findings import Findings
from flowengine.definitions.likeness import near
from flowengine.definitions.model import Workflow
from flowengine.definitions.nodes import has_path
from flowengine.definitions.parse import Document
from flowengine.definitions.steps import (
    ChildStep,
    GroupStep,
    ParallelStep,
    Step,
    SwitchStep,
    TaskStep,
    Undo,
)
from flowengine.definitions.task_signature import TaskSignature
from flowengine.errors import Problem

STATION = "default"
"""The station of a task for which nobody chose one."""
_TRANSACTION_MAX = timedelta(seconds=60)
_CHARACTERS_MAX = 40_000
"""Of all names of workflows that a wrong one is compared with."""
_WORKFLOWS = "workflows are in workflows/*.yaml of installed apps"

Signatures = Mapping[str, TaskSignature]
"""What is known of tasks, by name."""


def bind(workflow: Workflow, signatures: Signatures) -> Workflow:
    """The workflow with the signature and the station of every task step and every undo.

    The station is the step's own, else the file's, else the task's, else ``default``. A task that
    is not among *signatures* leaves its step without a signature. May be called again.
    """
    return dataclasses.replace(
        workflow,
        steps=_line(workflow.steps, signatures),
        on_failure=_line(workflow.on_failure, signatures),
        at_end=_line(workflow.at_end, signatures),
    )


def _line(steps: tuple[Step, ...], signatures: Signatures) -> tuple[Step, ...]:
    return tuple(_bound(step, signatures) for step in steps)


def _bound(step: Step, signatures: Signatures) -> Step:
    changed: dict[str, Any] = {}
    if step.rescue:
        changed["rescue"] = tuple(
            dataclasses.replace(rescue, steps=_line(rescue.steps, signatures))
            for rescue in step.rescue
        )
    if isinstance(step, TaskStep):
        changed |= _of_task(step, signatures)
    if isinstance(step, TaskStep | ChildStep) and step.compensate is not None:
        undo = step.compensate
        changed["compensate"] = dataclasses.replace(undo, **_of_task(undo, signatures))
    match step:
        case GroupStep():
            changed["steps"] = _line(step.steps, signatures)
        case ParallelStep():
            changed["branches"] = tuple(
                dataclasses.replace(branch, step=_bound(branch.step, signatures))
                for branch in step.branches
            )
        case SwitchStep():
            changed["clauses"] = tuple(
                dataclasses.replace(clause, steps=_line(clause.steps, signatures))
                for clause in step.clauses
            )
        case _:
            pass
    return dataclasses.replace(step, **changed) if changed else step


def _of_task(work: TaskStep | Undo, signatures: Signatures) -> dict[str, Any]:
    signature = signatures.get(work.task)
    chosen = signature.station if signature is not None else None
    return {"signature": signature, "station": work.station or chosen or STATION}


def check(
    document: Document,
    signatures: Signatures,
    *,
    workflows: Mapping[str, Workflow] | None = None,
    events: Schemas | None = None,
) -> tuple[Problem, ...]:
    """What tasks and other workflows make wrong with a document, in the order of places; warnings too.

    FE115 a task that is not registered, FE110 a name in ``with`` that is not taken, FE127 a parameter
    that nothing fills, FE126 a transaction around ``async def``, FE207 a field that a step's output or
    an event does not have, FE232 a long transaction, FE116 a workflow that is not there, or takes no calls.

    Args:
        document: the file.
        signatures: of every task there is.
        workflows: every workflow there is, by name; None = that is not known, nothing is said of calls.
        events: JSON Schemas of the data of registered event types, by type.
    """
    findings = document.findings()
    bound = bind(document.workflow, signatures)
    for step_id, path in document.paths.items():
        step = bound.step(step_id)
        if isinstance(step, TaskStep):
            _task(document, step, path, signatures, findings)
        if isinstance(step, TaskStep | ChildStep) and step.compensate is not None:
            _work(step.compensate, (*path, "compensate"), signatures, findings)
        if isinstance(step, ChildStep) and workflows is not None:
            _call(step, path, workflows, findings)
    filling(bound, document.paths, findings)
    known_fields(bound, document.paths, document.found, events or {}, findings)
    return (*findings.refusals(), *findings.warnings())


def standalone_problems(documents: Iterable[Document]) -> tuple[Problem, ...]:
    """What is wrong with these files for themselves, in the order of files and places; warnings too.

    Nothing is asked of tasks. Calls are checked where the called workflow is among them.
    """
    known = list(documents)
    workflows = {each.workflow.name: each.workflow for each in known}
    found: list[Problem] = []
    for document in known:
        findings = document.findings()
        for step_id, path in document.paths.items():
            step = document.workflow.step(step_id)
            if isinstance(step, ChildStep) and step.workflow in workflows:
                _call(step, path, workflows, findings)
        known_fields(document.workflow, document.paths, document.found, {}, findings)
        found += sorted((*document.warnings, *findings.refusals()))
    return tuple(found)


def _task(
    document: Document, step: TaskStep, path: Path, signatures: Signatures, findings: Findings
) -> None:
    _work(step, path, signatures, findings)
    if step.transaction and step.signature is not None:
        _transaction(document, step, path, step.signature, findings)


def _work(work: TaskStep | Undo, path: Path, signatures: Signatures, findings: Findings) -> None:
    """FE115, and FE110 for its ``with``."""
    signature = work.signature
    if signature is None:
        unknown_task(work.task, (*path, "task"), signatures, findings)
        return
    known = (*signature.required, *signature.optional)
    for name in () if signature.extra else work.arguments:
        if name not in known:
            hint = near(name, known) or f"it takes: {', '.join(known) or 'nothing'}"
            message = f"{work.task} takes no '{name}'"
            findings.at_key((*path, "with", name), "FE110", message, hint)


def _call(
    step: ChildStep, path: Path, workflows: Mapping[str, Workflow], findings: Findings
) -> None:
    """FE116, and FE110 and FE127 for what the called workflow takes."""
    name, where = step.workflow, (*path, "workflow")
    called = workflows.get(name)
    if called is None:
        hint = near(name, workflows, most=_CHARACTERS_MAX) or _WORKFLOWS
        findings.at_value(where, "FE116", f"no workflow '{name}'", hint)
        return
    if not called.is_callable:
        hint = f"add `- call: true` to `on` in {called.path}"
        findings.at_value(where, "FE116", f"workflow '{name}' has no `call` trigger", hint)
    if not called.inputs:
        return  # it works with whatever it is given
    known = [item.name for item in called.inputs]
    for given in step.arguments:
        if given not in known:
            hint = near(given, known) or f"its inputs are: {', '.join(known)}"
            message = f"{name} takes no '{given}'"
            findings.at_key((*path, "with", given), "FE110", message, hint)
    for item in called.inputs:
        if item.required and item.name not in step.arguments:
            hint = f"write `with: {{{item.name}: …}}`"
            message = f"{name} needs '{item.name}'; a call gives only what is in `with`"
            findings.at_value(where, "FE127", message, hint)


def _transaction(
    document: Document,
    step: TaskStep,
    path: Path,
    signature: TaskSignature,
    findings: Findings,
) -> None:
    where = (*path, "transaction")
    if not signature.synchronous:
        message = f"task '{step.task}' cannot run in a transaction"
        findings.at_key(where, "FE126", message, "it is `async def`; write it as a plain `def`")
    said = any(
        has_path(document.root, place) for place in ((*path, "timeout"), ("defaults", "timeout"))
    )
    if said and step.timeout > _TRANSACTION_MAX:
        message = "warning: a transaction of more than 60 s"
        findings.at_key(where, "FE232", message, "it holds locks and a connection all the time")

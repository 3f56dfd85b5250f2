"""What a file says against the tasks there are: ``check`` proves it, ``bind`` writes it in."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import timedelta

from flowengine.definitions.expressions.check import Place, condition_problems, template_problems
from flowengine.definitions.expressions.paths import near
from flowengine.definitions.expressions.tree import Path
from flowengine.definitions.findings import Findings
from flowengine.definitions.model import TaskSignature, TaskStep, Workflow
from flowengine.definitions.nodes import has_path
from flowengine.definitions.parse import Document
from flowengine.errors import ExpressionError, Problem

STATION = "default"
"""The station of a task for which nobody chose one."""
_TRANSACTION_MAX = timedelta(seconds=60)
_TASKS_COMPARED_MAX = 2_000
_SCOPE = frozenset({"event", "inputs", "run", "config", "steps"})


def bind(workflow: Workflow, signatures: Mapping[str, TaskSignature]) -> Workflow:
    """The workflow with the signature and the station of every step.

    The station is the step's own, else the file's, else the task's, else ``default``. A task that
    is not among *signatures* leaves its step without one. May be called again.
    """
    steps = tuple(_bound(step, signatures.get(step.task)) for step in workflow.steps)
    return dataclasses.replace(workflow, steps=steps)


def _bound(step: TaskStep, signature: TaskSignature | None) -> TaskStep:
    chosen = signature.station if signature is not None else None
    return dataclasses.replace(step, signature=signature, station=step.station or chosen or STATION)


def check(document: Document, signatures: Mapping[str, TaskSignature]) -> tuple[Problem, ...]:
    """What the tasks make wrong with a document, in the order of places; warnings too.

    FE115 a task that is not registered, FE110 a name in ``with`` that it does not take, FE127 a
    parameter that nothing fills, FE126 a transaction around ``async def``, FE207 a field that a
    declared return type does not have, FE232 a long transaction.
    """
    findings = document.findings()
    workflow = document.workflow
    for index, step in enumerate(workflow.steps):
        path: Path = ("steps", index)
        signature = signatures.get(step.task)
        if signature is None:
            _unknown_task(step, path, signatures, findings)
            continue
        _names(step, path, signature, findings)
        _filling(workflow, index, signature, signatures, findings)
        if step.transaction:
            _transaction(document, step, path, signature, findings)
    _outputs(workflow, signatures, findings)
    return (*findings.refusals(), *findings.warnings())


def _unknown_task(
    step: TaskStep, path: Path, signatures: Mapping[str, TaskSignature], findings: Findings
) -> None:
    hint = near(step.task, signatures, most=_TASKS_COMPARED_MAX)
    message = f"no task '{step.task}' is registered"
    findings.at_value((*path, "task"), "FE115", message, hint)


def _names(step: TaskStep, path: Path, signature: TaskSignature, findings: Findings) -> None:
    known = (*signature.required, *signature.optional)
    for name in () if signature.extra else step.arguments:
        if name not in known:
            hint = near(name, known) or f"it takes: {', '.join(known) or 'nothing'}"
            message = f"{step.task} takes no '{name}'"
            findings.at_key((*path, "with", name), "FE110", message, hint)


def _filling(
    workflow: Workflow,
    index: int,
    signature: TaskSignature,
    signatures: Mapping[str, TaskSignature],
    findings: Findings,
) -> None:
    """FE127, where everything above is known: every return type, and the inputs."""
    step = workflow.steps[index]
    missing = [name for name in signature.required if name not in step.arguments]
    above: dict[str, None] = dict.fromkeys(item.name for item in workflow.inputs)
    if not missing or not workflow.inputs:
        return
    for earlier in workflow.steps[:index]:
        known = signatures.get(earlier.task)
        if known is None or known.returns is None:
            return
        above |= dict.fromkeys(known.returns)
    for name in missing:
        if name not in above:
            findings.at_value(
                ("steps", index, "task"),
                "FE127",
                f"{step.task} needs '{name}'; nothing above returns it",
                near(name, above) or f"there are: {', '.join(above)}",
            )


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


def _outputs(
    workflow: Workflow, signatures: Mapping[str, TaskSignature], findings: Findings
) -> None:
    """FE207 for ``steps.x.output.y`` where x declares what it returns, and y is not among it."""
    returns = {
        step.id: frozenset(signature.returns)
        for step in workflow.steps
        if (signature := signatures.get(step.task)) is not None and signature.returns is not None
    }
    place = Place(names=_SCOPE, steps=tuple(step.id for step in workflow.steps), outputs=returns)

    def keep(path: Path, error: ExpressionError) -> None:
        if error.code == "FE207":
            findings.in_text(path, error)

    for index, step in enumerate(workflow.steps):
        where: Path = ("steps", index)
        if step.condition is not None:
            for error in condition_problems(step.condition, place):
                keep((*where, "if"), error)
        for name, template in step.arguments.items():
            for below, error in template_problems(template, place):
                keep((*where, "with", name, *below), error)
    if workflow.output is not None:
        for below, error in template_problems(workflow.output, place):
            keep(("output", *below), error)

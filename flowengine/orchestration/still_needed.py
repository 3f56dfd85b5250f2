"""The gate of a deploy: what open runs still call must be there when the new code is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from flowengine.definitions.model import Workflow
from flowengine.definitions.steps import ChildStep, TaskStep, Undo
from flowengine.definitions.task_signature import TaskSignature
from flowengine.errors import Problem
from flowengine.store import definitions, open_runs


def still_needed(
    signatures: Mapping[str, TaskSignature], *, present: Collection[str]
) -> tuple[Problem, ...]:
    """FE503 for each task, and each parameter of one, that open runs need and that is gone.

    Also for a parameter that a task has come to require, where nothing gives it: a run keeps the
    signatures of its definition.

    Args:
        signatures: of every task there is now.
        present: digests of the files there are now; what is wrong with these is told with the files.

    Raises:
        DefinitionError: the definition of an open run cannot be read by this version.
    """
    counts = open_runs.by_digest()
    found = {
        _problem(workflow, where, counts[digest], lack)
        for digest, workflow in definitions.load(sorted(counts)).items()
        for where, work in _works(workflow)
        for lack in _lacks(work, signatures.get(work.task), is_present=digest in present)
    }
    return tuple(sorted(found))


def _works(workflow: Workflow) -> Iterator[tuple[str, TaskStep | Undo]]:
    """Everything that a worker may have to call, with the step it belongs to."""
    for step_id, spot in workflow.graph.spots.items():
        step = spot.step
        if isinstance(step, TaskStep):
            yield step_id, step
        if isinstance(step, TaskStep | ChildStep) and step.compensate is not None:
            yield f"{step_id}.compensate", step.compensate


def _lacks(work: TaskStep | Undo, now: TaskSignature | None, *, is_present: bool) -> Iterator[str]:
    """What there is no more, as the message names it."""
    if now is None:
        yield f"need task '{work.task}', which is gone"
        return
    then = work.signature or TaskSignature()
    given = dict.fromkeys((*work.arguments, *then.required))
    known = {*now.required, *now.optional}
    for name in given:
        if name not in known and not now.extra:
            yield f"need task '{work.task}'({name}), which is gone"
    for name in () if is_present else now.required:
        if name not in given:
            yield f"do not give '{name}', which task '{work.task}' requires now"


def _problem(workflow: Workflow, where: str, count: int, lack: str) -> Problem:
    runs = "1 open run" if count == 1 else f"{count} open runs"
    verb = (
        lack if count > 1 else lack.replace("need ", "needs ", 1).replace("do not", "does not", 1)
    )
    return Problem(
        file=workflow.path,
        line=1,
        column=1,
        code="FE503",
        message=f"{runs} of '{workflow.name}' (version {workflow.digest[:8]}) {verb}",
        hint="keep the old task beside the new one, under a name of its own, until they have ended",
        path=f"steps.{where}",
    )

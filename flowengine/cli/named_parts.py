"""The names that ``flow try`` is given, against the steps, tasks and workflows there are.

A name that means nothing would change nothing: a step that was to fail would go well, and what is tried
would come out as if all were right. The *workflows* are all that may take part, the tried one first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from flowengine.cli.exits import Exit, Stopped
from flowengine.definitions.likeness import near
from flowengine.definitions.model import Workflow
from flowengine.definitions.step_ids import UNDO
from flowengine.definitions.steps import ApprovalStep, ChildStep, Step, TaskStep, Undo
from flowengine.rehearsal.fakes import Fakes

_LISTED_MAX = 10


def failing_steps(names: Iterable[str], workflows: Sequence[Workflow]) -> None:
    """Each of the *names* is of a step that calls a task, or of an undo (``undo charge``).

    Raises:
        Stopped: one is not.
    """
    known = [name for name, _called in _work(workflows)]
    for name in names:
        _look_up(name, known, f"--fail {name}: no step '{name}' calls a task")


def asking_steps(option: str, names: Iterable[str], workflows: Sequence[Workflow]) -> None:
    """Each of the *names* that *option* was given is of an approval.

    Raises:
        Stopped: one is not.
    """
    known = [step.id for step in _steps(workflows) if isinstance(step, ApprovalStep)]
    for name in names:
        _look_up(name, known, f"{option} {name}: no approval is called '{name}'")


def faked(
    fakes: Fakes, file: object, workflows: Sequence[Workflow], registered: Collection[str]
) -> None:
    """Each fake is of a task that is called, or registered; or of a workflow that is called.

    Raises:
        Stopped: one is not.
    """
    tasks = [*(work.task for _name, work in _work(workflows)), *registered]
    for name in fakes.tasks:
        _look_up(name, tasks, f"{file}: no step calls a task '{name}'")
    called = [step.workflow for step in _steps(workflows) if isinstance(step, ChildStep)]
    for name in fakes.workflows:
        _look_up(name, called, f"{file}: no step calls a workflow '{name}'")


def _steps(workflows: Sequence[Workflow]) -> Iterator[Step]:
    for workflow in workflows:
        for spot in workflow.graph.spots.values():
            yield spot.step


def _work(workflows: Sequence[Workflow]) -> Iterator[tuple[str, TaskStep | Undo]]:
    """What calls tasks, by the name that ``--fail`` has for it."""
    for step in _steps(workflows):
        if isinstance(step, TaskStep):
            yield step.id, step
        if isinstance(step, TaskStep | ChildStep) and step.compensate is not None:
            yield UNDO + step.id, step.compensate


def _look_up(name: str, known: Iterable[str], problem: str) -> None:
    names = list(dict.fromkeys(known))
    if name in names:
        return
    listed = [*names[:_LISTED_MAX], *(["…"] if len(names) > _LISTED_MAX else [])]
    hint = near(name, names) or f"there are: {', '.join(listed) or 'none'}"
    raise Stopped(problem, hint=hint, exit_code=Exit.USAGE)

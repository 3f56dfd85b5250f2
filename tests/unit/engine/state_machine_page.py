"""The reference page of the states, drawn from the tables of the engine.

``uv run python -m tests.unit.engine.state_machine_page`` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flowengine.engine.states import RUN_MOVES, STEP_MOVES

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "state-machine.md"

_TEXT = """\
# States

The moves a run and its steps can make. The pictures are drawn from the tables in
`flowengine/engine/states.py`; a move that is not in them is refused.

## A run

{runs}

| state | means |
|---|---|
| `queued` | admitted; there is no place for it yet, or its slot is not there yet |
| `running` | at least one step is ready or at work |
| `waiting` | every active step waits: no worker is in use |
| `held` | a step failed for good, and nothing is undone yet: a person may repair it and resume; or somebody holds it before its next step, until he releases it |
| `cancelling` | decided to end early; what runs is told and awaited |
| `compensating` | what had succeeded is undone, latest end first |
| `succeeded` | every step is decided, the output is kept |
| `failed` | a step failed for good, or the run's time was over; there is a dead letter |
| `cancelled` | somebody ended it |
| `expired` | it could not start in time |

From `failed` back to `running` goes a run that is resumed, if nothing of it was undone. Hooks
(`on_failure`, `finally`) run after the final state, and do not change it.

## A step

{steps}

| state | means |
|---|---|
| `pending` | not reached yet; it has no row, or is an item of a loop that has not begun |
| `ready` | its input is stored; it waits for a worker of its station |
| `running` | an attempt is at work; of a block: something inside it is not decided |
| `waiting` | for an event, a time, people, or another run |
| `retrying` | a try failed; the next one comes after a delay |
| `rescuing` | it failed, and the steps of a rescue clause are at work |
| `succeeded` | done, its output is kept |
| `rescued` | it failed, and its rescue clause ended well; the line went on |
| `skipped` | its `if` was false; the line went on |
| `failed` | no try is left, or none can help; or it has no input |
| `cancelled` | its run, or a block around it, ended early |
| `not_reached` | still pending when its run, or a block around it, ended |
| `undoing` | it had succeeded, or may have taken effect, and its `compensate` task is at work |
| `undone` | its `compensate` task has succeeded |
| `undo_failed` | its `compensate` task has failed for good; there is a dead letter |

A step may become `ready` and `running` in one transaction: from hand to hand, by the worker that had what
was before it. Its `step.started` then says `handed`.

From `running` back to `ready` goes an attempt whose worker was lost, or that was given back by a worker
that stops. From `pending` to `failed` or `rescuing` goes a step whose `if` or input has no value; to
`succeeded` one that is done at once. Back to `pending` goes what a resume begins anew; from `succeeded`
and `skipped` that is a hook, which runs once more after the next end.
"""


def page() -> str:
    """The page as it should be."""
    return _TEXT.format(runs=_drawn(RUN_MOVES), steps=_drawn(STEP_MOVES))


def _drawn(moves: Mapping[Any, frozenset[Any]]) -> str:
    """A Mermaid state diagram; states without a way in begin, those without a way out end."""
    reached = set().union(*moves.values())
    lines = ["```mermaid", "stateDiagram-v2"]
    for state, follows in moves.items():
        name = "[*]" if state is None else str(state)
        if state is not None and state not in reached and follows:
            lines.append(f"    [*] --> {name}")
        lines += [f"    {name} --> {after}" for after in sorted(follows)]
        if state in reached and not follows:
            lines.append(f"    {name} --> [*]")
    return "\n".join([*lines, "```"])


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")

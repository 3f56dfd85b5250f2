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
| `running` | at least one step is ready or at work |
| `waiting` | every active step waits: no worker is in use |
| `cancelling` | decided to end early; an attempt that is at work is told and awaited |
| `succeeded` | every step is decided, the output is kept |
| `failed` | a step failed for good, or the run's time was over; there is a dead letter |
| `cancelled` | somebody ended it |

## A step

{steps}

| state | means |
|---|---|
| `pending` | not reached yet; it has no row |
| `ready` | its input is stored; it waits for a worker of its station |
| `running` | an attempt is at work |
| `retrying` | a try failed; the next one comes after a delay |
| `succeeded` | done, its output is kept |
| `skipped` | its `if` was false; the line went on |
| `failed` | no try is left, or none can help; or it has no input |
| `cancelled` | its run ended early |
| `not_reached` | still pending when its run ended |

From `running` back to `ready` goes an attempt whose worker was lost, or that was given back by a worker
that stops. From `pending` to `failed` goes a step whose `if` or input has no value.
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

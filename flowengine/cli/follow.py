"""Following runs in the terminal until they end: drawn in place, or line by line where nobody looks."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from flowengine.cli.exits import Exit
from flowengine.cli.run_lines import all_steps, lines
from flowengine.cli.terminal import Terminal, clean
from flowengine.engine.states import FINAL_RUN_STATES, RunState, StepState
from flowengine.representations import Json
from flowengine.store import progress
from flowengine.store.clock import DatabaseClock

LOOK_EVERY_S = 0.25
_BAD = {
    *(RunState.FAILED, RunState.CANCELLED, RunState.EXPIRED),
    *("filter_error", "bad_input", "overflow"),
}


def follow(
    run_ids: Sequence[UUID], terminal: Terminal, *, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Show these runs until all have ended; 0 where all succeeded, or had no reason to start.

    An id without a run yet is waited for. ctrl-c leaves; the runs go on.
    """
    shown = _Shown(run_ids, terminal)
    try:
        while not shown.look():
            sleep(LOOK_EVERY_S)
    except KeyboardInterrupt:
        terminal.say(f"\nleft; the run goes on ({terminal.prog} run {run_ids[0]} --follow)")
        return Exit.INTERRUPTED
    return Exit.FAILED if _BAD & set(shown.outcomes.values()) else Exit.OK


class _Shown:
    """What the terminal shows of some runs."""

    def __init__(self, run_ids: Sequence[UUID], terminal: Terminal) -> None:
        self.outcomes: dict[UUID, str] = {}
        """The state of each run, or why it will never be."""
        self._run_ids = run_ids
        self._terminal = terminal
        self._clock = DatabaseClock()
        self._drawn = 0
        """Lines that stand on the screen and are drawn over."""
        self._told: dict[UUID, dict[str, str]] = {run_id: {} for run_id in run_ids}
        """The states that have been told, by step; those of the runs under an empty name."""

    def look(self) -> bool:
        """Read and show the present; True once all have ended."""
        views = progress.views(list(progress.runs(self._run_ids).values()))
        self.outcomes = {run_id: view["state"] for run_id, view in views.items()}
        unknown = [run_id for run_id in self._run_ids if run_id not in views]
        for run_id, (_run, outcome) in progress.ended(unknown).items():
            self.outcomes[run_id] = outcome
        if self._terminal.is_live:
            self._draw(views)
        else:
            for run_id in self._run_ids:
                self._tell(run_id, views.get(run_id))
        return all(_is_over(self.outcomes.get(run_id)) for run_id in self._run_ids)

    def _draw(self, views: Mapping[UUID, Json]) -> None:
        """All of it, over what was drawn before."""
        text: list[str] = []
        for run_id in self._run_ids:
            if run_id in views:
                text += lines(views[run_id], self._clock.now())
            else:
                text.append(f" {run_id}  {self.outcomes.get(run_id, 'not started yet')}")
        up = f"\x1b[{self._drawn}F" if self._drawn else ""
        self._terminal.draw(up + "".join(f"\x1b[2K{line}\n" for line in text) + "\x1b[0J")
        self._drawn = len(text)

    def _tell(self, run_id: UUID, view: Json | None) -> None:
        """What has changed, one line each."""
        told = self._told[run_id]
        name = clean(str(run_id if view is None else view["workflow"]))
        for step in [] if view is None else all_steps(view):
            if told.get(step["id"], StepState.PENDING) != step["state"]:
                self._terminal.say(f"{name}: {clean(step['id'])} {step['state']}")
            told[step["id"]] = step["state"]
        outcome = self.outcomes.get(run_id, "")
        if told.get("", "") != outcome:
            told[""] = outcome
            failure = None if view is None else view.get("failure")
            message = "" if failure is None else f"; {clean(failure['message'])}"
            self._terminal.say(f"{name}: {outcome}{message}")


def _is_over(state: str | None) -> bool:
    """Final, or an outcome that starts no run; None = nothing is known yet."""
    return state is not None and (state in FINAL_RUN_STATES or state not in set(RunState))

"""PURE: the JSON a watcher is shown, over the socket, over HTTP and in the page.

Everything here is a whitelist: titles, states, numbers, times, and what a task says of itself. An
exception's text, an input, an output or a user's key never passes. A topic is ``run:<uuid>``; its
position is an epoch (a run made anew under the same id has another one) and the run's head.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from flowengine.definitions.expressions.evaluate import render
from flowengine.definitions.expressions.tree import Template
from flowengine.definitions.model import Step, Workflow
from flowengine.engine.run import Failure
from flowengine.engine.states import FINAL_RUN_STATES, RunState, StepState
from flowengine.errors import ExpressionError

Json = dict[str, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_SHOWN: dict[str, tuple[str, ...]] = {
    "run.started": ("title",),
    "run.waiting": ("due_at",),
    "run.continued": (),
    "run.cancelling": (),
    "run.succeeded": (),
    "run.failed": (),
    "run.cancelled": (),
    "step.ready": ("step", "item"),
    "step.started": ("step", "item", "attempt"),
    "step.succeeded": ("step", "item", "attempt"),
    "step.retrying": ("step", "item", "attempt", "tries", "due_at"),
    "step.returned": ("step", "item", "attempt"),
    "step.skipped": ("step", "item"),
    "step.failed": ("step", "item", "attempt", "tries"),
    "step.cancelled": ("step", "item", "attempt"),
}
"""What of each transition a watcher may see, besides its kind, number and time."""

_OUTCOMES = {
    "no_match": "There was nothing to do.",
    "duplicate": "This has been asked for already.",
    "debounced": "A later request has taken its place.",
}
"""What is said where an event started no run; every other outcome: it could not be started."""


class RunRow(Protocol):
    """What the view reads of a run; a ``RunRecord`` is one."""

    @property
    def id(self) -> UUID: ...
    @property
    def workflow(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def finished_at(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRow:
    """What the view reads of a step's row."""

    step: str
    state: str
    item: int = 0
    attempt: int = 0
    tries: int = 0
    due_at: datetime | None = None
    """When the delay of a retry is over; of no meaning in other states."""
    progress: float | None = None
    """What the task last said, 0-1; None = nothing."""
    note: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One numbered transition as the history keeps it."""

    n: int
    at: datetime
    transition: Mapping[str, Any]
    """Its public form; the kind is ``t``."""


def topic(run_id: UUID) -> str:
    """The name under which a run is watched."""
    return f"run:{run_id}"


def epoch(created_at: datetime) -> str:
    """The epoch of a run: its numbers mean something only beside this."""
    return f"{(created_at - _EPOCH) // timedelta(microseconds=1):x}"


def instant(at: datetime | None) -> str | None:
    """An instant as JSON: ISO 8601, UTC, milliseconds."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def words(name: str) -> str:
    """A step's id as people read it: ``send_mail`` is «Send mail»."""
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def run_view(
    workflow: Workflow | None,
    run: RunRow,
    steps: Sequence[StepRow],
    *,
    scope: Mapping[str, Any] | None = None,
    failure: Failure | None = None,
) -> Json:
    """How *run* stands, with all the steps of its line in order.

    Args:
        workflow: the version the run is pinned to; None = not to be had here: then the steps that
            have rows are shown, in their order.
        run: its row.
        steps: the rows of its steps.
        scope: what titles with ``${{ }}`` may name; a title without value becomes the id in words.
        failure: why it failed; only what is meant for customers is taken from it.
    """
    rows = {row.step: row for row in steps}
    ids = list(rows) if workflow is None else [step.id for step in workflow.steps]
    titles = _titles(workflow, ids, scope or {}, run.created_at)
    plans = {} if workflow is None else {step.id: step for step in workflow.steps}
    shown = [
        _step_view(plans.get(name), rows.get(name) or _absent(name, run), titles) for name in ids
    ]
    is_summary = workflow is not None and not shows_steps(workflow)
    return {
        "id": str(run.id),
        "workflow": run.workflow,
        "title": run.title or run.workflow,
        "state": run.state,
        "percent": percent(run.state, shown),
        "steps": [] if is_summary else shown,
        "message": failure_message(failure, titles, is_summary=is_summary)
        if run.state == RunState.FAILED
        else None,
        "created_at": instant(run.created_at),
        "started_at": instant(run.started_at),
        "finished_at": instant(run.finished_at),
    }


def shows_steps(workflow: Workflow) -> bool:
    """Watchers see its steps; false where ``notify`` says ``detail: summary``."""
    return workflow.notify is None or workflow.notify.detail != "summary"


def percent(state: str, steps: Iterable[Mapping[str, Any]]) -> int:
    """How much is done, by the weights of the steps (language §4.14).

    100 only when the run has succeeded; before that at most 99, however much is done.
    """
    if state == RunState.SUCCEEDED:
        return 100
    done = total = 0.0
    for step in steps:
        total += step["weight"]
        done += step["weight"] * _part(step)
    # The small term keeps 3 of 3 equal parts from being 99.999…, here and in the browser alike.
    return min(99, int(100 * done / total + 1e-9)) if total > 0 else 0


def failure_message(
    failure: Failure | None, titles: Mapping[str, str], *, is_summary: bool = False
) -> str:
    """What a customer is told of a failure: the text its author meant for users, or a plain one.

    A task gives such a text with ``Permanent(..., details={"user_message": "…"})``.
    """
    if failure is None:
        return "Something went wrong."
    details = failure.details
    if isinstance(details, dict) and isinstance(details.get("user_message"), str):
        return str(details["user_message"])
    if failure.code == "RunTimeout":
        return "This took longer than it may, and was stopped."
    if is_summary or failure.step is None:
        return "Something went wrong."
    return f"Something went wrong in «{titles.get(failure.step, words(failure.step))}»."


def fact_view(fact: Fact) -> Json:
    """A transition as a watcher is sent it.

    One of a kind that is not known here is sent without its fields: the browser then asks for the
    whole view, which is always right.
    """
    kind = str(fact.transition["t"])
    view: Json = {"t": kind, "n": fact.n, "at": instant(fact.at)}
    for name in _SHOWN.get(kind, ()):
        if name in fact.transition:
            view[name] = fact.transition[name]
    return view


def progress_view(row: StepRow) -> Json:
    """What a running step last said of itself; sent beside transitions, without a number."""
    return {
        "t": "progress",
        "step": row.step,
        "item": row.item,
        "fraction": row.progress,
        "note": row.note,
    }


def snapshot(run_id: UUID, position: tuple[str, int], view: Json) -> Json:
    """The whole view, as of *position* (epoch, head)."""
    return {"t": "snap", "c": topic(run_id), "e": position[0], "o": position[1], "s": view}


def changes(run_id: UUID, position: tuple[str, int], after: int, entries: list[Json]) -> Json:
    """What came after the number *after*, up to *position*; empty = nothing came."""
    e, o = position
    return {"t": "pub", "c": topic(run_id), "e": e, "f": after + 1, "o": o, "d": entries}


def pending(run_id: UUID) -> Json:
    """Nothing is known of this id, or nothing may be said."""
    return {"t": "pending", "c": topic(run_id)}


def ended(run_id: UUID, outcome: str) -> Json:
    """The event was decided upon and no run of this id will come."""
    message = _OUTCOMES.get(outcome, "This could not be started.")
    return {"t": "end", "c": topic(run_id), "outcome": outcome, "message": message}


def titles_of(workflow: Workflow) -> list[Template]:
    """The titles of its steps that are not plain text: they need a scope."""
    return [
        step.title
        for step in workflow.steps
        if step.title is not None and not step.title.is_constant
    ]


def _titles(
    workflow: Workflow | None, ids: Sequence[str], scope: Mapping[str, Any], at: datetime
) -> dict[str, str]:
    titles = {name: words(name) for name in ids}
    for step in () if workflow is None else workflow.steps:
        if step.title is not None:
            titles[step.id] = _rendered(step.title, scope, at) or titles[step.id]
    return titles


def _rendered(title: Template, scope: Mapping[str, Any], at: datetime) -> str:
    """The title's text; empty where its expressions have no value (yet)."""
    try:
        return str(render(title, scope, at))
    except ExpressionError:
        return ""


def _absent(name: str, run: RunRow) -> StepRow:
    """A step that has no row: not yet its turn, or never to be."""
    is_over = run.state in FINAL_RUN_STATES
    return StepRow(step=name, state=StepState.NOT_REACHED if is_over else StepState.PENDING)


def _step_view(plan: Step | None, row: StepRow, titles: Mapping[str, str]) -> Json:
    return {
        "id": row.step,
        "title": titles[row.step],
        "state": row.state,
        "attempt": row.attempt,
        "tries": row.tries,
        "tries_max": 1 if plan is None else plan.retry.attempts,
        "due_at": instant(row.due_at) if row.state == StepState.RETRYING else None,
        "progress": row.progress,
        "note": row.note,
        "weight": 1.0 if plan is None else plan.weight,
        "started_at": instant(row.started_at),
        "finished_at": instant(row.finished_at),
    }


def _part(step: Mapping[str, Any]) -> float:
    if step["state"] in {StepState.SUCCEEDED, StepState.SKIPPED}:
        return 1.0
    return min(1.0, max(0.0, step["progress"] or 0.0))

"""The sandbox: a text of a workflow, checked and tried; nothing is stored, and no task is called.

The files of the project stay the source of its workflows: there is no way from here into the database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Path
from pydantic import Field

from flowengine import access, project
from flowengine.conf import settings
from flowengine.definitions.changes import changes
from flowengine.definitions.drawing import drawing
from flowengine.definitions.findings import is_warning
from flowengine.definitions.parse import Document, read
from flowengine.definitions.svg import svg
from flowengine.definitions.unreadable import SIZE_MAX_BYTES
from flowengine.models import DefinitionRecord
from flowengine.orchestration import explain, sandbox
from flowengine.orchestration.cut_off import OutOfTime, within
from flowengine.orchestration.sandbox import Checked, Trial
from flowengine.store import definitions
from flowengine.store import events as stored
from flowengine.store.clock import DatabaseClock
from flowengine.web.api.definitions import ChangeTold, change_told
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.masked import Masked, MaskedFields, MaskedText
from flowengine.web.api.pacing import Pace
from flowengine.web.api.paging import Given, Shape
from flowengine.web.api.problems import Refusal, malformed, not_found

door = Door("sandbox")
TRY = permission("try_definition")
SEE = permission("view_workflowrecord")
TIME_MAX_S = 2.0
"""For one answer; the worst file that is taken costs a fraction of it to read."""
PACE = Pace(burst=30, per_s=5)
OUT_OF_TIME_COSTS = 100
"""As much as so many: who has used the time up waits ten times as long as it took."""
_clock = DatabaseClock()


class Text(Given):
    """A text that is in no file."""

    source: Annotated[str, Field(max_length=SIZE_MAX_BYTES)]
    """YAML; at most 256 KiB."""


class ProblemFound(Shape):
    """One thing that is wrong, as ``flow check`` says it."""

    line: int
    """From 1."""
    column: int
    """From 1, in characters."""
    code: str
    message: str
    hint: str
    """The way out: ``did you mean 'delay'?``; may be empty."""
    path: str
    """Where in the file: ``steps[1].retry``; may be empty."""
    is_warning: bool
    """It is fit for use in spite of it."""


class CheckTold(Shape):
    """What the validator says."""

    problems: list[ProblemFound]
    """In the order of places; at most 50, and warnings besides."""
    is_fit: bool
    """``flow sync`` would take it."""
    workflow: str | None
    """Null = it cannot be read."""
    digest: str | None
    """Of what it does: the same as that of a version that does the same."""
    drawing: str | None
    """SVG; null = it cannot be read."""
    current: str | None = None
    """The digest of the version that takes new runs; null = there is none. Only with
    ``view_workflowrecord``, as *changes*."""
    changes: list[ChangeTold] = []
    """What it does otherwise than that."""


class BeganTold(Shape):
    """What becomes of a step at once."""

    step: str
    item: str
    state: Literal["ready", "waiting", "skipped", "opened", "succeeded", "failed"]
    kind: str
    task: str
    station: str
    given: Masked
    """Its evaluated input, or what it waits for; of a step that is done, its output; of a block, how
    many parts."""
    why: MaskedText
    """Of a step that failed."""


class EmittedTold(Shape):
    """An event that it would publish."""

    type: str
    data: Masked


class TrialTold(Shape):
    """What the workflow would do with the event, up to its first tasks."""

    outcome: str
    """``match``, ``no_match``, ``filter_error``, ``bad_input``, ``other_events``."""
    detail: MaskedText
    triggers: list[MaskedFields]
    """Each that speaks of such events, with its filter clause by clause, as in an explanation."""
    title: str
    inputs: Masked
    keys: dict[str, str]
    """The value of each gate's key; what the gates would say is not asked."""
    steps: list[BeganTold]
    emits: list[EmittedTold]
    ended: str
    """It needs no task: how the run would end; else empty."""


@door.post("sandbox/check", needs=TRY, answer=CheckTold)
def check_text(request: HttpRequest, body: Text) -> Any:
    """Check a text as ``flow check`` does; nothing is stored."""
    PACE.take(access.user_key(request.user))
    project.catalog()  # read once, in its own time
    with _bounded(request):
        found = sandbox.look(body.source)
        picture = None if found.document is None else svg(drawing(found.document.workflow))
    told = _checked(found, picture)
    if found.document is not None and SEE.is_met(request.user):
        told |= _compared(request, found.document)
    return told


@door.post("events/{uuid:event_id}/trial", needs=TRY, answer=TrialTold)
def try_text(request: HttpRequest, event_id: Path[UUID], body: Text) -> Any:
    """What a text would do with a stored event; no task is called, nothing is stored.

    Needs ``view_eventrecord`` and ``view_payload`` too: the answer has values of the event.
    """
    user: Any = request.user
    event = stored.load([event_id]) if user.has_perm("flowengine.view_eventrecord") else []
    if not event or not access.view_payload(user):
        raise not_found()
    PACE.take(access.user_key(user))
    project.catalog()
    now = _clock.now()
    with _bounded(request):
        found = sandbox.look(body.source)
        if found.document is None or not found.is_fit:
            raise malformed("What is wrong with the text has to be mended first.")
        return _tried(sandbox.play(found.document, event[0], now))


@contextmanager
def _bounded(request: HttpRequest) -> Iterator[None]:
    try:
        with within(TIME_MAX_S):
            yield
    except OutOfTime:
        PACE.charge(access.user_key(request.user), OUT_OF_TIME_COSTS)
        raise Refusal(
            422, "FE808", f"This takes longer than {TIME_MAX_S:g} s; `flow try` has all the time."
        ) from None


def _checked(found: Checked, picture: str | None) -> dict[str, Any]:
    workflow = None if found.document is None else found.document.workflow
    return {
        "problems": [
            {
                **{name: getattr(each, name) for name in _PROBLEM},
                "is_warning": is_warning(each),
            }
            for each in found.problems
        ],
        "is_fit": found.is_fit,
        "workflow": None if workflow is None else workflow.name,
        "digest": None if workflow is None else workflow.digest,
        "drawing": picture,
    }


_PROBLEM = ("line", "column", "code", "message", "hint", "path")


def _compared(request: HttpRequest, document: Document) -> dict[str, Any]:
    """The version that takes new runs, and what the text does otherwise."""
    digest = definitions.synchronised().get(document.workflow.name)
    rows = DefinitionRecord.objects.using(settings().DATABASE).filter(digest=digest)
    row = None if digest is None else rows.first()
    if row is None:
        return {"current": None, "changes": []}
    with _bounded(request):
        found = changes(read(row.source, path=row.path), document)
    return {"current": row.digest, "changes": list(map(change_told, found))}


def _tried(trial: Trial) -> dict[str, Any]:
    return {
        **{
            name: getattr(trial, name) for name in ("outcome", "detail", "title", "inputs", "ended")
        },
        "triggers": [explain.heard_as_json(each) for each in trial.heard],
        "keys": trial.keys or {},
        "steps": [
            {name: getattr(each, name) for name in BeganTold.model_fields} for each in trial.steps
        ],
        "emits": [{"type": name, "data": data} for name, data in trial.emits],
    }

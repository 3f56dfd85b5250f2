"""Workflows and their versions: texts, drawings, and what one version does otherwise than another."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query
from pydantic import Field

from flowengine.conf import settings
from flowengine.definitions.changes import Change, changes
from flowengine.definitions.drawing import drawing
from flowengine.definitions.parse import read
from flowengine.definitions.svg import svg
from flowengine.models import DefinitionRecord, WorkflowRecord
from flowengine.orchestration.switching import switch
from flowengine.representations import instant
from flowengine.store import definitions as stored
from flowengine.store import open_runs
from flowengine.web.api.acting import Reason, by
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.paging import (
    Given,
    Instant,
    Page,
    Paged,
    Shape,
    cursor,
    page_of,
    parts_of,
)
from flowengine.web.api.problems import malformed, not_found

door = Door("definitions")
SEE = permission("view_workflowrecord")
SWITCH = permission("change_workflowrecord")
PICTURES_MAX = 200
"""Drawings that a process keeps."""


class WorkflowTold(Shape):
    """A workflow, and the version that takes new runs."""

    name: str
    digest: str
    is_enabled: bool
    updated_at: Instant
    open_runs: int
    """Runs of any version that are not over; 1,000 = so many or more."""


class VersionTold(Shape):
    """One version."""

    digest: str
    workflow: str
    path: str
    is_active: bool
    """New runs take it, or would if the workflow were enabled."""
    created_at: Instant
    open_runs: int
    """Runs of it that are not over; 1,000 = so many or more."""


class DefinitionTold(VersionTold):
    """One version, with its text."""

    source: str
    """The YAML, as it was synchronised."""


class ChangeTold(Shape):
    """One difference."""

    sign: str
    """``+``, ``-`` or ``~``."""
    what: str
    detail: str


class Changes(Shape):
    """What one version does otherwise than another; short forms and comments are no change."""

    before: str
    after: str
    changes: list[ChangeTold]


class Since(Given):
    """Compared with which version."""

    since: Annotated[str, Field(max_length=200)]
    """A digest."""


@door.get("workflows", needs=SEE, answer=Page[WorkflowTold])
def list_workflows(request: HttpRequest, query: Query[Paged]) -> Any:
    """Workflows, by name."""
    [after] = parts_of(query.after, 1) if query.after else [""]
    rows = WorkflowRecord.objects.using(settings().DATABASE).filter(name__gt=after)
    found = list(rows.order_by("name")[: query.limit + 1])
    counts = open_runs.of_workflows([row.name for row in found])
    return page_of(
        found,
        query.limit,
        lambda row: _workflow(row, counts),
        lambda row: cursor(row.name),
    )


@door.get("workflows/{str:name}", needs=SEE, answer=WorkflowTold)
def get_workflow(request: HttpRequest, name: Path[str]) -> Any:
    """One workflow."""
    return _one(name)


@door.post("workflows/{str:name}/disable", needs=SWITCH, answer=WorkflowTold)
def disable_workflow(request: HttpRequest, name: Path[str], body: Reason) -> Any:
    """Let a workflow take no new runs, and its schedules pass by; open runs go on."""
    return _switched(request, name, body.reason, is_enabled=False)


@door.post("workflows/{str:name}/enable", needs=SWITCH, answer=WorkflowTold)
def enable_workflow(request: HttpRequest, name: Path[str], body: Reason) -> Any:
    """Let a workflow take new runs again; what came meanwhile started nothing, and still does not."""
    return _switched(request, name, body.reason, is_enabled=True)


@door.get("workflows/{str:name}/versions", needs=SEE, answer=Page[VersionTold])
def list_versions(request: HttpRequest, name: Path[str], query: Query[Paged]) -> Any:
    """Every version of a workflow that is kept, by digest."""
    [after] = parts_of(query.after, 1) if query.after else [""]
    active = stored.synchronised().get(name)
    rows = DefinitionRecord.objects.using(settings().DATABASE).filter(
        workflow=name, digest__gt=after
    )
    found = list(rows.defer("source", "signatures").order_by("digest")[: query.limit + 1])
    counts = open_runs.of_versions(name, [row.digest for row in found])
    return page_of(
        found,
        query.limit,
        lambda row: _version(row, active, counts),
        lambda row: cursor(row.digest),
    )


@door.get("definitions/{str:digest}", needs=SEE, answer=DefinitionTold)
def get_definition(request: HttpRequest, digest: Path[str]) -> Any:
    """One version, with its text."""
    row = _found(digest)
    active = stored.synchronised().get(row.workflow)
    counts = open_runs.of_versions(row.workflow, [digest])
    return {**_version(row, active, counts), "source": row.source}


@door.get("definitions/{str:digest}/drawing", needs=SEE)
def get_drawing(request: HttpRequest, digest: Path[str]) -> HttpResponse:
    """One version as a picture: an SVG document."""
    answer = HttpResponse(picture_of(digest), content_type="image/svg+xml")
    # Opened by itself it is a document: nothing in it may run, and only its own style counts.
    answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    answer["ETag"] = f'"{digest}"'
    return answer


@door.get("definitions/{str:digest}/changes", needs=SEE, answer=Changes)
def get_changes(request: HttpRequest, digest: Path[str], query: Query[Since]) -> Any:
    """What a version does otherwise than another of the same workflow."""
    before, after = _found(query.since), _found(digest)
    if before.workflow != after.workflow:
        raise malformed(f"{query.since} is a version of {before.workflow}, not {after.workflow}.")
    found = changes(
        read(before.source, path=before.path),
        read(after.source, path=after.path),
    )
    return {
        "before": before.digest,
        "after": after.digest,
        "changes": list(map(change_told, found)),
    }


def change_told(change: Change) -> dict[str, Any]:
    """A difference, as it is told."""
    return {"sign": change.sign.value, "what": change.what, "detail": change.detail}


@lru_cache(maxsize=PICTURES_MAX)
def picture_of(digest: str) -> str:
    """A version never changes, and so its drawing: it is laid out once in a process.

    Raises:
        Refusal: 404.
    """
    workflow = stored.load([digest]).get(digest)
    if workflow is None:
        raise not_found()
    return svg(drawing(workflow))


def _one(name: str) -> dict[str, Any]:
    row = WorkflowRecord.objects.using(settings().DATABASE).filter(name=name).first()
    if row is None:
        raise not_found()
    return _workflow(row, open_runs.of_workflows([name]))


def _switched(request: HttpRequest, name: str, reason: str, *, is_enabled: bool) -> dict[str, Any]:
    """The workflow as the act has left it; one that was so already stays so, and nothing is kept."""
    if not SEE.is_met(request.user):
        raise not_found()
    _one(name)
    switch(name, by(request, reason), is_enabled=is_enabled)
    return _one(name)


def _workflow(row: WorkflowRecord, counts: open_runs.Counts) -> dict[str, Any]:
    return {
        "name": row.name,
        "digest": row.digest,
        "is_enabled": row.is_enabled,
        "updated_at": instant(row.updated_at),
        "open_runs": counts.get(row.name, 0),
    }


def _version(row: DefinitionRecord, active: str | None, counts: open_runs.Counts) -> dict[str, Any]:
    return {
        "digest": row.digest,
        "workflow": row.workflow,
        "path": row.path,
        "is_active": row.digest == active,
        "created_at": instant(row.created_at),
        "open_runs": counts.get(row.digest, 0),
    }


def _found(digest: str) -> DefinitionRecord:
    row = DefinitionRecord.objects.using(settings().DATABASE).filter(digest=digest).first()
    if row is None:
        raise not_found()
    return row

"""The floor: where everything stands, how fast it goes, and what needs somebody."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Path

from flowengine import project
from flowengine.orchestration.floor import deaths, hands, scene_of
from flowengine.orchestration.floor.shape import floor_view
from flowengine.representations.rows import Json
from flowengine.store.clock import DatabaseClock
from flowengine.web.api.filters import SEE
from flowengine.web.api.floor_shapes import FloorTold
from flowengine.web.api.gate import Door, permission
from flowengine.web.api.problems import not_found

door = Door("floor")
_clock = DatabaseClock()
_WORKERS = permission("view_workerrecord")


@door.get("floor", needs=permission("view_run"), answer=FloorTold)
def get_floor(request: HttpRequest) -> Any:
    """The floor of all workflows.

    What needs somebody is told as far as the user may see such things: causes of dead letters with
    ``view_dead_letter``, workers with ``view_workerrecord``.
    """
    return _told(request, None)


@door.get("floor/{str:workflow}", needs=permission("view_run"), answer=FloorTold)
def get_floor_of_workflow(request: HttpRequest, workflow: Path[str]) -> Any:
    """The floor of one workflow."""
    return _told(request, workflow)


def _told(request: HttpRequest, workflow: str | None) -> Json:
    now, catalog = _clock.now(), project.catalog()
    scene = scene_of(catalog, now, workflows=None if workflow is None else [workflow])
    if scene is None:
        raise not_found()
    found = floor_view(scene)
    if SEE["dead_letter"].is_met(request.user):
        counted = {name: (each.count, each.at) for name, each in scene.counted.items()}
        found["needs"] += deaths.needs(counted)
    if _WORKERS.is_met(request.user):
        oldest = hands.oldest_of(scene.ready)
        found["needs"] += hands.needs(scene.members, catalog.stations(), oldest, now)
    return found

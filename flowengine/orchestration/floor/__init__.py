"""The floor: what an operator sees of all that is at work, made from few and bounded reads.

:mod:`lines` is the order of the stations as the project's workflows name them; :mod:`look` reads where
everything stands; :mod:`shape` makes JSON of it, and :mod:`judgement` says what holds the line up and
what needs somebody. How fast things go comes from what the workers have counted
(:mod:`flowengine.engine.gauge`): nothing is ever found out by reading what is done.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from flowengine.definitions.catalog import Catalog
from flowengine.orchestration.floor.lines import lines_of
from flowengine.orchestration.floor.look import Scene, look
from flowengine.orchestration.floor.shape import floor_view
from flowengine.representations.rows import Json


def floor_of(
    catalog: Catalog, now: datetime, *, workflows: Collection[str] | None = None
) -> Json | None:
    """The floor of the catalog's workflows.

    Args:
        catalog: what there is.
        now: the database's clock.
        workflows: only those of these names; names of nothing are left out. None = all there are.

    Returns:
        None where none has such a name.
    """
    scene = scene_of(catalog, now, workflows=workflows)
    return None if scene is None else floor_view(scene)


def scene_of(
    catalog: Catalog, now: datetime, *, workflows: Collection[str] | None = None
) -> Scene | None:
    """The same as it was read."""
    lines = lines_of(catalog)
    if workflows is not None:
        chosen = lines.only(workflows)
        if chosen is None:
            return None
        lines = chosen
    return look(now, lines)

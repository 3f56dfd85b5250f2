"""The floor as a topic: ``floor`` for all workflows, ``floor:<workflow>,<workflow>`` for some."""

from __future__ import annotations

from flowengine import project
from flowengine.live.kind import Question
from flowengine.live.lists import KEY_LENGTH_MAX
from flowengine.live.view import Shown, View
from flowengine.orchestration.floor import floor_of
from flowengine.representations import Json
from flowengine.store.clock import DatabaseClock

_clock = DatabaseClock()


class Floor(View):
    """Where everything stands, and how fast it goes."""

    permission = "view_run"

    def about(self, topic: str) -> tuple[str, ...] | None:
        """The names of the workflows; empty = all."""
        name, colon, written = topic.partition(":")
        if name != self.name or len(written) > KEY_LENGTH_MAX:
            return None
        workflows = tuple(written.split(",")) if colon else ()
        return workflows if all(workflows) else None

    def read(self, question: Question) -> Shown | None:
        """The floor; None where there is none of these workflows."""
        found = floor_of(project.catalog(), _clock.now(), workflows=question.about or None)
        return None if found is None else Shown(whole=found, parts=_parts(found))


def _parts(found: Json) -> dict[tuple[str, str], Json]:
    """Lanes and stations one by one, and what is said of all together."""
    rest = ("bottleneck", "needs", "last_failure_at")
    return {
        **{("lane", each["workflow"]): each for each in found["lanes"]},
        **{("station", each["id"]): each for each in found["stations"]},
        ("floor", ""): {name: found[name] for name in rest},
    }

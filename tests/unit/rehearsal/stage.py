"""Workflows on a stage: played through in memory, with what was told of it."""

from __future__ import annotations

from typing import Any

from flowengine.definitions.catalog import Catalog, gather
from flowengine.definitions.parse import read
from flowengine.engine.event import Event
from flowengine.rehearsal.cues import Cues, play
from flowengine.rehearsal.fakes import Cast, read_fakes
from flowengine.rehearsal.story import Line, Story, span
from flowengine.rehearsal.world import World
from tests.builders.events import NOON, an_event


class Stage:
    """A rehearsal of these files, and what was told of it."""

    def __init__(self, *files: str, fakes: str = "", cues: Cues | None = None) -> None:
        self.lines: list[Line] = []
        documents = [read(text, path=f"{at}.yaml") for at, text in enumerate(files)]
        self.catalog: Catalog = gather(documents)[0]
        self.cast = Cast(fakes=read_fakes(fakes or "x.unused: 1", path="fakes.yaml"))
        self.cues = cues or Cues()
        story = Story(NOON, self.lines.append)
        self.world = World(catalog=self.catalog, player=self.cast, watch=story.watch, now=NOON)

    def play(self, event: Event | None = None, **data: Any) -> Stage:
        play(self.world, event or an_event("a.b", data), self.cues)
        return self

    @property
    def states(self) -> list[str]:
        return [str(run.state) for run in self.world.runs.values()]

    def told(self, subject: str) -> list[str]:
        return [f"{span(each.after)} {each.text}" for each in self.lines if each.subject == subject]


def file(steps: str, **keys: str) -> str:
    """A workflow ``w`` on ``a.b``, in flow style."""
    more = "".join(f"{key.rstrip('_')}: {value}\n" for key, value in keys.items() if key != "on")
    return f"workflow: {keys.get('workflow', 'w')}\non: {keys.get('on', 'a.b')}\n" + (
        more.replace(f"workflow: {keys.get('workflow')}\n", "") + f"steps: {steps}\n"
    )

"""The workflows of a schedule, parsed once per process however many schedules use them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from flowengine.definitions.catalog import Catalog
from flowengine.definitions.check import bind
from flowengine.definitions.model import Workflow
from flowengine.definitions.parse import parse
from flowengine.tasks import registry
from tests.simulation import generator
from tests.simulation import tasks as tasks  # noqa: PLC0414 - registered by being imported

POOL = 300
"""Different ones of each kind: parsing is slow, and two schedules may share a workflow."""


@cache
def _text(kind: str, number: int) -> str:
    source = {
        "main": lambda: generator.main(number),
        "child": lambda: generator.child(number),
        "listener": generator.listener,
    }[kind]()
    return generator.text(source)


@cache
def _workflow(kind: str, number: int) -> Workflow:
    parsed = parse(_text(kind, number), path=f"{kind}.yaml")
    return bind(parsed, registry.signatures())


@dataclass(slots=True)
class Workflows:
    """Which of the pool a project has now."""

    main: int
    child: int

    @staticmethod
    def of(random: Random) -> Workflows:
        """Some."""
        return Workflows(main=random.randrange(POOL), child=random.randrange(POOL))

    def change(self, random: Random) -> None:
        """Somebody writes another ``main``."""
        self.main = random.randrange(POOL)

    def declared(self) -> tuple[Catalog, dict[str, str]]:
        """The catalogue, and the text of each file by the workflow's name."""
        numbers = {"main": self.main, "child": self.child, "listener": 0}
        workflows = {kind: _workflow(kind, number) for kind, number in numbers.items()}
        texts = {kind: _text(kind, number) for kind, number in numbers.items()}
        return Catalog(workflows), texts

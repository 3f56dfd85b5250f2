"""Playing schedules: one, many, the smallest that still fails, and those that failed once."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tests.simulation.faults import Faults
from tests.simulation.model.store import ModelStore
from tests.simulation.shrink import smallest
from tests.simulation.sqlite.store import SqliteStore
from tests.simulation.stores import Store
from tests.simulation.world import Verdict, World

SEEDS = Path(__file__).parent / "seeds"
"""Schedules that failed once, as they were made smaller: they are played again in every run."""
AGAIN = "uv run python -m tests.simulation"
STORES: dict[str, Callable[[], Store]] = {"model": ModelStore, "sqlite": SqliteStore}


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule that failed once."""

    sentence: str
    """What went wrong, for people."""
    store: str
    seed: int
    faults: list[str]
    """Those that it took."""


def play(
    seed: int,
    *,
    store: str = "model",
    faults: Collection[str] | None = None,
    keeps_trace: bool = False,
) -> Verdict:
    """The schedule of that seed on that store; of its faults only these, where some are named."""
    present = STORES[store]()
    with present.installed():
        given = Faults(seed, allowed=faults)
        return World(seed, present, faults=given, keeps_trace=keeps_trace).run()


@dataclass(slots=True)
class Tally:
    """What came of many schedules on one store."""

    store: str = "model"
    schedules: int = 0
    turns: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    failed: Verdict | None = None
    """The first that did not hold."""

    def __str__(self) -> str:
        rate = self.schedules / max(self.seconds, 0.001)
        return (
            f"{self.store}: {self.schedules} schedules, {self.turns} turns,"
            f" {self.faults.total()} faults in {self.seconds:.0f} s ({rate:.0f}/s)"
        )

    def add(self, other: Tally) -> None:
        """What another process played at the same time."""
        self.schedules += other.schedules
        self.turns += other.turns
        self.faults += other.faults
        self.seen += other.seen
        self.seconds = max(self.seconds, other.seconds)
        self.failed = self.failed or other.failed


def play_many(seeds: Iterable[int], *, store: str = "model", seconds: float | None = None) -> Tally:
    """Schedule after schedule, until one fails, all are played, or the time is over."""
    tally = Tally(store)
    began = time.monotonic()
    present = STORES[store]()
    with present.installed():
        for seed in seeds:
            if seconds is not None and time.monotonic() - began > seconds:
                break
            verdict = World(seed, present).run()
            tally.schedules += 1
            tally.turns += verdict.turns
            tally.faults.update(name.partition(" ")[0] for name in verdict.faults)
            tally.seen.update(verdict.seen)
            if verdict.violation:
                tally.failed = verdict
                break
    tally.seconds = time.monotonic() - began
    return tally


def made_smaller(verdict: Verdict, *, store: str = "model") -> Verdict:
    """The same failure with as few faults as it takes, and its trace."""

    def fails(faults: Collection[str]) -> bool:
        return bool(play(verdict.seed, store=store, faults=faults).violation)

    left = smallest(verdict.faults, fails)
    return play(verdict.seed, store=store, faults=left, keeps_trace=True)


def keep(verdict: Verdict, *, store: str) -> Path:
    """Write the schedule down; its sentence is to be put in better words."""
    SEEDS.mkdir(exist_ok=True)
    path = SEEDS / f"{store}-{verdict.seed}.json"
    kept = Kept(sentence=verdict.violation, store=store, seed=verdict.seed, faults=verdict.faults)
    content = json.dumps(msgspec.to_builtins(kept), indent=2)
    path.write_text(content + "\n", encoding="utf-8")
    return path


def kept() -> Iterator[tuple[str, Kept]]:
    """Every schedule that was kept, by the name of its file."""
    for path in sorted(SEEDS.glob("*.json")):
        yield path.stem, msgspec.json.decode(path.read_bytes(), type=Kept)


def story(verdict: Verdict, *, store: str) -> str:
    """What happened, for people."""
    faults = ", ".join(verdict.faults) or "none"
    return "\n".join(
        [
            f"seed {verdict.seed} on {store}: {verdict.violation}",
            f"faults: {faults}",
            *verdict.trace,
            f"again: {AGAIN} --store {store} --from {verdict.seed} --seeds 1",
        ]
    )

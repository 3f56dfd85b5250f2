"""The command: play schedules on both stores, say how many, and fail where one does.

The seeds are always the same ones, from the first on; how many of them are played is a matter of
time. Of the time, the model gets the larger part: more can go wrong there, and it is faster.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, get_args

import django

from flowengine.engine.transitions import Transition
from tests.simulation.faults import KINDS

if TYPE_CHECKING:
    from tests.simulation.play import Tally

SHARE_OF_THE_MODEL = 0.65
ENOUGH = 1_000
"""Schedules on a store in which every kind of fault and of transition must have been seen."""
Part = tuple[argparse.Namespace, int]
"""What was asked for, and which of the processes it is."""


def main() -> int:
    """0 = all held."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    add = parser.add_argument
    add("--seeds", type=int, default=20_000, help="so many schedules on each store")
    add("--from", type=int, default=0, dest="first", help="the first seed")
    add("--seconds", type=float, help="stop after this time")
    add("--store", choices=["model", "sqlite"], help="on this one only")
    add("--processes", type=int, default=1, help="so many share the seeds")
    add("--mutants", action="store_true", help="how soon is each seeded mistake found?")
    chosen = parser.parse_args()
    _set_up()
    parts = [(chosen, part) for part in range(chosen.processes)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(chosen.processes, mp_context=context, initializer=_set_up) as pool:
        if chosen.mutants:
            return max(pool.map(_hunted, parts))
        played = list(pool.map(_played, parts))
    tallies = played[0]
    for others in played[1:]:
        for tally, other in zip(tallies, others, strict=True):
            tally.add(other)
    return _told(tallies)


def _set_up() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()


def _played(part: Part) -> list[Tally]:
    """Its part of the seeds on each store, in a process of its own."""
    from tests.simulation.play import play_many

    chosen, number = part
    seeds = range(chosen.first + number, chosen.first + chosen.seeds, chosen.processes)
    tallies: list[Tally] = []
    left_s: float | None = chosen.seconds
    stores = [chosen.store] if chosen.store else ["model", "sqlite"]
    for place, store in enumerate(stores):
        share = 1.0 if place == len(stores) - 1 else SHARE_OF_THE_MODEL
        tally = play_many(seeds, store=store, seconds=None if left_s is None else left_s * share)
        left_s = None if left_s is None else max(0.0, left_s - tally.seconds)
        tallies.append(tally)
    return tallies


def _told(tallies: Iterable[Tally]) -> int:
    """Say what was played, and of the first that failed all that is known."""
    from tests.simulation.play import keep, made_smaller, story

    failed = 0
    for tally in tallies:
        _say(str(tally))
        _say("  faults: " + ", ".join(f"{kind} {n}" for kind, n in sorted(tally.faults.items())))
        _say("  seen: " + ", ".join(f"{kind} {n}" for kind, n in sorted(tally.seen.items())))
        if tally.failed is not None:
            failed = 1
            smaller = made_smaller(tally.failed, store=tally.store)
            _say(story(smaller, store=tally.store))
            _say(f"kept as {keep(smaller, store=tally.store)}")
        for missing in unseen(tally):
            failed = 1
            _say(f"in {tally.schedules} schedules on {tally.store} never seen: {missing}")
    return failed


def unseen(tally: Tally) -> list[str]:
    """Kinds of faults and of transitions that so many schedules should have had, and did not.

    A simulation that plays on without them shows less than it says.
    """
    from tests.simulation.play import STORES

    if tally.schedules < ENOUGH:
        return []
    can_be = {kind for kinds in KINDS.values() for kind in kinds}
    if not STORES[tally.store]().loses_answers:
        can_be -= set(KINDS["answer"])
    happens = {kind.__name__ for kind in get_args(Transition)}
    return sorted(can_be - set(tally.faults)) + sorted(happens - set(tally.seen))


def _hunted(part: Part) -> int:
    """Its part of the mutants, each from the first seed on; 1 where one is not found in time."""
    from tests.simulation.mutants import FOUND_WITHIN, MUTANTS, hunt

    chosen, number = part
    missed = 0
    for mutant in MUTANTS[number :: chosen.processes]:
        tally = hunt(mutant, range(chosen.first, chosen.first + FOUND_WITHIN))
        if tally.failed is None:
            missed = 1
            _say(f"not found in {tally.schedules}: {mutant.name}")
        else:
            place = tally.failed.seed - chosen.first + 1
            _say(f"{place:>5} schedules: {mutant.name}: {tally.failed.violation[:100]}")
    return missed


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()

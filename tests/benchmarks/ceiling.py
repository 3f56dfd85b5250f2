"""What this machine could do at most: steps that are nothing but their rows and their messages.

A step writes rows to PostgreSQL and goes with a share of a hop through RabbitMQ, whoever does it. What one
row and one hop cost the processors is measured in the same run by the raw limits
(:mod:`tests.benchmarks.limits`): rows in batches of a hundred into a table of four columns and one index, hops
with two hundred on their way. How many rows a step writes is counted by the database. So all cores of the
machine, busy with nothing else, would do

    cores / (rows of a step * cost of a row + hops of a step * cost of a hop)

steps in a second. That is said twice: with the clients' part of these costs (psycopg with lists, and pika), and
with the services' part alone, as if a client cost nothing. Nothing in it decides, reads a row, calls a function
or waits for a disk. A ratio that is more than the second of these cannot be had on the machine by any system that
writes as many rows in such batches; one that is more than the first only by a client that takes less.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Mapping
from enum import StrEnum

from tests.benchmarks.figures import Figure, Mark
from tests.benchmarks.side_by_side import BROKERED, HOP, OURS, RATIOS, ROWS, Turns
from tests.benchmarks.systems import CHAIN_STEPS, CLIENT, WIDE_STEPS

HOPS = {
    ("W0", OURS): 0.0,
    ("W0", BROKERED): 1.0,
    ("W1", OURS): 1 / CHAIN_STEPS,
    ("W2", OURS): 1 / WIDE_STEPS,
}
"""Of a step, at least, by work and system: handed on it takes none, but the event of each run takes one."""


class Clients(StrEnum):
    """Whether the clients of the services are counted."""

    RAW = "raw clients"
    NONE = "no client"


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0))


def steps_per_s(
    cores: int, *, rows: float, row_s: float, hops: float = 0.0, hop_s: float = 0.0
) -> float:
    """Steps in a second that are *rows* and *hops* each, of so many processor seconds."""
    return cores / (rows * row_s + hops * hop_s)


def at_most(turns: Turns, what: str, system: str, clients: Clients, cores: int) -> list[float]:
    """The steps in a second of each turn; empty where something was not measured."""
    measured = (
        turns.runs(f"{what} rows written", system),
        _cost_s(turns, ROWS, "PostgreSQL", clients),
        _cost_s(turns, HOP, "RabbitMQ", clients),
    )
    if not all(measured):
        return []
    hops = HOPS[what, system]
    return [
        steps_per_s(cores, rows=rows, row_s=row_s, hops=hops, hop_s=hop_s)
        for rows, row_s, hop_s in zip(*measured, strict=True)
    ]


def _cost_s(turns: Turns, limit: str, service: str, clients: Clients) -> list[float]:
    """Processor seconds of one row or hop in each turn, of the service and perhaps of its client."""
    parts = (service, CLIENT) if clients is Clients.RAW else (service,)
    runs = [turns.runs(f"W0 processor of {part}", limit) for part in parts]
    return [sum(costs) / 1000 for costs in zip(*runs, strict=True)]


def figures(turns: Turns, cores: int) -> list[Figure]:
    """By work and system, with raw clients and with none; only what was measured."""
    return [
        Figure(name=f"{what} at most, {clients}", system=system, unit="steps/s", runs=tuple(found))
        for what, system in HOPS
        for clients in Clients
        if (found := at_most(turns, what, system, clients, cores))
    ]


def ratios(turns: Turns, clients: Clients, cores: int) -> dict[str, float]:
    """Of those ratios that speak of steps: what they could be at most. Medians of the turns."""
    found = {}
    for name, (above, below) in RATIOS.items():
        ours = at_most(turns, *above, clients, cores) if above in HOPS else []
        other = turns.runs(*below)
        if ours and other:
            found[name] = statistics.median(a / b for a, b in zip(ours, other, strict=True))
    return found


def table(turns: Turns, marks: Mapping[str, Mark], cores: int) -> str:
    """For people: beside each ratio and its mark, what it could be at most."""
    raw, none = (ratios(turns, clients, cores) for clients in Clients)
    measured = turns.ratios()
    lines = [
        f"at most, were a step on {cores} cores nothing but the rows and hops of this run's raw limits,",
        "with raw clients (psycopg, pika) and with none (the services alone):",
    ]
    lines += [
        f"  {f'{each.name}: {each.system}':<64} {each.median:>10,.0f} {each.unit}"
        for each in figures(turns, cores)
    ]
    for name, with_raw in raw.items():
        mark = marks.get(name)
        lines.append(
            f"  {name:<28} mark {mark!s:<7} measured {measured[name]:>6,.2f}"
            f"   at most {with_raw:>6,.2f} with raw clients, {none[name]:>6,.2f} with none"
            f"{_verdict(mark, with_raw, none[name])}"
        )
    return "\n".join(lines)


def _verdict(mark: Mark | None, with_raw: float, with_none: float) -> str:
    if mark is None or mark.is_reached_by(with_raw):
        return ""
    if mark.is_reached_by(with_none):
        return ": the mark is beyond raw clients"
    return ": the mark is beyond this machine"

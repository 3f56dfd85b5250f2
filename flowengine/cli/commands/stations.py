"""List the stations: what waits at each, and whether it gives out work."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine import project
from flowengine.cli.closing import as_json
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal
from flowengine.engine.breaker import Door, Station
from flowengine.representations import instant
from flowengine.store import stations


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``stations``."""
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(options: Namespace, terminal: Terminal) -> int:
    """List."""
    known = stations.every()
    names = sorted({*project.catalog().stations(), "default", *known})
    waiting = stations.ready(names)
    found = [known.get(name, Station(name=name)) for name in names]
    if options.json:
        for each in found:
            terminal.json(as_json(each, waiting[each.name]))
        return Exit.OK
    terminal.table(
        ["station", "door", "ready", "at most", "since", "by", "why"],
        [
            [
                *(each.name, str(each.door), _counted(waiting[each.name])),
                "" if each.cap is None else f"{each.cap.places:,}",
                *(instant(each.since) or "", each.by or _breaker(each), each.reason),
            ]
            for each in found
        ],
    )
    return Exit.OK


def _counted(ready: int) -> str:
    return f"{ready:,}+" if ready == stations.READY_MAX else f"{ready:,}"


def _breaker(station: Station) -> str:
    return "" if station.door is Door.OPEN else "the breaker"

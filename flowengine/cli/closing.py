"""What the commands that close and open stations have in common."""

from __future__ import annotations

import difflib
from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from flowengine import project
from flowengine.cli import asking
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.terminal import Terminal
from flowengine.engine.breaker import Station
from flowengine.representations import instant
from flowengine.store import stations
from flowengine.store.clock import DatabaseClock


def add_arguments(parser: ArgumentParser) -> None:
    """The options of each of them."""
    parser.add_argument("name", metavar="STATION", help="the station's name")
    asking.add_reason(parser)
    parser.add_argument("--json", action="store_true", help="the station as JSON")


def move(act: Callable[..., Station], options: Namespace, terminal: Terminal) -> int:
    """Do it, and say how the station stands."""
    known = {*project.catalog().stations(), "default", *stations.every()}
    if options.name not in known:
        near = difflib.get_close_matches(options.name, known, n=1)
        way = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(sorted(known))}"
        raise Stopped(f"there is no station '{options.name}'; {way}", exit_code=Exit.REFUSED)
    found = act(
        options.name,
        asking.by(options, "view_workerrecord", "pause_station"),
        DatabaseClock().now(),
    )
    if options.json:
        terminal.json(as_json(found, stations.ready([found.name])[found.name]))
    else:
        most = "" if found.cap is None else f", at most {found.cap.places:,} at the same time"
        terminal.data(f"{found.name} {found.door}{most}")
        terminal.next("stations")
    return Exit.OK


def as_json(station: Station, ready: int) -> dict[str, object]:
    """One station, for programs."""
    return {
        "name": station.name,
        "door": str(station.door),
        "ready": ready,
        "since": instant(station.since),
        "due_at": instant(station.due_at),
        "by": station.by,
        "reason": station.reason,
        "fingerprint": station.fingerprint,
        "places": None if station.cap is None else station.cap.places,
    }

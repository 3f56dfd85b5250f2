"""What a bulk act is about: a query that is frozen now, a cause, or a selection that was frozen before."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from flowengine.cli.arguments import id_of
from flowengine.cli.terminal import Terminal
from flowengine.models import SelectionRecord
from flowengine.orchestration import selections
from flowengine.store.newest import Found


def add_choice(parser: ArgumentParser) -> None:
    """``--q``, ``--group`` and ``--selection``, one of them."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--q", metavar="QUERY", help="what it finds now: 'state:open workflow:order'"
    )
    which.add_argument(
        "--group",
        type=id_of("cause", "dead list"),
        metavar="ID",
        help="the open dead letters of that cause",
    )
    which.add_argument(
        "--selection",
        type=id_of("selection", "dead discard --dry-run"),
        metavar="ID",
        help="what was chosen before",
    )


def say_how_far(found: Found[Any], terminal: Terminal) -> None:
    """Say how far a list was looked back, where that was not to the end of all."""
    if found.searched is not None:
        newest = f"{found.searched:,}"
        terminal.say(f"only the newest {newest} were looked at; 'until:' looks further back")


def freeze(options: Namespace, kind: str, who: str) -> SelectionRecord:
    """The selection that is meant; *who* chooses it.

    Raises:
        QueryRefused: the query cannot be understood.
        SelectionRefused: there is nothing, or too much, or no such selection.
    """
    if options.selection is not None:
        return selections.load(options.selection, kind)
    query = options.q if options.group is None else f"group:{options.group} state:open"
    return selections.freeze(kind, query, who)

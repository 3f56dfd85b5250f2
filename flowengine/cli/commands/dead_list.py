"""List causes of dead letters, that which failed last first; with --q, single dead letters."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from flowengine.cli.arguments import add_limit, add_query
from flowengine.cli.chosen import say_how_far
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal
from flowengine.models import DeadLetterRecord
from flowengine.orchestration import dead, selections
from flowengine.orchestration.masked import mask
from flowengine.representations import instant
from flowengine.store.clock import DatabaseClock


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``dead list``."""
    add_query(parser, "state:open workflow:order since:2h")
    parser.add_argument(
        "--all", action="store_true", help="also causes that are snoozed, or have nothing open"
    )
    add_limit(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(options: Namespace, terminal: Terminal) -> int:
    """List."""
    return _letters(options, terminal) if options.q else _groups(options, terminal)


def group_as_json(group: dead.Group) -> dict[str, Any]:
    """A cause; these members stay."""
    row = group.row
    names = ("kind", "code", "title", "error_type", "place", "step", "state", "owner", "note")
    times = ("first_at", "last_at", "state_at", "snoozed_until")
    return {
        "id": str(row.id),
        **{name: getattr(row, name) for name in names},
        "count": group.count,
        "open_count": group.open_count,
        **{name: instant(getattr(row, name)) for name in times},
    }


def letter_as_json(letter: DeadLetterRecord) -> dict[str, Any]:
    """A dead letter without its payloads; these members stay."""
    names = (
        *("kind", "code", "message", "state", "workflow", "digest", "step", "item", "event_type"),
        *("source", "tries", "worker", "version", "fingerprint", "reason", "closed_by"),
    )
    ids = ("id", "group_id", "event_id", "run_id", "replay_id")
    return {
        **{
            name: None if getattr(letter, name) is None else str(getattr(letter, name))
            for name in ids
        },
        **{name: getattr(letter, name) for name in names},
        "created_at": instant(letter.created_at),
        "closed_at": instant(letter.closed_at),
    }


def _groups(options: Namespace, terminal: Terminal) -> int:
    wanted = dead.Wanted(with_closed=options.all, with_snoozed=options.all)
    found = dead.groups(wanted, limit=options.limit)
    if options.json:
        for each in found:
            terminal.json(mask().value(group_as_json(each)))
        return Exit.OK
    if not found:
        terminal.say("nothing is dead")
        return Exit.OK
    terminal.table(
        ["cause", "open", "state", "error", "step", "place", "last", "message"],
        [
            [
                *(str(each.row.id), str(each.open_count), each.row.state),
                *(each.row.error_type or each.row.code, each.row.step, each.row.place),
                *(instant(each.row.last_at) or "", mask().text(each.row.title)),
            ]
            for each in found
        ],
    )
    terminal.next(f"dead group {found[0].row.id}")
    return Exit.OK


def _letters(options: Namespace, terminal: Terminal) -> int:
    chosen = selections.parse(options.q, "dead_letter", DatabaseClock().now())
    found = selections.page("dead_letter", chosen, limit=options.limit)
    say_how_far(found, terminal)
    if options.json:
        for each in found:
            terminal.json(mask().value(letter_as_json(each)))
        return Exit.OK
    if not found:
        terminal.say("no dead letters")
        return Exit.OK
    terminal.table(
        ["id", "kind", "state", "workflow", "step", "created", "message"],
        [
            [
                *(str(each.id), each.kind, each.state, each.workflow, each.step or ""),
                *(instant(each.created_at) or "", mask().text(each.message)),
            ]
            for each in found
        ],
    )
    terminal.next(f"dead show {found[0].id}")
    return Exit.OK

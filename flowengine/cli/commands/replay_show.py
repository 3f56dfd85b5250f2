"""Show how a replay goes, or follow it until it ends."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from flowengine.cli import replay_lines
from flowengine.cli.arguments import add_limit
from flowengine.cli.exits import Exit
from flowengine.cli.replay_progress import follow
from flowengine.cli.steering import id_of_replay
from flowengine.cli.terminal import Terminal
from flowengine.orchestration import replay
from flowengine.orchestration.masked import mask

_STATES = ("pending", "sent", "succeeded", "failed", "skipped", "refused")


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``replay show``."""
    parser.add_argument("id", type=id_of_replay, metavar="ID", help="the replay's id")
    parser.add_argument("--follow", action="store_true", help="until it ends")
    parser.add_argument("--items", choices=["all", *_STATES], help="what became of each of these")
    add_limit(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(options: Namespace, terminal: Terminal) -> int:
    """Show it; with --follow, 0 only where nothing failed."""
    if options.follow:
        return follow(options.id, terminal, as_json=options.json)
    found = replay.status(options.id)
    if options.items:
        return _items(options, terminal)
    if options.json:
        terminal.json(replay_lines.as_json(found))
        return Exit.OK
    for line in replay_lines.in_lines(found):
        terminal.data(line)
    terminal.next(f"replay show {found.id} --items all")
    return Exit.OK


def _items(options: Namespace, terminal: Terminal) -> int:
    state = "" if options.items == "all" else options.items
    found = replay.items(options.id, state=state, limit=options.limit)
    if options.json:
        for each in found:
            terminal.json(mask().value(asdict(each)))
        return Exit.OK
    terminal.table(
        ["", "original", "state", "run", "why"],
        [
            [
                *(str(each.n), str(each.object_id), each.state, str(each.run_id or "")),
                mask().text(each.detail),
            ]
            for each in found
        ],
    )
    return Exit.OK

"""List replays, the newest first."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.cli import replay_lines
from flowengine.cli.arguments import add_limit
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal
from flowengine.orchestration import replay
from flowengine.representations import instant


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``replay list``."""
    add_limit(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(options: Namespace, terminal: Terminal) -> int:
    """List."""
    found = replay.newest(options.limit)
    if options.json:
        for each in found:
            terminal.json(replay_lines.as_json(each))
        return Exit.OK
    if not found:
        terminal.say("no replays")
        return Exit.OK
    terminal.table(
        ["id", "state", "mode", "done", "failed", "created", "by", "reason"],
        [
            [
                *(str(each.id), each.state, each.mode),
                *(f"{replay_lines.ended(each)}/{each.total}", str(each.failed)),
                *(instant(each.created_at) or "", each.by, each.reason),
            ]
            for each in found
        ],
    )
    terminal.next(f"replay show {found[0].id}")
    return Exit.OK

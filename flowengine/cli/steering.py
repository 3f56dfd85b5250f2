"""What the commands that steer a replay have in common."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from flowengine.access import SEE
from flowengine.cli import asking, replay_lines
from flowengine.cli.arguments import id_of
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal
from flowengine.orchestration.replay import Replay, needs, status

id_of_replay = id_of("replay", "replay list")


def add_arguments(parser: ArgumentParser) -> None:
    """The options of each of them."""
    parser.add_argument("id", type=id_of_replay, metavar="ID", help="the replay's id")
    asking.add_reason(parser)
    parser.add_argument("--json", action="store_true", help="the replay as JSON")


def steer(act: Callable[..., Replay], options: Namespace, terminal: Terminal) -> int:
    """Do it, and say how the replay stands."""
    held = status(options.id)
    wanted = needs(held.mode, held.options, act)
    found = act(options.id, asking.by(options, SEE[held.kind], *wanted))
    if options.json:
        terminal.json(replay_lines.as_json(found))
    else:
        terminal.data(f"{found.id} {found.state}")
        terminal.next(f"replay show {found.id} --follow")
    return Exit.OK

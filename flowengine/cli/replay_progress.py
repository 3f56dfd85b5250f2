"""Following a replay in the terminal until it ends: drawn in place, or line by line where nobody looks."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from uuid import UUID

from flowengine.cli import replay_lines
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal, clean
from flowengine.orchestration import replay
from flowengine.orchestration.replay import Replay, ReplayState

LOOK_EVERY_S = 0.5
_ENDED = frozenset({ReplayState.DONE, ReplayState.STOPPED})


def add_no_follow(parser: ArgumentParser) -> None:
    """``--no-follow``, of the commands that begin a replay."""
    parser.add_argument("--no-follow", action="store_true", help="begin, and do not watch")


def go_on(begun: Replay, options: Namespace, terminal: Terminal, *, as_json: bool = False) -> int:
    """What comes after the beginning: its end, or where nobody wants to wait for it, how one sees it.

    What has been proposed only begins when somebody else approves it: it is not waited for.
    """
    if not as_json:
        terminal.data(f"replay {begun.id} {begun.state}")
    if begun.state == ReplayState.PROPOSED:
        terminal.say("somebody else has to approve its edits")
        terminal.next(f"replay approve {begun.id} --as …")
    elif not options.no_follow:
        return follow(begun.id, terminal, as_json=as_json)
    if as_json:
        terminal.json(replay_lines.as_json(begun))
    terminal.next(f"replay show {begun.id} --follow")
    return Exit.OK


def follow(
    replay_id: UUID,
    terminal: Terminal,
    *,
    as_json: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Show the replay until it is over; 0 where nothing of it failed. ctrl-c leaves; it goes on."""
    shown = _Shown(terminal)
    try:
        while True:
            found = replay.status(replay_id)
            shown.look(found)
            if found.state in _ENDED and found.sent == found.succeeded + found.failed:
                break
            sleep(LOOK_EVERY_S)
    except KeyboardInterrupt:
        terminal.say(
            f"\nleft; the replay goes on ({terminal.prog} replay show {replay_id} --follow)"
        )
        terminal.say(f"  hint: {terminal.prog} replay stop {replay_id} sends nothing more")
        return Exit.INTERRUPTED
    if as_json:
        terminal.json(replay_lines.as_json(found))
    terminal.say(clean(str(found.verdict.get("words", ""))))
    if found.failed:
        terminal.next(f"dead list --q 'replay:{found.id} state:open'")
    return Exit.OK if found.state == ReplayState.DONE and not found.failed else Exit.FAILED


class _Shown:
    """What the terminal shows of one replay."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._told = ""
        self._began: tuple[float, int] | None = None
        """When the first look was, by the monotonic clock, and how many had ended then."""

    def look(self, found: Replay) -> None:
        """Show the present."""
        line = replay_lines.in_a_line(found, rate=self._rate(found))
        if self._terminal.is_live:
            end = "\n" if found.state in _ENDED else ""
            self._terminal.draw(f"\r\x1b[K{line}{end}")
        elif found.state != self._told:
            self._terminal.say(line)
        self._told = found.state

    def _rate(self, found: Replay) -> float:
        """Ends per second since the first look; 0 = nobody knows yet."""
        now, count = time.monotonic(), replay_lines.ended(found)
        if self._began is None:
            self._began = (now, count)
        began, before = self._began
        return (count - before) / (now - began) if now > began else 0.0

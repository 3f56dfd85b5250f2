"""Make the workflow files what new runs are started from; open runs keep the version they have."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Style, Terminal, clean, styled
from flowengine.orchestration.sync import sync_project
from flowengine.orchestration.versions import Behind, behind, differences, digests
from flowengine.store.clock import DatabaseClock

_SIGNS = {
    "added": ("+", Style.GREEN),
    "changed": ("~", Style.YELLOW),
    "unchanged": ("=", Style.DIM),
    "removed": ("-", Style.RED),
}


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``sync``."""
    parser.add_argument(
        "--json", action="store_true", help="names by what became of them, changes, open runs"
    )


def run(options: Namespace, terminal: Terminal) -> int:
    """Synchronise, or say what is wrong with the files and change nothing."""
    before = digests()
    done = asdict(sync_project(now=DatabaseClock().now()))
    after = digests()
    changed = differences(before, after)
    left = behind(after.values())
    if options.json:
        texts = {name: [str(each) for each in found] for name, found in changed.items()}
        terminal.json({**done, "changes": texts, "open_runs": [asdict(each) for each in left]})
        return Exit.OK
    for what, (sign, style) in _SIGNS.items():
        for name in done[what]:
            terminal.data(f"{styled(sign, style)} {name} {what}")
            for change in changed.get(name, ()):
                terminal.data(f"    {clean(str(change))}")
    for each in left:
        terminal.say(_left(each, is_removed=each.workflow not in after))
    if not any(done.values()):
        terminal.say("no workflow files; they are workflows/*.yaml of an installed app")
        return Exit.OK
    terminal.next("worker")
    return Exit.OK


def _left(each: Behind, *, is_removed: bool) -> str:
    runs = "1 open run stays" if each.count == 1 else f"{each.count} open runs stay"
    why = ", which takes no new ones" if is_removed else ""
    return f"{runs} on version {each.digest[:8]} of {each.workflow}{why}"

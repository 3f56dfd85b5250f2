"""End a run early: what waits ends at once, a step that runs is told and awaited.

Or all runs that a query finds: those that have ended stay as they are.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.cli import telling
from flowengine.cli.commands.run import find
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.terminal import Terminal
from flowengine.engine.states import FINAL_RUN_STATES, RunState
from flowengine.orchestration import acts
from flowengine.orchestration.replay import Bulk


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``cancel``."""
    telling.add_arguments(parser, "cancel")
    parser.add_argument(
        "--hooks", action="store_true", help="of one run that has ended, end the hooks at work"
    )


def run(options: Namespace, terminal: Terminal) -> int:
    """Cancel; one is refused where it has ended, or is being cancelled already."""
    if options.id is None:
        return telling.tell_many(Bulk.CANCEL, options, terminal)
    by = telling.by(options, Bulk.CANCEL)
    before = find(options.id)
    if options.dry_run:
        terminal.data(f"{before.id} {before.state}")
        return Exit.OK
    changed = acts.cancel(before.id, by, hooks=options.hooks)
    after = find(options.id)
    if not changed:
        what = "has ended" if after.state in FINAL_RUN_STATES else "is being cancelled already"
        raise Stopped(f"run {after.id} {what}: it is {after.state}", exit_code=Exit.REFUSED)
    terminal.data(f"{after.id} {after.state}")
    if after.state == RunState.CANCELLING:
        terminal.say("a step of it is running; it is told, and awaited")
        terminal.next(f"run {after.id} --follow")
    return Exit.OK

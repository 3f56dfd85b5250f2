"""End a run early: what waits ends at once, a step that runs is told and awaited."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.cli import asking
from flowengine.cli.arguments import id_of_run
from flowengine.cli.commands.run import find
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.terminal import Terminal
from flowengine.engine.states import FINAL_RUN_STATES, RunState
from flowengine.orchestration import acts


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``cancel``."""
    parser.add_argument("id", type=id_of_run, metavar="ID", help="the run's id")
    asking.add_reason(parser)
    parser.add_argument(
        "--hooks", action="store_true", help="of a run that has ended, end the hooks at work"
    )


def run(options: Namespace, terminal: Terminal) -> int:
    """Cancel; refused where the run has ended, or is being cancelled already."""
    by = asking.by(options, "view_run", "cancel_run")
    before = find(options.id)
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

"""Show one run: how it stands, its steps, and why it failed."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from uuid import UUID

from flowengine.cli.arguments import id_of_run
from flowengine.cli.commands.runs import as_json
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.follow import follow
from flowengine.cli.program import COMMANDS
from flowengine.cli.run_lines import lines
from flowengine.cli.terminal import Style, Terminal, clean, styled
from flowengine.engine.run import Failure
from flowengine.models import RunRecord
from flowengine.orchestration.masked import mask
from flowengine.store import progress
from flowengine.store.clock import DatabaseClock


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``run``."""
    parser.add_argument("id", type=_which, metavar="ID", help="the run's id")
    parser.add_argument("--follow", action="store_true", help="until it ends")
    parser.add_argument("--json", action="store_true", help="its state, steps and history as JSON")


def run(options: Namespace, terminal: Terminal) -> int:
    """Show it; with --follow, 0 only where it succeeded."""
    if options.follow:
        return follow([options.id], terminal)
    found = find(options.id)
    failure = progress.failure(found)
    view = progress.views([found])[found.id]
    if options.json:
        told = {
            **as_json(found),
            "percent": view["percent"],
            "steps": view["steps"],
            "failure": _failure_json(failure),
            "history": [
                {"n": fact.n, "at": fact.at, **fact.transition}
                for fact in progress.facts({found.id: 0})[found.id]
            ],
        }
        terminal.json(mask().value(told))
        return Exit.OK
    terminal.data(f"run {found.id} of {found.workflow} {found.digest[:8]}, event {found.event_id}")
    for line in lines(view, DatabaseClock().now()):
        terminal.data(line)
    if failure is not None:
        where = f" in {failure.step}" if failure.step else ""
        text = mask().text(f"{failure.code}{where}: {failure.message}")
        terminal.data(f"  {styled(clean(text), Style.RED)}")
    return Exit.OK


def find(run_id: UUID) -> RunRecord:
    """The run of that id.

    Raises:
        Stopped: there is none; with the reason, where its event was answered without one.
    """
    found = progress.runs([run_id]).get(run_id)
    if found is not None:
        return found
    ended = progress.ended([run_id]).get(run_id)
    if ended is not None:
        record, outcome = ended
        raise Stopped(
            f"'{record.workflow}' answered event {record.event_id} with {outcome}: no run"
        )
    raise Stopped(f"there is no run {run_id}", hint="its event may not be routed yet")


def _which(text: str) -> UUID:
    if text in COMMANDS:
        raise ArgumentTypeError(
            f"'{text}' is a command of its own: write '{text} …', without 'run'"
        )
    return id_of_run(text)


def _failure_json(failure: Failure | None) -> dict[str, str | None] | None:
    if failure is None:
        return None
    return {"code": failure.code, "message": failure.message, "step": failure.step}

"""Start a workflow by hand, as its button does; it has a `manual` trigger."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.api import start
from flowengine.cli import people
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.follow import follow
from flowengine.cli.given import pairs, parse_data
from flowengine.cli.terminal import Terminal


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``run start``."""
    parser.add_argument("workflow", metavar="WORKFLOW", help="its name")
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="an input; a value that is JSON is taken as such, all else as text",
    )
    parser.add_argument(
        "-d", "--data", metavar="JSON|@FILE|-", help="all inputs as one JSON object"
    )
    parser.add_argument(
        "--actor", metavar="NAME|KEY", help="the user who starts it, and may watch it"
    )
    parser.add_argument("--follow", action="store_true", help="show the run until it ends")
    parser.add_argument("--json", action="store_true", help="the ids as JSON")


def run(options: Namespace, terminal: Terminal) -> int:
    """Start; with --follow, 0 only where it succeeded."""
    whole = {} if options.data is None else parse_data(options.data)
    if not isinstance(whole, dict):
        raise Stopped("--data: inputs are a JSON object", exit_code=Exit.USAGE)
    inputs = {**whole, **pairs(options.input, "--input")}
    actor = None if options.actor is None else people.user(options.actor)
    emitted = start(options.workflow, inputs, actor=actor)
    [run_id] = emitted.run_ids.values()
    if options.json:
        terminal.json({"event_id": str(emitted.event_id), "run_id": str(run_id)})
    else:
        terminal.data(f"run {run_id} {options.workflow}")
    if options.follow:
        return follow([run_id], terminal)
    terminal.next(f"run {run_id} --follow")
    return Exit.OK

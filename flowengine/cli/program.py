"""The program: finds the command, makes Django ready, runs it, and ends with a code.

A command is a module of ``flowengine.cli.commands`` with ``add_arguments(parser)`` and
``run(options, terminal) -> int``, and with ``needs_project(options) -> bool`` where it can do without.
It is imported only when it is called, and after Django is ready, because it imports models.
"""

from __future__ import annotations

import difflib
import os
import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from io import StringIO
from typing import Any

import flowengine
from flowengine.cli import environment
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.terminal import Terminal

COMMANDS = {
    "demo": "serve a small shop whose orders move down the line: nothing to set up",
    "init": "write a first workflow, its tasks and a page into an app of this project",
    "dev": "serve this project with a worker in the same process, reloading on changes",
    "worker": "do the work: route events, run steps, publish, watch the clock",
    "check": "find what is wrong with workflow files",
    "fmt": "put the keys of workflow files in order",
    "graph": "draw a workflow",
    "schema": "print the JSON Schema of workflow files",
    "try": "play a workflow through in memory, without broker and database",
    "sync": "make the workflow files what new runs are started from",
    "emit": "emit an event, and follow what it starts",
    "runs": "list runs",
    "run": "show one run",
    "run start": "start a workflow by hand",
    "run answer": "answer an approval",
    "run resume": "go on with a failed or held run",
    "run give-up": "hold a held run no longer",
    "events": "list events, and what each workflow answered",
    "explain": "tell what each workflow says to an event, and why",
    "cancel": "end a run early, or all that a query finds",
    "hold": "let a run, or all that a query finds, begin no further step",
    "release": "let runs that somebody holds go on",
    "dead list": "list causes of dead letters",
    "dead show": "show one dead letter with all its tries",
    "dead group": "show one cause, or do something about it",
    "dead discard": "close dead letters that nobody needs",
    "replay": "send what died, ran or came through the line again",
    "replay list": "list replays",
    "replay show": "show how a replay goes, or follow it",
    "replay approve": "let a proposed replay begin",
    "replay pause": "send nothing more of a replay for a while",
    "replay slower": "let a replay go half as fast",
    "replay resume": "go on with a paused replay",
    "replay stop": "send nothing more of a replay, for good",
    "prune": "delete what is over and older than the settings keep it",
    "stations": "list stations, and which are closed",
    "stations pause": "close a station",
    "stations resume": "open a station",
    "stations drain": "open a station at a measured pace",
    "stations limit": "say how much a station does at the same time",
    "topology": "show, declare or export the broker's exchanges and queues",
}
"""Every command, in the order of the help."""
DEMO = "flowengine.demo.serve"
_MODULES = {"try": "rehearse"}
"""Commands whose name Python keeps for itself."""


def main(
    argv: Sequence[str] | None = None,
    *,
    prog: str = "flowengine",
    terminal: Terminal | None = None,
) -> int:
    """Run one command line (None = the process's own); the exit code."""
    terminal = terminal or Terminal(prog=prog)
    given = sys.argv[1:] if argv is None else list(argv)
    options, rest = _common(prog).parse_known_args(given)
    try:
        return _run(rest, options, terminal)
    except BrokenPipeError:
        # Whoever read stdout has gone, as ``| head`` does; nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return Exit.FAILED
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - said to people, with a code
        # Late: it imports Django's errors, and most commands have none.
        trouble = import_module("flowengine.cli.trouble")
        return int(trouble.report(error, terminal, debug=options.debug))


def _run(given: list[str], options: Namespace, terminal: Terminal) -> int:
    if not given or given[0].startswith("-"):
        return _overview(given, terminal)
    name, *rest = given
    if rest and f"{name} {rest[0]}" in COMMANDS:
        name, rest = f"{name} {rest[0]}", rest[1:]
    if name not in COMMANDS:
        near = [each for each in COMMANDS if each.startswith(f"{name} ")]
        near = near or difflib.get_close_matches(name, COMMANDS, n=1)
        many = f"there are: {', '.join(near or COMMANDS)}"
        way = f"did you mean '{near[0]}'?" if len(near) == 1 else many
        raise Stopped(f"there is no command '{name}'", hint=way, exit_code=Exit.USAGE)
    if name == "demo":
        environment.refuse_inside_project()
        return int(import_module(DEMO).main(rest))
    # Files for themselves are looked at even where the settings that are named cannot be read.
    is_bare = "--standalone" in rest
    has_project = not is_bare and environment.prepare(options.settings, options.pythonpath)
    if is_bare:
        environment.prepare_without_project()
    module = import_module(f"flowengine.cli.commands.{_module_of(name)}")
    parsed = _parse(module, name, rest, terminal)
    if isinstance(parsed, int):
        return parsed
    if not has_project and getattr(module, "needs_project", _always)(parsed):
        raise environment.no_project(terminal.prog, name)
    return int(module.run(parsed, terminal))


def _module_of(name: str) -> str:
    return _MODULES.get(name, name.replace(" ", "_").replace("-", "_"))


def _always(_options: Namespace) -> bool:
    return True


def _parse(module: Any, name: str, rest: list[str], terminal: Terminal) -> Namespace | int:
    """The command's options; the exit code where argparse has already answered."""
    parser = ArgumentParser(
        prog=f"{terminal.prog} {name}",
        description=module.__doc__,
        parents=[_common(terminal.prog)],
        allow_abbrev=False,
        formatter_class=RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    out, err = StringIO(), StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            return parser.parse_args(rest)
    except SystemExit as end:
        if out.getvalue():
            terminal.data(out.getvalue().rstrip())
        if err.getvalue():
            terminal.say(err.getvalue().rstrip())
        return Exit.USAGE if end.code else Exit.OK


def _common(prog: str) -> ArgumentParser:
    """What every command understands."""
    parser = ArgumentParser(prog=prog, add_help=False, allow_abbrev=False)
    group = parser.add_argument_group("everywhere")
    group.add_argument("--settings", metavar="MODULE", help="the project's settings module")
    group.add_argument("--pythonpath", metavar="DIR", help="where to import it from (default: .)")
    group.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def _overview(given: list[str], terminal: Terminal) -> int:
    if "--version" in given:
        terminal.data(flowengine.__version__)
        return Exit.OK
    size = max(len(name) for name in COMMANDS)
    lines = [f"  {name:<{size}}  {text}" for name, text in COMMANDS.items()]
    text = "\n".join(
        [
            f"usage: {terminal.prog} COMMAND …",
            "",
            *lines,
            "",
            f"{terminal.prog} COMMAND --help says more.",
        ]
    )
    if given:
        terminal.data(text)
        return Exit.OK
    terminal.say(text)
    return Exit.USAGE

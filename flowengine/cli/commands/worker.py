"""Do the work: route events, run the steps of stations, publish what is due, watch the clock.

One process does all of it; --roles and --stations take parts of it apart. SIGTERM or ctrl-c drains:
what runs may finish, the rest is handed back. A second one hands everything back at once.
"""

from __future__ import annotations

import difflib
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace

from django.core.checks import ERROR, run_checks
from django.db import InterfaceError, OperationalError

from flowengine import project
from flowengine.broker.connect import without_password
from flowengine.checks import TAG
from flowengine.cli import reloading
from flowengine.cli.arguments import PLACES_MAX, whole
from flowengine.cli.embedded import Embedded, log_to_stderr
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.terminal import Style, Terminal, clean, styled
from flowengine.conf import settings
from flowengine.store import definitions, sql
from flowengine.worker.liveness import WORKER_ID
from flowengine.worker.main import run as work
from flowengine.worker.program import ROLES, WorkerOptions

_DEFAULTS = WorkerOptions()


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``worker``."""
    parser.add_argument(
        "--stations", type=_names, metavar="A,B", help="which stations to serve (default: all)"
    )
    parser.add_argument(
        "--roles",
        type=_roles,
        default=_DEFAULTS.roles,
        metavar="A,B",
        help=f"what to do of {', '.join(sorted(ROLES))} (default: all)",
    )
    parser.add_argument(
        "--concurrency",
        type=whole(1, PLACES_MAX),
        default=_DEFAULTS.concurrency,
        metavar="N",
        help=f"steps at the same time, in each process (default: {_DEFAULTS.concurrency})",
    )
    parser.add_argument(
        "--processes",
        type=whole(1, PLACES_MAX),
        default=1,
        metavar="N",
        help="processes (default: 1)",
    )
    parser.add_argument(
        "--reload", action="store_true", help="start again when code or a workflow file changes"
    )


def run(options: Namespace, terminal: Terminal) -> int:
    """Work until told to stop."""
    wanted = WorkerOptions(
        roles=options.roles,
        stations=options.stations,
        concurrency=options.concurrency,
        processes=options.processes,
    )
    if options.reload and options.processes > 1:
        raise Stopped("--reload works in one process", exit_code=Exit.USAGE)
    log_to_stderr()
    if not (reloading.is_child() or WORKER_ID in os.environ):  # the parent has said it
        _say_what_is_wrong(terminal)
        _say_what_will_be_done(wanted, terminal)
    if options.reload:
        return reloading.serve(lambda: _work_until_reloaded(wanted))
    if options.processes > 1:
        _let_children_import()
    return work(wanted)


def _work_until_reloaded(wanted: WorkerOptions) -> None:
    Embedded(wanted, name="flowengine worker").wait()


def _say_what_is_wrong(terminal: Terminal) -> None:
    """The project's system checks of flowengine. None of them keeps a worker from what it can do."""
    for found in run_checks(tags=[TAG]):
        if found.is_silenced():
            continue
        is_error = found.level >= ERROR
        label = styled("error" if is_error else "warning", Style.RED if is_error else Style.YELLOW)
        terminal.say(f"{label}: {clean(str(found.msg))} ({found.id})")
        if found.hint:
            terminal.say(f"  hint: {clean(str(found.hint))}")


def _say_what_will_be_done(wanted: WorkerOptions, terminal: Terminal) -> None:
    known = sorted({*project.catalog().stations(), "default"})
    for name in set(wanted.stations or ()) - set(known):
        near = difflib.get_close_matches(name, known, n=1)
        way = f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(known)}"
        terminal.say(f"warning: no workflow has a station '{name}'{way}")
    if _database_is_there() and not definitions.active():
        terminal.say("warning: no workflow is synchronised, so no event starts a run")
        terminal.say(f"  hint: {terminal.prog} sync")
    places = f"{wanted.concurrency} places"
    if wanted.processes > 1:
        places = f"{wanted.processes} processes with {places} each"
    terminal.say(
        f"working: {', '.join(sorted(wanted.roles))};"
        f" stations {', '.join(wanted.stations or known)}; {places};"
        f" broker {without_password(settings().BROKER_URL)}"
    )
    terminal.say("ctrl-c drains: what runs may finish")


def _database_is_there() -> bool:
    """False where a server does not answer: a worker may be started before it, and waits."""
    try:
        sql.connection().ensure_connection()
    except (OperationalError, InterfaceError):
        if not sql.is_postgresql():
            raise
        return False
    return True


def _let_children_import() -> None:
    """Child processes find the project where this one did: beside ``manage.py``, or here."""
    paths = [sys.path[0], *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(filter(None, (name.strip() for name in text.split(",")))))
    if not names:
        raise ArgumentTypeError("name at least one, separated by commas")
    return names


def _roles(text: str) -> frozenset[str]:
    roles = frozenset(_names(text))
    unknown = sorted(roles - ROLES)
    if unknown:
        near = difflib.get_close_matches(unknown[0], ROLES, n=1)
        way = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(sorted(ROLES))}"
        raise ArgumentTypeError(f"'{unknown[0]}' is no role; {way}")
    return roles

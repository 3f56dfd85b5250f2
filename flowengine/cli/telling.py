"""Cancel, hold and release: one run by its id, or all that a query finds, planned first."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.cli import asking
from flowengine.cli.arguments import id_of, id_of_run
from flowengine.cli.exits import Exit
from flowengine.cli.replay_progress import add_no_follow, go_on
from flowengine.cli.terminal import Terminal, clean
from flowengine.orchestration import replay, selections
from flowengine.orchestration.audit import By, wants_reason
from flowengine.orchestration.replay import Bulk, telling_runs


def add_arguments(parser: ArgumentParser, command: str) -> None:
    """An id, ``--q`` or ``--selection``, one of them; and what goes with an act upon many."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("id", type=id_of_run, nargs="?", metavar="ID", help="the run's id")
    which.add_argument(
        "--q", metavar="QUERY", help="what it finds now: 'workflow:order state:running'"
    )
    which.add_argument(
        "--selection",
        type=id_of("selection", f"{command} --dry-run"),
        metavar="ID",
        help="what was chosen before",
    )
    asking.add_reason(parser)
    asking.add_confirmation(parser)
    add_no_follow(parser)


def by(options: Namespace, mode: Bulk) -> By:
    """Who does it, if he may."""
    return asking.by(options, "view_run", mode.permission)


def tell_many(mode: Bulk, options: Namespace, terminal: Terminal) -> int:
    """Say what was chosen and how it stands, ask, begin, and follow it to its end."""
    who = by(options, mode)
    if not options.dry_run:
        wants_reason(who)
    if options.selection is not None:
        chosen = selections.load(options.selection, "run")
    else:
        chosen = selections.freeze("run", options.q, who.who)
    terminal.say(clean(f"{chosen.count:,} chosen: {chosen.words}"))
    for state, count in telling_runs.plan(mode, chosen.id).items():
        stays = "" if state in telling_runs.fits(mode) else ", stay as they are"
        terminal.say(f"  {count:,} {state}{stays}")
    if options.dry_run:
        terminal.data(f"selection {chosen.id}")
        terminal.next(f"{mode} --selection {chosen.id} --reason …")
        return Exit.OK
    asking.confirm(f"{mode.capitalize()} these {chosen.count:,}?", options, terminal)
    act = replay.tell_runs(mode, chosen.id, who)
    if act.ended_at is None:
        return go_on(act, options, terminal)
    terminal.data(act.verdict["words"])
    return Exit.OK

"""Asking before something is done; off a terminal nobody is asked, and ``--yes`` has to say it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from flowengine.cli import people
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.terminal import Terminal
from flowengine.orchestration.audit import By


def add_confirmation(parser: ArgumentParser) -> None:
    """``--yes`` and ``--dry-run`` of what is done to many things."""
    parser.add_argument("--yes", action="store_true", help="do not ask; needed off a terminal")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, no more")


def add_reason(parser: ArgumentParser) -> None:
    """``--reason`` of what is written down, and ``--as`` of who does it."""
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; kept in the audit")
    parser.add_argument(
        "--as",
        dest="named",
        metavar="USER",
        help="the user who does it, by name or key, with his permissions; else you, who type",
    )


def by(options: Namespace, *needs: str) -> By:
    """Who does it, why, and from where.

    Args:
        options: of the command.
        needs: the permissions of ``flowengine`` without which a user may not.

    Raises:
        Stopped: the user who is named may not, or there is none.
    """
    who = people.acting(options.named, needs)
    return By(who=who, reason=options.reason, door="cli", address=people.place())


def confirm(question: str, options: Namespace, terminal: Terminal) -> None:
    """Go on only where somebody agrees.

    Raises:
        Stopped: nobody does, or nobody can be asked.
    """
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise Stopped(
            f"{question} Nobody can be asked here.", hint="--yes does it", exit_code=Exit.USAGE
        )
    terminal.draw(f"{question} [y/N] ")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise Stopped("nothing was done", exit_code=Exit.REFUSED)

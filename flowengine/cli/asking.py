"""Asking before something is done; off a terminal nobody is asked, and ``--yes`` has to say it."""

from __future__ import annotations

import socket
import sys
from argparse import ArgumentParser, Namespace

from flowengine.cli import people
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.terminal import Terminal
from flowengine.orchestration.groups import By


def add_confirmation(parser: ArgumentParser) -> None:
    """``--yes`` and ``--dry-run`` of what is done to many things."""
    parser.add_argument("--yes", action="store_true", help="do not ask; needed off a terminal")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, no more")


def add_reason(parser: ArgumentParser) -> None:
    """``--reason`` of what is written down."""
    parser.add_argument("--reason", default="", metavar="TEXT", help="why; kept in the audit")


def by(options: Namespace) -> By:
    """Who types, why, and on which host."""
    return By(
        who=people.operator(), reason=options.reason, door="cli", address=socket.gethostname()
    )


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

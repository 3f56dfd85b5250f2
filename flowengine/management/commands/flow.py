"""``manage.py flow …``: the program ``flowengine``, inside a project."""

from __future__ import annotations

import sys
from argparse import REMAINDER
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from flowengine.cli import main
from flowengine.cli.terminal import Terminal

PROG = "manage.py flow"


class Command(BaseCommand):
    """Hands its arguments over as they are."""

    help = "flowengine's commands: manage.py flow --help"
    requires_system_checks = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Called by ``manage.py``: even ``--help`` is the program's own."""
        sys.exit(main(argv[2:], prog=PROG))

    def add_arguments(self, parser: CommandParser) -> None:
        """For ``call_command("flow", "check", …)``."""
        parser.add_argument("arguments", nargs=REMAINDER)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run it; an exit code that is not 0 is raised as ``SystemExit``."""
        code = main(options["arguments"], terminal=Terminal(self.stdout, self.stderr, prog=PROG))
        if code:
            sys.exit(code)

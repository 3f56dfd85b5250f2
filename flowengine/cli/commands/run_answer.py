"""Answer an approval for a user whom it asks."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.cli import people
from flowengine.cli.arguments import id_of_run
from flowengine.cli.commands.run import find
from flowengine.cli.exits import Exit
from flowengine.cli.given import pairs
from flowengine.cli.terminal import Terminal
from flowengine.orchestration import acts
from flowengine.orchestration.audit import By


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``run answer``."""
    parser.add_argument("id", type=id_of_run, metavar="RUN", help="the run's id")
    parser.add_argument("step", metavar="STEP", help="the approval; STEP.3 in the fourth of a loop")
    answers = parser.add_mutually_exclusive_group(required=True)
    answers.add_argument("--approve", action="store_true", help="yes")
    answers.add_argument("--reject", action="store_true", help="no; one no rejects")
    parser.add_argument(
        "--user", required=True, metavar="NAME|KEY", help="who answers; somebody who is asked"
    )
    parser.add_argument("--comment", default="", metavar="TEXT")
    parser.add_argument(
        "--form", action="append", default=[], metavar="NAME=VALUE", help="a field of its form"
    )


def run(options: Namespace, terminal: Terminal) -> int:
    """Answer; refused where nobody is asked that any more, or somebody else is."""
    found = find(options.id)
    step, _, item = options.step.partition(".")
    acts.answer(
        found.id,
        step,
        item=item,
        user=people.user(options.user),
        approved=options.approve,
        comment=options.comment,
        form=pairs(options.form, "--form"),
        by=By(who="", door="cli", address=people.place()),
    )
    terminal.data(f"{found.id} {options.step} {'approved' if options.approve else 'rejected'}")
    terminal.next(f"run {found.id} --follow")
    return Exit.OK

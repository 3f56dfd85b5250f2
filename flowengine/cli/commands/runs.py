"""List runs, the newest first."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.cli.arguments import add_limit, add_query
from flowengine.cli.chosen import say_how_far
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal
from flowengine.models import RunRecord
from flowengine.orchestration import selections
from flowengine.representations import instant
from flowengine.store.clock import DatabaseClock


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``runs``."""
    add_query(parser, "state:failed workflow:order since:2h")
    add_limit(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(options: Namespace, terminal: Terminal) -> int:
    """List."""
    chosen = selections.parse(options.q, "run", DatabaseClock().now())
    found = selections.page("run", chosen, limit=options.limit)
    say_how_far(found, terminal)
    if options.json:
        for row in found:
            terminal.json(as_json(row))
        return Exit.OK
    if not found:
        terminal.say("no runs")
        return Exit.OK
    terminal.table(
        ["id", "workflow", "state", "created", "title"],
        [[str(r.id), r.workflow, r.state, instant(r.created_at) or "", r.title] for r in found],
    )
    terminal.next(f"run {found[0].id}")
    return Exit.OK


def as_json(row: RunRecord) -> dict[str, str | None]:
    """A run's row, without payloads."""
    return {
        "id": str(row.id),
        "workflow": row.workflow,
        "state": row.state,
        "title": row.title,
        "event_id": str(row.event_id),
        "created_at": instant(row.created_at),
        "started_at": instant(row.started_at),
        "finished_at": instant(row.finished_at),
    }

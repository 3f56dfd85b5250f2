"""List runs, the newest first."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from flowengine.cli.arguments import add_limit
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal
from flowengine.conf import settings
from flowengine.engine.states import RunState
from flowengine.models import RunRecord
from flowengine.representations import instant


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``runs``."""
    parser.add_argument("--workflow", help="only of this workflow")
    parser.add_argument("--state", choices=[state.value for state in RunState], help="only these")
    add_limit(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(options: Namespace, terminal: Terminal) -> int:
    """List."""
    rows = RunRecord.objects.using(settings().DATABASE).order_by("-created_at")
    if options.workflow:
        rows = rows.filter(workflow=options.workflow)
    if options.state:
        rows = rows.filter(state=options.state)
    found = list(rows.defer("inputs", "output", "failure")[: options.limit])
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

"""List events, the newest first, with what each workflow answered."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flowengine.cli.arguments import add_limit, add_query
from flowengine.cli.chosen import say_how_far
from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal
from flowengine.conf import settings
from flowengine.models import DecisionRecord, EventRecord
from flowengine.orchestration import selections
from flowengine.representations import instant
from flowengine.store.clock import DatabaseClock


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``events``."""
    add_query(parser, "type:order.* since:2h")
    add_limit(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object per line")


def run(options: Namespace, terminal: Terminal) -> int:
    """List."""
    chosen = selections.parse(options.q, "event", DatabaseClock().now())
    found = selections.page("event", chosen, limit=options.limit)
    say_how_far(found, terminal)
    answers = _answers([row.id for row in found])
    if options.json:
        for row in found:
            terminal.json(_as_json(row, answers[row.id]))
        return Exit.OK
    if not found:
        terminal.say("no events")
        terminal.next("emit TYPE -d JSON")
        return Exit.OK
    terminal.table(
        ["id", "type", "state", "created", "answers"],
        [
            [
                *(str(row.id), row.type, row.state, instant(row.created_at) or ""),
                ", ".join(f"{each.workflow}: {each.outcome}" for each in answers[row.id]),
            ]
            for row in found
        ],
    )
    return Exit.OK


def _answers(ids: Sequence[UUID]) -> dict[UUID, list[DecisionRecord]]:
    found: dict[UUID, list[DecisionRecord]] = defaultdict(list)
    rows = DecisionRecord.objects.using(settings().DATABASE).filter(event_id__in=ids)
    for row in rows.order_by("workflow"):
        found[row.event_id].append(row)
    return found


def _as_json(row: EventRecord, answers: Sequence[DecisionRecord]) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "type": row.type,
        "source": row.source,
        "subject": row.subject,
        "key": row.key,
        "state": row.state,
        "correlation_id": row.correlation_id,
        "created_at": instant(row.created_at),
        "routed_at": instant(row.routed_at),
        "answers": [
            {
                "workflow": each.workflow,
                "outcome": each.outcome,
                "run_id": str(each.run_id) if each.outcome in {"started", "queued"} else None,
                "detail": each.detail,
            }
            for each in answers
        ],
    }

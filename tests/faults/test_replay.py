"""Two thousand orders die of three causes, and go back into the line while workers are killed."""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from contextlib import closing
from typing import Any

import psycopg
import pytest

from flowengine.broker.topology import EVENTS_EXCHANGE
from tests.faults.line import Line
from tests.integration.strangers import STRUCTURED, Message, Stranger

pytestmark = [
    pytest.mark.faults,
    # A dozen programs are started on the way; what must not take long has limits of its own.
    pytest.mark.timeout(900),
]

UNPAID, MISPRINTED, POISONED = 1_200, 600, 200
ORDERS = UNPAID + MISPRINTED
OPEN = "SELECT count(*) FROM flowengine_dead_letter WHERE state = 'open'"
PAID = "SELECT count(*) FROM project_mark WHERE step = 'paid'"
SENT = "SELECT count(*) FROM flowengine_replay_item WHERE sent_at IS NOT NULL"
PAID_TWICE = """
SELECT count(*) FROM (SELECT attempt FROM project_mark WHERE step = 'paid'
                      GROUP BY attempt HAVING count(*) > 1) AS twice"""


def change(line: Line, statement: str) -> None:
    """The project's own people change a row of theirs."""
    with psycopg.connect(line.database_url, autocommit=True) as connection:
        connection.execute(statement.encode())


def flow(line: Line, *arguments: str) -> list[dict[str, Any]]:
    """One call of the command line; what it says as JSON, row by row."""
    said = line.run("-m", "flowengine", *arguments, "--json")
    return [json.loads(row) for row in said.splitlines() if row.startswith("{")]


def poison(stranger: Stranger, numbers: Sequence[int]) -> None:
    """Bytes that are no event, each its own."""
    stranger.publish(
        *[
            Message(body=b'{"order": %d, ' % n, routing_key="sale.made", exchange=EVENTS_EXCHANGE)
            for n in numbers
        ]
    )


def sales_of_mobile(stranger: Stranger, numbers: Sequence[int]) -> None:
    """Orders of a foreign source that leaves out what every till needs."""
    for n in numbers:
        event = {
            "specversion": "1.0",
            "id": f"m-{n}",
            "source": "https://mobile.example",
            "type": "sale.made",
            "data": {"order": n, "vat_id": "??"},
        }
        body = json.dumps(event).encode()
        stranger.publish(Message(body=body, routing_key="sale.made", content_type=STRUCTURED))


def groups(line: Line) -> dict[str, dict[str, Any]]:
    """The causes by what they are of: GatewayDown, Permanent, or the kind of what has no error."""
    found = flow(line, "dead", "list", "--all")
    return {each["error_type"] or each["kind"]: each for each in found}


def test_three_causes_are_understood_and_replayed_and_no_order_is_done_twice(line: Line) -> None:
    line.worker()
    line.until_serving(1)
    change(
        line,
        "INSERT INTO project_mark (run_id, step, attempt)"
        " VALUES (gen_random_uuid(), 'gateway down', 0)",
    )
    line.run("-m", "tests.faults.emitter", "sale.made", str(UNPAID), '{"vat_id": "DE1"}')
    with closing(Stranger(line.environment["FLOWENGINE_TEST_BROKER_URL"])) as stranger:
        sales_of_mobile(stranger, range(UNPAID, ORDERS))
        poison(stranger, range(POISONED))
    died = ORDERS + POISONED
    line.until(lambda: line.number(OPEN) == died, what="all have died", limit_s=90)

    causes = groups(line)

    assert {name: each["open_count"] for name, each in causes.items()} == {
        "GatewayDown": UNPAID,
        "Permanent": MISPRINTED,
        "unreadable": POISONED,
    }

    change(line, "DELETE FROM project_mark WHERE step = 'gateway down'")
    pace = ("--canary", "3", "--rate", "100", "--in-flight", "300", "--yes", "--no-follow")
    flow(line, "replay", "--group", causes["GatewayDown"]["id"], *pace, "--reason", "it is up")
    patch = '[{"op": "replace", "path": "/vat_id", "value": "DE1"}]'
    flow(
        line,
        *("replay", "--group", causes["Permanent"]["id"], *pace, "--reason", "they have told us"),
        *("--mode", "event", "--workflow", "sale", "--edit", patch),
    )
    kill_until_paid(line)

    assert line.number(PAID) == ORDERS
    assert line.number(PAID_TWICE) == 0
    done = "SELECT count(*) FROM flowengine_replay WHERE state = 'done'"
    line.until(lambda: line.number(done) == 2, what="both replays are done", limit_s=60)
    outcomes = "SELECT count(*) FROM flowengine_replay_item WHERE state = 'succeeded'"
    assert line.number(outcomes) == ORDERS
    started = "SELECT count(*) FROM flowengine_audit WHERE verb = 'replay.start'"
    assert line.number(started) == line.number("SELECT count(*) FROM flowengine_replay")
    each = "SELECT count(*) FROM flowengine_audit WHERE verb IN ('replay.resume', 'replay.event')"
    assert line.number(each) == line.number(SENT) == ORDERS

    bad = causes["unreadable"]["id"]
    discard = ("dead", "discard", "--group", bad, "--yes", "--reason", "a scanner")
    line.run("-m", "flowengine", *discard)
    flow(line, "dead", "group", bad, "--resolve", "--reason", "it is blocked")
    with closing(Stranger(line.environment["FLOWENGINE_TEST_BROKER_URL"])) as stranger:
        poison(stranger, [POISONED])

    line.until(lambda: groups(line)["unreadable"]["state"] == "regressed", what="it", limit_s=30)
    states = {name: each["state"] for name, each in groups(line).items()}
    assert states == {
        "GatewayDown": "resolved",
        "Permanent": "resolved",
        "unreadable": "regressed",
    }


def kill_until_paid(line: Line) -> None:
    """Workers die again and again until every order is paid."""
    for _ in range(20):
        worker = line.worker()
        line.until_serving(1)
        before = line.number(PAID)
        if before == ORDERS:
            return
        more = min(ORDERS, before + 150)
        line.until(lambda: line.number(PAID) >= more, what="orders are paid", limit_s=90)  # noqa: B023
        worker.signal(signal.SIGKILL)
    line.worker()
    line.until(lambda: line.number(PAID) == ORDERS, what="all orders are paid", limit_s=120)

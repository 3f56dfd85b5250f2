"""Invoices, subscriptions, reports, and who hears of them."""

from __future__ import annotations

from typing import Any, TypedDict

from flowengine import Attempt, Permanent, task
from tests.examples.outside import called
from tests.project.models import Mark


class Unreadable(Permanent):
    """No human can read this scan either."""


class Gone(Permanent):
    """The endpoint is not there any more."""


class Invoice(TypedDict):
    number: str


class Due(TypedDict):
    subscriptions: list[dict[str, Any]]


class Renewed(TypedDict):
    paid_until: str


class Report(TypedDict):
    file: str
    total_cents: int


class Endpoints(TypedDict):
    endpoints: list[dict[str, Any]]


class Posted(TypedDict):
    status: int


class Scan(TypedDict):
    file: str


class Booking(TypedDict):
    entry: int


@task(name="billing.create_invoice")
def create_invoice(order_id: int) -> Invoice:
    called("billing.create_invoice", order_id=order_id)
    return {"number": f"invoice-{order_id}"}


@task(name="billing.find_due")
def find_due() -> Due:
    """Forty subscriptions: five per cent of them are two."""
    called("billing.find_due")
    return {"subscriptions": [{"id": n, "next_period": "2026-04"} for n in range(40)]}


@task(name="billing.renew")
def renew(ctx: Attempt, subscription_id: int, period: str) -> Renewed:
    Mark.objects.create(run_id=ctx.run_id, step=ctx.step, attempt=ctx.attempt)
    called("billing.renew", subscription_id=subscription_id, period=period)
    return {"paid_until": period}


@task(name="billing.report")
def report(done: int, failed: int) -> None:
    called("billing.report", done=done, failed=failed)


@task(name="monitoring.heartbeat")
def heartbeat(check: str, status: str) -> None:
    called("monitoring.heartbeat", check=check, status=status)


@task(name="reports.build")
def build(month: str) -> Report:
    called("reports.build", month=month)
    return {"file": f"report-{month}.pdf", "total_cents": 123_450}


@task(name="reports.send_back")
def send_back(file: str, comment: str) -> None:
    called("reports.send_back", file=file, comment=comment)


@task(name="reports.send")
def send(file: str, to: list[str], approved_by: str) -> None:
    called("reports.send", file=file, to=to, approved_by=approved_by)


@task(name="webhooks.subscribers")
def subscribers(event_type: str, tenant: str) -> Endpoints:
    """Two that listen, and one that was switched off."""
    called("webhooks.subscribers", event_type=event_type, tenant=tenant)
    hosts = ("a.example", "b.example", "off.example")
    return {
        "endpoints": [
            {
                "host": host,
                "url": f"https://{host}/hook",
                "secret_name": f"secret of {host}",
                "active": not host.startswith("off"),
            }
            for host in hosts
        ]
    }


@task(name="webhooks.post")
def post(url: str, secret_name: str, body: dict[str, Any]) -> Posted:
    called("webhooks.post", url=url, secret_name=secret_name, body=body)
    return {"status": 200}


@task(name="webhooks.note_failures")
def note_failures(results: list[Any]) -> None:
    called("webhooks.note_failures", results=results)


@task(name="invoices.scan")
def scan(number: str) -> Scan:
    called("invoices.scan", number=number)
    return {"file": f"{number}.pdf"}


@task(name="ledger.book")
def book(ctx: Attempt, number: str, supplier_id: int, amount_cents: int) -> Booking:
    Mark.objects.create(run_id=ctx.run_id, step=ctx.step, attempt=ctx.attempt)
    called("ledger.book", number=number, supplier_id=supplier_id, amount_cents=amount_cents)
    return {"entry": 7}


@task(name="ledger.reverse")
def reverse(entry: int) -> None:
    called("ledger.reverse", entry=entry)


@task(name="archive.store")
def store(file: str, entry: int) -> None:
    called("archive.store", file=file, entry=entry)


@task(name="accounting.inform")
def inform(number: str, what: str) -> None:
    called("accounting.inform", number=number, what=what)

"""Every cell of the table of customers' places: each, asked by each role, of the run and of none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from pytest_django import Settings

from flowengine.models import (
    EventRecord,
    NotificationPreferenceRecord,
    NotificationRecord,
    PushSubscriptionRecord,
    StepRecord,
)
from flowengine.orchestration.letters import unsubscribe_token
from flowengine.store import push_subscriptions
from flowengine.store.clock import system_now
from flowengine.store.push_subscriptions import Subscription
from flowengine.urls import urlpatterns
from tests.builders.files import synchronise
from tests.database.api.people import permit
from tests.database.web.asked import BIG_ORDER, begun
from tests.database.web.places import ELSEWHERE, ENDPOINT, ROLES, TABLE, TO_LOG_IN, Row
from tests.database.web.test_inbox import told
from tests.database.web.test_start import REPORT

pytestmark = pytest.mark.django_db

ROWS = {f"{name} {n}": row for name, rows in TABLE.items() for n, row in enumerate(rows)}
_OF_ITSELF = re.compile(
    r'(name="csrf(?:middlewaretoken|-token)?" (?:value|content)=|name="flow-csrf" content=)"[^"]*"'
    r'|as-of="[^"]*"|As of \d\d:\d\d:\d\d|"ts": ?\d+'
)
"""What differs between two answers to the same question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Who asks, and of what."""

    clients: Mapping[str, Client]
    ids: Mapping[str, str]


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> House:
    """A run of the owner's that asks somebody, a note in the owner's inbox, and a browser that is pushed to."""
    users = {role: User.objects.create_user(role) for role in ROLES if ROLES[role] is not None}
    for role, user in users.items():
        permit(user, *(ROLES[role] or ()))
    settings.FLOWENGINE = {
        **settings.FLOWENGINE,
        "WEBHOOKS": {"github": {"SECRETS": ["s"], "SIGNATURE_HEADER": "X-Signature"}},
        "PUSH_KEY": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
        "PUSH_CONTACT": "mailto:ops@shop.example",
    }
    synchronise(settings, tmp_path, BIG_ORDER.replace("${{QUORUM}}", "1"), REPORT)
    data = {"number": 17, "users": [users["asked"].pk]}
    run = begun("order.big", "big-order", data, users["owner"])
    note = told(users["owner"], "Only for the owner")
    key = str(users["owner"].pk)
    push_subscriptions.save(
        Subscription(user=key, endpoint=ENDPOINT, p256dh="p", auth="a"), system_now()
    )
    clients = {role: Client() for role in ROLES}
    for role, user in users.items():
        clients[role].force_login(user)
    ids = {"run": str(run), "workflow": "monthly-report", "note": str(note)}
    return House(clients=clients, ids={**ids, "token": unsubscribe_token(key)})


def ask(client: Client, row: Row, ids: Mapping[str, str]) -> Any:
    place = f"/flow/{filled(row.place, ids)}"
    # Another page may not ask for what is live.
    own = {"Host": "testserver", "Origin": "http://testserver"}
    if row.post is None:
        return client.get(place, headers=own)
    body = filled(row.post, ids)
    if row.form:
        return client.post(place, body, headers=own)
    method = row.method or "POST"
    return client.generic(method, place, json.dumps(body), "application/json", headers=own)


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    """The same with the ids in it."""
    if isinstance(value, dict):
        return {filled(name, ids): filled(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, ids) for each in value]
    return value.format(**ids) if isinstance(value, str) else value


def state() -> tuple[Any, ...]:
    """All that these places can change."""
    return (
        list(StepRecord.objects.filter(kind="approval").values_list("answers", "state")),
        EventRecord.objects.count(),
        NotificationRecord.objects.filter(read_at=None).count(),
        sorted(PushSubscriptionRecord.objects.values_list("user_key", "endpoint")),
        sorted(NotificationPreferenceRecord.objects.values_list("user_key", "email", "digest")),
    )


def asked(house: House, row: Row, ids: Mapping[str, str]) -> Iterator[tuple[str, Any, bool]]:
    """Each role with its answer, and whether it changed anything; nothing of what it did stays."""
    for role, client in house.clients.items():
        with transaction.atomic():
            before = state()
            answer = ask(client, row, ids)
            yield role, answer, state() != before
            transaction.set_rollback(True)


def expected(row: Row, role: str) -> int:
    if ROLES[role] is None:
        return row.nobody
    return row.allowed if role in row.may else row.others


def said_of(answer: Any, ids: Mapping[str, str]) -> tuple[int, str, str]:
    """The answer without what names the thing, and without what is new in each."""
    text = answer.content.decode()
    where = answer.headers.get("Location", "")
    for name in ("run", "workflow"):
        text, where = text.replace(ids[name], "…"), where.replace(ids[name], "…")
    return answer.status_code, _OF_ITSELF.sub("", text), where


@pytest.mark.parametrize("name", ROWS)
def test_cells_of_a_place(name: str, house: House) -> None:
    row = ROWS[name]
    wrong: list[tuple[Any, ...]] = []
    for role, answer, is_changed in asked(house, row, house.ids):
        said, where = answer.content.decode(), answer.headers.get("Location", "")
        if answer.status_code != expected(row, role):
            wrong.append((role, answer.status_code, said[:200]))
        wrong += [
            (role, "is told" if text in said else "is not told", text)
            for text, roles in row.tells.items()
            if (text in said) != (role in roles)
        ]
        if is_changed != (role in row.changes):
            wrong.append((role, "changed", is_changed, said[:200]))
        leads = "/accounts/login/" if answer.status_code == row.nobody == TO_LOG_IN else ""
        if role != "nobody" and role in row.may:
            leads = row.leads
        if not where.startswith(leads) or bool(where) != bool(leads):
            wrong.append((role, "is sent to", where))
    assert wrong == []


@pytest.mark.parametrize(
    "name", [name for name, row in ROWS.items() if re.search("{(run|workflow)}", str(row))]
)
def test_cells_of_a_thing_that_is_not_there(name: str, house: House) -> None:
    row = ROWS[name]
    none = {**house.ids, "run": str(uuid4()), "workflow": "none-such"}
    there = {role: said_of(answer, house.ids) for role, answer, _ in asked(house, row, house.ids)}
    if row.tells:
        told_of_it = {role for roles in row.tells.values() for role in roles}
    else:
        told_of_it = set(row.may) - {"nobody"}

    wrong: list[tuple[Any, ...]] = []
    for role, answer, is_changed in asked(house, row, none):
        may = role in row.may and ROLES[role] is not None
        if answer.status_code != (row.missing if may else expected(row, role)):
            wrong.append((role, answer.status_code))
        # Who is not told of the one that is there hears the very same words of one that is not.
        if role not in told_of_it and said_of(answer, none) != there[role]:
            wrong.append((role, "differs", said_of(answer, none), there[role]))
        if is_changed:
            wrong.append((role, "changed something"))
    assert wrong == []


def test_no_get_writes_anything(house: House) -> None:
    reads = [row for row in ROWS.values() if row.post is None]

    with CaptureQueriesContext(connection) as queries:
        for row in reads:
            for client in house.clients.values():
                ask(client, row, house.ids)

    writes = re.compile(r"\b(INSERT INTO|UPDATE|DELETE FROM) ")
    assert len(reads) > 10
    assert [each["sql"] for each in queries if writes.search(each["sql"])] == []


def test_every_place_is_in_the_table_or_in_that_of_operators(house: House) -> None:
    assert {each.name for each in urlpatterns} == TABLE.keys() | ELSEWHERE
    asked_for = {resolve(f"/flow/{filled(row.place, house.ids)}").route for row in ROWS.values()}
    ours = {f"flow/{each.pattern}" for each in urlpatterns if each.name not in ELSEWHERE}
    assert asked_for == ours

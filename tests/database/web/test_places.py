"""Every cell of the table of customers' places: each, asked by each role, of the run and of none."""

from __future__ import annotations

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
from pytest_django import Settings

from flowengine.models import EventRecord, NotificationRecord, StepRecord
from flowengine.orchestration.letters import unsubscribe_token
from flowengine.urls import urlpatterns
from tests.builders.files import synchronise
from tests.database.api.people import permit
from tests.database.web.asked import BIG_ORDER, begun
from tests.database.web.places import ELSEWHERE, ROLES, TABLE, Row
from tests.database.web.test_inbox import told
from tests.database.web.test_start import REPORT

pytestmark = pytest.mark.django_db

ROWS = {f"{name} {n}": row for name, rows in TABLE.items() for n, row in enumerate(rows)}


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Who asks, and of what."""

    clients: Mapping[str, Client]
    ids: Mapping[str, str]


@pytest.fixture
def house(settings: Settings, tmp_path: Path) -> House:
    """A run of the owner's that asks somebody, and a note in the owner's inbox."""
    users = {role: User.objects.create_user(role) for role in ROLES if ROLES[role] is not None}
    for role, user in users.items():
        permit(user, *(ROLES[role] or ()))
    synchronise(settings, tmp_path, BIG_ORDER.replace("${{QUORUM}}", "1"), REPORT)
    data = {"number": 17, "users": [users["asked"].pk]}
    run = begun("order.big", "big-order", data, users["owner"])
    note = told(users["owner"], "Only for the owner")
    clients = {role: Client() for role in ROLES}
    for role, user in users.items():
        clients[role].force_login(user)
    token = unsubscribe_token(str(users["owner"].pk))
    return House(clients=clients, ids={"run": str(run), "note": str(note), "token": token})


def ask(client: Client, row: Row, ids: Mapping[str, str]) -> Any:
    place = f"/flow/{filled(row.place, ids)}"
    if row.post is None:
        return client.get(place)
    kind: dict[str, Any] = {} if row.form else {"content_type": "application/json"}
    # Another page may not ask for what is live.
    own = {"Host": "testserver", "Origin": "http://testserver"}
    return client.post(place, filled(row.post, ids), headers=own, **kind)


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    """The same with the ids in it."""
    if isinstance(value, dict):
        return {filled(name, ids): filled(each, ids) for name, each in value.items()}
    if isinstance(value, list):
        return [filled(each, ids) for each in value]
    return value.format(**ids) if isinstance(value, str) else value


def state() -> tuple[Any, ...]:
    """What could be changed by who may not."""
    answers = StepRecord.objects.filter(kind="approval").values_list("answers", "state")
    unread = NotificationRecord.objects.filter(read_at=None).count()
    return list(answers), EventRecord.objects.count(), unread


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


@pytest.mark.parametrize("name", ROWS)
def test_cells_of_a_place(name: str, house: House) -> None:
    row = ROWS[name]
    wrong: list[tuple[Any, ...]] = []
    for role, answer, is_changed in asked(house, row, house.ids):
        said = answer.content.decode()
        if answer.status_code != expected(row, role):
            wrong.append((role, answer.status_code, said[:200]))
        wrong += [
            (role, "is told" if text in said else "is not told", text)
            for text, roles in row.tells.items()
            if (text in said) != (role in roles)
        ]
        if is_changed and (role not in row.may or row.post is None):
            wrong.append((role, "changed something", said[:200]))
    assert wrong == []


@pytest.mark.parametrize("name", [name for name, row in ROWS.items() if "{run}" in str(row)])
def test_cells_of_a_run_that_is_not_there(name: str, house: House) -> None:
    row = ROWS[name]
    none = {**house.ids, "run": str(uuid4())}
    wrong: list[tuple[Any, ...]] = []
    there = {
        role: (answer.status_code, answer.content.decode().replace(house.ids["run"], "…"))
        for role, answer, _ in asked(house, row, house.ids)
    }
    for role, answer, is_changed in asked(house, row, none):
        found = answer.status_code, answer.content.decode().replace(none["run"], "…")
        may = role in row.may and ROLES[role] is not None
        if found[0] != (row.missing if may else expected(row, role)):
            wrong.append((role, *found))
        # Who may not is told of it what is told of one that is not there.
        if not may and found != there[role]:
            wrong.append((role, "differs", found, there[role]))
        if is_changed:
            wrong.append((role, "changed something"))
    assert wrong == []


def test_items_of_others_are_not_read(house: House) -> None:
    [row, *_] = TABLE["inbox-act"]

    changed = {role for role, _answer, is_changed in asked(house, row, house.ids) if is_changed}

    assert changed == {"owner"}


def test_no_get_writes_anything(house: House) -> None:
    reads = [row for row in ROWS.values() if row.post is None]

    with CaptureQueriesContext(connection) as queries:
        for row in reads:
            for client in house.clients.values():
                ask(client, row, house.ids)

    wrote = [
        each["sql"] for each in queries if each["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    ]
    assert len(reads) > 10
    assert wrote == []


def test_every_place_is_in_the_table_or_in_that_of_operators() -> None:
    assert {each.name for each in urlpatterns} == TABLE.keys() | ELSEWHERE

"""Every cell of the matrix: each operation, asked by each role, of a thing of one's own, a foreign one
and one that is not there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from pytest_django import DjangoDbBlocker

from flowengine.testing import inline
from flowengine.web.api.gate import Session
from flowengine.web.dashboard import PLACES
from tests.database.api.given import CANARY, EACH_IS_ASKED, all_kinds
from tests.database.api.people import API, permit
from tests.database.api.table import (
    ELSEWHERE,
    PERMISSIONS,
    ROLES,
    TABLE,
    Row,
    expected,
    expected_of_screen,
)
from tests.database.api.test_gate import operations

pytestmark = pytest.mark.django_db


def clients() -> dict[str, Client]:
    """Somebody of each role."""
    found = {}
    for role, permissions in ROLES.items():
        found[role] = Client()
        if permissions is not None:
            user = User.objects.create_user(role)
            permit(user, *permissions)
            found[role].force_login(user)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What all tests of this file find."""

    things: Mapping[str, Mapping[str, str]]
    clients: Mapping[str, Client]


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[House]:
    """Made once, in a transaction around those of the tests: each undoes what it did itself."""
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(FLOWENGINE=EACH_IS_ASKED), inline() as runner:
            things = all_kinds(runner)
        yield House(things=things, clients=clients())
        transaction.set_rollback(True)


@pytest.fixture
def things(house: House, settings: Any) -> Mapping[str, Mapping[str, str]]:
    """The ids of what is asked for; runs that order 13 caused are foreign to everybody."""
    settings.FLOWENGINE = EACH_IS_ASKED
    return house.things


def filled(value: Any, ids: Mapping[str, str]) -> Any:
    """The same with the ids in it."""
    if isinstance(value, str):
        return value.format(**ids)
    if isinstance(value, dict):
        return {name: filled(each, ids) for name, each in value.items()}
    return [filled(each, ids) for each in value] if isinstance(value, list) else value


def ask(client: Client, row: Row, ids: Mapping[str, str]) -> Any:
    """The answer; nothing of what it did stays."""
    place = API + row.place.format(**ids)
    with transaction.atomic():
        if row.post is None:
            answer = client.get(place)
        else:
            body = filled(dict(row.post), ids)
            answer = client.post(
                place, body, content_type="application/json", headers=dict(row.headers)
            )
        transaction.set_rollback(True)
    return answer


def test_every_operation_is_in_the_table_and_no_other() -> None:
    found = {operation.operation_id for operation in operations()}

    assert found == TABLE.keys() | ELSEWHERE


def test_every_need_of_the_gate_is_that_of_the_table() -> None:
    needs = {
        each.operation_id: session.needs.name
        for each in operations()
        for session in each.auth_callbacks
        if isinstance(session, Session)
    }

    for name, row in TABLE.items():
        assert needs[name] == (f"flowengine.{row.needs}" if row.needs else "to be signed in"), name


# Who may do what is decided above the store: it is asked on one. That every operation is done on the
# other too is shown by whom nothing is refused, below.
@pytest.mark.parametrize("name", TABLE)
def test_cells_of_an_operation(
    name: str, sqlite: None, things: Mapping[str, Mapping[str, str]], house: House, settings: Any
) -> None:
    row = TABLE[name]
    if row.thing == "runs":  # nobody has to do with many runs where each is asked about
        settings.FLOWENGINE = {}
    is_of_run = row.thing == "run"
    is_of_one = "{" in row.place or "{selection}" in json.dumps(row.post)
    whose = ("mine", *(["foreign"] if is_of_run else []), *(["missing"] if is_of_one else []))

    wrong = []
    bodies: dict[str, set[str]] = {}
    for role, client in house.clients.items():
        for each in whose:
            answer = ask(client, row, things[each])
            if answer.status_code not in expected(row, role, each):
                wrong.append((role, each, answer.status_code, answer.content[:200]))
            sees_payloads = "view_payload" in (ROLES[role] or ())
            if not sees_payloads and CANARY in answer.content.decode():
                wrong.append((role, each, "the canary is in it", answer.content[:200]))
            if answer.status_code == 404:
                problem = {**answer.json(), "instance": ""}
                bodies.setdefault(role, set()).add(json.dumps(problem))

    assert wrong == []
    # What may not be seen is answered in the very same words as what is not there.
    assert all(len(said) == 1 for said in bodies.values())


def test_cells_of_every_screen(
    sqlite: None, things: Mapping[str, Mapping[str, str]], house: House
) -> None:
    pages = {
        (place, whose): f"/flow/{_address(place, ids)}"
        for place in PLACES
        for whose, ids in things.items()
        if whose == "mine" or "<" in place
    }
    reader = re.compile(rb"<meta[^>]*>")

    wrong = []
    for role, client in house.clients.items():
        said: dict[str, set[bytes]] = {}
        for (place, whose), url in pages.items():
            answer = client.get(url)
            if answer.status_code != expected_of_screen(role):
                wrong.append((role, url, whose, answer.status_code))
            if answer.status_code == 200:
                said.setdefault(place, set()).add(reader.sub(b"", answer.content))
        # The page is the same, whosever it is and whether it is there or not.
        wrong += [
            (role, place, "differs", len(each)) for place, each in said.items() if len(each) > 1
        ]
    assert wrong == []


def _address(place: str, ids: Mapping[str, str]) -> str:
    """The place with something in it: ``<uuid:run_id>`` is the id of a run."""
    names = {"type": "troubled.broken", "name": ids["workflow"]}
    known = names | {f"{name}_id": value for name, value in ids.items()}
    return re.sub(r"<\w+:(\w+)>", lambda found: known[found[1]], place)


def test_superuser_may_do_everything_where_the_project_says_nothing_else(
    things: Mapping[str, Mapping[str, str]], settings: Any
) -> None:
    settings.FLOWENGINE = {}
    client = Client()
    client.force_login(User.objects.create_superuser("root"))

    for name, row in TABLE.items():
        assert ask(client, row, things["mine"]).status_code in row.allowed, name


def test_no_get_writes_anything(things: Mapping[str, Mapping[str, str]]) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    reads = [row for row in TABLE.values() if row.post is None]

    with CaptureQueriesContext(connection) as asked:
        for row in reads:
            ask(client, row, things["mine"])

    assert len(reads) > 20
    wrote = [each["sql"] for each in asked if re.match(r"\s*(INSERT|UPDATE|DELETE)", each["sql"])]
    assert wrote == []


def test_roles_tell_every_permission_apart() -> None:
    assert len(ROLES) == 3 + 2 * len(PERMISSIONS)
    assert len(PERMISSIONS) > 8

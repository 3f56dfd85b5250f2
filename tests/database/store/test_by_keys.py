"""What PostgreSQL is told of a transaction that finds its rows by keys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from django.db import DataError, connection, transaction

from flowengine.store import sql

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("postgres")]

ASKED = "SELECT count(*) FROM flowengine_run WHERE id = ANY(%(ids)s)"


@pytest.fixture(autouse=True)
def _new_connection() -> Iterator[None]:
    connection.close()
    yield
    connection.close()


@contextmanager
def by_keys() -> Iterator[None]:
    with sql.writing(), sql.by_keys():
        yield


def reads_tables() -> set[str]:
    """Whether the planner may read a table from end to end, as its settings say."""
    shown = "current_setting('enable_seqscan'), current_setting('enable_hashjoin')"
    return {value for row in sql.query(f"SELECT {shown}", {}) for value in row}


def plans() -> dict[str, tuple[int, int]]:
    """How often statements of these tests that the server keeps were planned anew, and were not."""
    found = """SELECT statement, custom_plans, generic_plans FROM pg_prepared_statements
WHERE statement LIKE '%%flowengine_run%%'"""
    return {text: (anew, kept) for text, anew, kept in sql.query(found, {})}


def set_by_hand() -> dict[str, str]:
    """What the session, its user or the server has said to the planner, as it is now."""
    names = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit")
    shown = ", ".join(f"current_setting('{name}')" for name in names)
    return dict(zip(names, sql.query(f"SELECT {shown}", {})[0], strict=True))


def kept() -> int:
    """Statements of these tests that the server keeps."""
    found = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%flowengine_run%%'"
    return int(sql.query(found, {})[0][0])


def test_rows_are_found_by_keys_until_the_writes_have_gone() -> None:
    with by_keys():
        assert reads_tables() == {"off"}
        with sql.in_one_go():
            pass
        assert reads_tables() == {"on"}


def test_what_somebody_else_has_turned_off_stays_off() -> None:
    for name in ("jit", "enable_mergejoin"):
        sql.execute(f"SET {name} = off", {})

    with by_keys():
        with sql.in_one_go():
            pass
        inside = set_by_hand()

    expected = {"enable_seqscan": "on", "enable_hashjoin": "on"}
    assert inside == {**expected, "enable_mergejoin": "off", "jit": "off"}
    assert set_by_hand() == inside


@pytest.mark.parametrize("fails", [False, True])
def test_the_next_transaction_is_planned_as_any_other(fails: bool) -> None:  # noqa: FBT001
    def work() -> None:
        with by_keys():
            if fails:
                sql.query("SELECT 1 / 0", {})

    if fails:
        with pytest.raises(DataError):
            work()
    else:
        work()

    assert reads_tables() == {"on"}
    sql.query(ASKED, {"ids": []})
    assert kept() == 0


def test_the_transaction_of_another_is_left_as_it_is() -> None:
    with transaction.atomic(), by_keys():
        assert reads_tables() == {"on"}


def test_what_finds_by_keys_is_kept_prepared() -> None:
    for _ in range(2):
        with by_keys():
            sql.query(ASKED, {"ids": []})

    assert kept() == 1


def test_plan_that_is_kept_is_used() -> None:
    for count in (1, 3):
        with by_keys():
            sql.query(ASKED, {"ids": [uuid4()] * count})

    assert list(plans().values()) == [(0, 2)]


def test_nothing_is_kept_where_connections_are_shared_by_transactions(settings: Any) -> None:
    settings.FLOWENGINE = {"LISTEN": False}

    with by_keys():
        sql.query(ASKED, {"ids": []})
        assert reads_tables() == {"on"}

    assert kept() == 0

"""The one statement of ``emit()`` on a project's own connection."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from flowengine import emit
from flowengine.models import EventRecord

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("postgres")]


@pytest.fixture(autouse=True)
def _new_connection() -> Iterator[None]:
    connection.close()
    yield
    connection.close()


def kept() -> int:
    """Statements that write events, and that the server keeps."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements"
            " WHERE statement LIKE '%INSERT INTO flowengine_event%'"
        )
        return int(cursor.fetchone()[0])


def test_its_plan_is_kept_whatever_the_event_has() -> None:
    emit("line.begun", {})
    emit("line.begun", {"n": 1})
    with transaction.atomic():
        emit("line.begun", {})

    assert kept() == 1
    assert EventRecord.objects.count() == 3


def test_nothing_is_kept_where_connections_are_shared(settings: Settings) -> None:
    settings.FLOWENGINE = {"LISTEN": False}

    emit("line.begun", {})

    assert kept() == 0
    assert EventRecord.objects.count() == 1


def test_who_captures_statements_sees_it_with_its_values() -> None:
    with CaptureQueriesContext(connection) as asked:
        emit("line.begun", {}, subject="order/7")

    [written] = [each["sql"] for each in asked if "INSERT INTO flowengine_event" in each["sql"]]
    assert "order/7" in written


def test_who_stands_between_django_and_the_database_is_asked() -> None:
    seen: list[str] = []

    def between(execute, sql, params, many, context):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(between):
        emit("line.begun", {})

    assert any("INSERT INTO flowengine_event" in each for each in seen)


def test_broken_transaction_takes_no_event() -> None:
    with transaction.atomic():
        connection.set_rollback(True)  # as Django does after an error in it
        with pytest.raises(TransactionManagementError):
            emit("line.begun", {})

    assert not EventRecord.objects.exists()

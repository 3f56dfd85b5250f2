"""Columns encoded whole arrive at PostgreSQL as the values they were."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from flowengine.engine.states import StepState
from flowengine.store import arrays, sql, tables

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

NOON = datetime(2026, 3, 2, 12, 0, 0, 123456, tzinfo=UTC)
IDS = [UUID(int=0), UUID(int=7), UUID(int=2**128 - 1)]
COLUMNS: list[tuple[str, list[Any]]] = [
    ("uuid", [*IDS, None, IDS[0]]),
    ("text", ["", "ä € 𝄞", None, "two", "two", "'\"\\{},"]),
    ("bytea", [b"", b"\x00\xff", None, b"{}"]),
    ("boolean", [True, False, None]),
    ("smallint", [0, -1, 2**15 - 1, -(2**15), None]),
    ("integer", [0, -1, 2**31 - 1, -(2**31), None, 7, 7]),
    ("double precision", [0.0, -0.5, 1e300, None]),
    (
        "timestamptz",
        [NOON, datetime(1999, 12, 31, tzinfo=UTC), None, NOON, datetime.max.replace(tzinfo=UTC)],
    ),
]


def stored(type_name: str, column: list[Any]) -> list[Any]:
    rows = sql.query(
        f"SELECT v FROM unnest(%(given)s::{type_name}[]) WITH ORDINALITY AS t(v, n) ORDER BY n",
        {"given": arrays.encode(type_name, column)},
    )
    return [row[0] for row in rows]


@pytest.mark.parametrize(("type_name", "column"), COLUMNS, ids=[name for name, _ in COLUMNS])
def test_each_value_and_each_null_arrives(type_name: str, column: list[Any]) -> None:
    assert stored(type_name, column) == column
    assert stored(type_name, column[:1] * 3) == column[:1] * 3
    assert stored(type_name, [None, None]) == [None, None]
    assert stored(type_name, []) == []


def test_every_type_of_a_column_is_known() -> None:

    used = {type_name for table in tables.ALL for type_name in table.types.values()}

    assert used <= set(arrays.ARRAYS)


def test_an_instant_of_another_zone_and_a_member_of_an_enum_are_their_values() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert stored("timestamptz", [there, NOON]) == [NOON, NOON]
    assert stored("text", [StepState.READY, "ready"]) == ["ready", "ready"]


@pytest.mark.parametrize(
    ("type_name", "value"), [("smallint", 2**15), ("integer", 2**31), ("text", 7), ("uuid", "7")]
)
def test_what_is_not_of_the_type_is_an_error_and_not_changed_to_fit(
    type_name: str, value: Any
) -> None:
    with pytest.raises((struct.error, AttributeError)):
        arrays.encode(type_name, [value])


def test_lists_of_ids_and_of_texts_are_found_in_parameters() -> None:
    assert isinstance(arrays.encoded(IDS), arrays.UuidArray)
    assert isinstance(arrays.encoded(["a", "b"]), arrays.TextArray)
    for other in ([], [1, 2], ["a", None], ("a",), "a"):
        assert arrays.encoded(other) is other

"""``flow stations`` and its like."""

from __future__ import annotations

import json

import pytest

from flowengine.cli.exits import Exit
from flowengine.models import AuditRecord
from tests.builders.line import begin
from tests.database.cli.conftest import Flow

pytestmark = pytest.mark.django_db


def test_stations_are_listed_with_their_doors_and_what_waits(flow: Flow) -> None:
    begin("line", 3)

    rows = [json.loads(row) for row in flow("stations", "--json").out.splitlines()]

    found = {row["name"]: (row["door"], row["ready"]) for row in rows}
    assert found["default"] == ("open", 3)


def test_station_is_closed_and_opened_with_a_reason_that_is_kept(flow: Flow) -> None:
    closed = flow("stations", "pause", "default", "--reason", "the bank has called")
    listed = flow("stations").out
    opened = flow("stations", "resume", "default", "--reason", "it answers")

    assert (closed.out, opened.out) == ("default paused\n", "default open\n")
    assert "the bank has called" in listed
    kept = AuditRecord.objects.order_by("number").values_list("verb", "reason", "door")
    assert list(kept) == [
        ("station.pause", "the bank has called", "cli"),
        ("station.resume", "it answers", "cli"),
    ]


def test_station_that_is_not_there_is_told_with_the_nearest_name(flow: Flow) -> None:
    said = flow("stations", "pause", "defualt", "--reason", "no")

    assert said.code == Exit.REFUSED
    assert "did you mean 'default'?" in said.err


def test_state_of_the_station_is_given_as_json(flow: Flow) -> None:
    said = flow("stations", "pause", "default", "--reason", "no", "--json")

    assert json.loads(said.out)["door"] == "paused"

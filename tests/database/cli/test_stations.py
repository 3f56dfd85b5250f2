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


def test_station_is_opened_slowly_and_limited_and_both_are_kept(flow: Flow) -> None:
    slowly = flow("stations", "drain", "default", "--reason", "it answers")
    limited = flow("stations", "limit", "default", "--places", "4", "--reason", "four lines")
    listed = flow("stations").out
    said = flow("stations", "limit", "default", "--none", "--reason", "mended", "--json")

    assert slowly.out == "default draining\n"
    assert limited.out == "default draining, at most 4 at the same time\n"
    assert " 4 " in listed
    assert json.loads(said.out)["places"] is None
    verbs = AuditRecord.objects.order_by("number").values_list("verb", flat=True)
    assert list(verbs) == ["station.drain", "station.limit", "station.unlimit"]


def test_limit_wants_a_number_or_none(flow: Flow) -> None:
    assert flow("stations", "limit", "default", "--reason", "x").code == Exit.USAGE
    assert flow("stations", "limit", "default", "--places", "0", "--reason", "x").code == Exit.USAGE

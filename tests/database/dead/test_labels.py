"""Runs are found by their labels."""

from __future__ import annotations

import msgspec
import pytest

from flowengine.errors import QueryRefused
from flowengine.models import RunRecord
from flowengine.orchestration import selections
from tests.builders.dead import NOON, new_id

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("label:customer=ACME", True),
        ("label:customer=acme", False),
        ("label:customer=AC*", True),
        ("label:customer=AC", False),
        ("label:count=5", True),
        ("label:count=5,customer=Bolt", True),
        ("label:note=x", False),
        ("label:shop=Bolt", False),
        ('label:"note=it, \\"shop\\":\\"Bolt\\""', True),
        ("label:a.b=.*", False),
        ("label:customer=*C*", True),
        ("label:customer=A*C*M*", True),
        ("label:customer=*M*C*", False),
        ("label:customer=*ME,n=*x", True),
        ("label:customer=*E*E", False),
        ("workflow:o*d*r", True),
        ("workflow:*d*o*", False),
        ("workflow:*r", True),
        ("label:=", False),
    ],
)
def test_runs_are_found_by_their_labels(query: str, is_found: bool) -> None:  # noqa: FBT001
    labels = {"customer": "ACME", "count": 5, "note": 'it, "shop":"Bolt"'}
    run = RunRecord.objects.create(
        id=new_id(),
        workflow="order",
        digest="9f31",
        event_id=new_id(),
        state="failed",
        seq=1,
        labels=msgspec.json.encode(labels).decode(),
        created_at=NOON,
    )

    page = selections.page("run", selections.parse(query, "run", NOON))

    assert [each.id for each in page] == ([run.id] if is_found else [])


@pytest.mark.parametrize("key", ["workflow", "label"])
def test_parts_that_stand_in_a_value_at_many_places_are_not_tried_at_all_of_them(key: str) -> None:
    RunRecord.objects.create(
        id=new_id(),
        workflow="a" * 200,
        digest="9f31",
        event_id=new_id(),
        state="failed",
        seq=1,
        labels=msgspec.json.encode({"n": "a" * 200}).decode(),
        created_at=NOON,
    )
    looks_for = "*a" * 18 + "*b"
    query = f"label:n={looks_for}" if key == "label" else f"workflow:{looks_for}"

    assert selections.page("run", selections.parse(query, "run", NOON)) == []


def test_more_stars_than_anybody_needs_are_refused() -> None:
    fits = selections.parse(f"workflow:{'*a' * 20}", "run", NOON)

    assert fits.values == {"workflow": ("*a" * 20,)}
    with pytest.raises(QueryRefused, match="more than 20 times"):
        selections.parse(f"workflow:{'*a' * 20} label:n=*", "run", NOON)


def test_label_without_a_value_is_refused() -> None:
    with pytest.raises(QueryRefused, match="write label:name=value"):
        selections.parse("label:customer", "run", NOON)

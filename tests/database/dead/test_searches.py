"""What has no index is looked for in the newest of what the rest of a query finds, and that is said."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.orchestration import querying, selections
from flowengine.orchestration.selections import parse
from tests.builders.dead import LATER, NOON, a_letter, bury

pytestmark = pytest.mark.django_db


def searched(query: str, kind: str = "dead_letter") -> int | None:
    return selections.page(kind, parse(query, kind, NOON)).searched


def found(query: str, kind: str = "dead_letter") -> list[UUID]:
    return [row.id for row in selections.page(kind, parse(query, kind, NOON))]


def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list looks at the newest three for what has no index."""
    monkeypatch.setattr(querying, "SEARCHED_MAX", 3)


@pytest.mark.parametrize("query", ["gone", "code:FE421", "workflow:ord*", "state:open gone"])
def test_what_has_no_index_is_looked_for_in_the_newest_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    few(monkeypatch)
    ids = [bury(a_letter("card gone"), at=NOON + n * LATER)[0] for n in range(5)]

    assert found(query) == ids[:1:-1]
    assert searched(query) == 3
    # Further back there are two.
    further = f"{query} until:{(NOON + 2 * LATER).isoformat()}"
    assert found(further) == ids[1::-1]
    assert searched(further) is None
    assert selections.freeze("dead_letter", query, "7").count == 5


@pytest.mark.parametrize("query", ["", "state:open", "workflow:order state:open", "since:9999d"])
def test_what_has_an_index_is_found_however_old(
    monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    few(monkeypatch)
    bury(*[a_letter("card gone") for _ in range(5)])

    assert len(found(query)) == 5
    assert searched(query) is None


def test_search_looks_at_the_newest_of_what_an_index_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch)
    [old] = bury(a_letter("card gone", workflow="refund"), at=NOON)
    bury(*[a_letter("card gone") for _ in range(5)], at=NOON + LATER)

    assert found("gone workflow:refund") == [old]


def test_exactly_as_many_as_are_looked_at_are_all(monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch)
    bury(*[a_letter("card gone") for _ in range(3)])

    assert len(found("gone")) == 3
    assert searched("gone") is None


def test_full_page_says_nothing_of_how_far_it_was_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    few(monkeypatch)
    bury(*[a_letter("card gone") for _ in range(5)])
    asked = parse("gone", "dead_letter", NOON)

    first = selections.page("dead_letter", asked, limit=2)
    rest = selections.page("dead_letter", asked, (first[-1].created_at, first[-1].id), limit=2)

    assert (len(first), first.searched) == (2, None)
    assert (len(rest), rest.searched) == (1, 3)


def test_search_is_one_statement() -> None:
    bury(a_letter("card gone"))

    with CaptureQueriesContext(connection) as captured:
        assert found("nowhere") == []

    assert len(captured) == 1

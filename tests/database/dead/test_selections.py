"""What a bulk act is about is chosen by a query, frozen, and read page by page."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.errors import QueryRefused, SelectionRefused
from flowengine.models import (
    DeadLetterRecord,
    EventRecord,
    RunRecord,
    SelectionItemRecord,
    SelectionRecord,
)
from flowengine.orchestration import selections
from flowengine.orchestration.selections import parse
from tests.builders.dead import LATER, NOON, a_letter, bury, group_of, new_id

pytestmark = pytest.mark.django_db


def found(query: str, kind: str = "dead_letter") -> list[UUID]:
    return [row.id for row in selections.page(kind, parse(query, kind, NOON))]


# Reading a query


@pytest.mark.parametrize(
    ("query", "values", "texts"),
    [
        ("", {}, ()),
        ("state:open", {"state": ("open",)}, ()),
        ("STATE:open", {"state": ("open",)}, ()),
        ("state:open,resolved state:open", {"state": ("open", "resolved")}, ()),
        ('kind:"failed run"', {"kind": ("failed run",)}, ()),
        ('kind:"failed run","bad event"', {"kind": ("failed run", "bad event")}, ()),
        ("event:order.*", {"event": ("order.*",)}, ()),
        ("  time-out   gateway ", {}, ("time-out", "gateway")),
        ('"card gone" workflow:order', {"workflow": ("order",)}, ("card gone",)),
        (r'"say \"no\""', {}, ('say "no"',)),
        (r'source:"a \"b\" \\ c"', {"source": ('a "b" \\ c',)}, ()),
        ("source:https://x.example/a?b=1", {"source": ("https://x.example/a?b=1",)}, ()),
        ("a,b", {}, ("a,b",)),
    ],
)
def test_query_is_words_with_and_without_keys(
    query: str, values: dict[str, tuple[str, ...]], texts: tuple[str, ...]
) -> None:
    asked = parse(query, "dead_letter", NOON)

    assert (asked.values, asked.texts) == (values, texts)


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("since:2h", NOON - timedelta(hours=2), None),
        ("since:1d until:30m", NOON - timedelta(days=1), NOON - timedelta(minutes=30)),
        ("since:2026-03-02", datetime(2026, 3, 2, tzinfo=UTC), None),
        ("until:2026-03-02T13:00:00+01:00", None, NOON),
    ],
)
def test_times_are_counted_back_or_written_out(
    query: str, since: datetime | None, until: datetime | None
) -> None:
    asked = parse(query, "dead_letter", NOON)

    assert (asked.since, asked.until) == (since, until)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("stat:open", "there is no key 'stat' for dead letters; did you mean 'state'"),
        ("colour:red", "there are: state, kind, group"),
        ("state:opne", "there is no 'opne'; did you mean 'open'"),
        ("state:xyz", "there are: open, replaying, resolved, discarded"),
        ("group:7", "'7' is no id"),
        ("since:yesterday", "neither a duration like 2h nor a time"),
        ("since:1h,2h", "neither a duration like 2h nor a time"),
        ('kind:"failed run', "a quote is not closed"),
        ('"', "a quote is not closed"),
        ("state:,", "needs a value"),
        ("state:", "needs a value"),
        ("x" * 2001, "the limit is 2000"),
        ("source:" + ",".join(map(str, range(101))), "more than 100 values"),
    ],
)
def test_query_that_cannot_be_understood_says_which_word(query: str, says: str) -> None:
    with pytest.raises(QueryRefused) as refused:
        parse(query, "dead_letter", NOON)

    assert says in refused.value.message


def test_only_what_there_is_can_be_asked_for() -> None:
    with pytest.raises(QueryRefused, match="nothing of the kind 'worker'"):
        parse("", "worker", NOON)
    with pytest.raises(QueryRefused, match="for runs"):
        parse("step:charge", "run", NOON)


def test_query_is_said_in_words() -> None:
    asked = parse('state:open kind:"failed run","bad event" gone since:2h', "dead_letter", NOON)

    assert asked.words == (
        "dead letters: state is 'open', kind is 'failed run' or 'bad event', with 'gone', "
        "since 2026-03-02 10:00:00 UTC"
    )
    assert parse("", "run", NOON).words == "runs: all"


# Finding


@pytest.mark.parametrize(
    "query",
    [
        "",
        'state:open kind:"failed run",overflow',
        r'"a \"b\" \\ c" step:x* since:2026-03-02',
        "x y",
    ],
)
def test_query_that_is_written_anew_asks_for_the_same(query: str) -> None:
    asked = parse(query, "dead_letter", NOON)

    assert parse(asked.query, "dead_letter", NOON) == asked


def test_letters_are_found_by_their_columns() -> None:
    web, till, gone = bury(
        a_letter(source="https://web"), a_letter(source="till"), a_letter("card GONE"), at=NOON
    )

    assert set(found("")) == {web, till, gone}
    assert found("source:https://web") == [web]
    assert set(found("source:https://web,till")) == {web, till}
    assert set(found("source:https:*,t*l")) == {web, till}
    assert found("source:h*s") == []
    assert found("gone") == [gone]
    assert found("card gone") == [gone]
    assert found(f"id:{till}") == [till]
    assert found(f"group:{group_of(gone).id}") == [gone]
    assert found("event:order.placed source:till step:charge code:FE421 state:open") == [till]
    assert found('kind:"failed hook"') == []
    assert len(found("event:order.*")) == 3


def test_pattern_is_not_a_regular_expression() -> None:
    [dotted, _other] = bury(a_letter(source="a.b"), a_letter(source="axb"))

    assert found("source:a.*") == [dotted]


def test_letters_are_found_by_their_time() -> None:
    old = bury(a_letter(), at=NOON - timedelta(hours=3))
    new = bury(a_letter(), at=NOON - timedelta(hours=1))

    assert found("since:2h") == new
    assert found("until:2h") == old


def test_runs_and_events_are_found_by_the_same_language() -> None:
    event, run = new_id(), new_id()
    EventRecord.objects.create(
        id=event,
        type="order.placed",
        time=NOON,
        data=b"{}",
        correlation_id="c-1",
        subject="o-1",
        created_at=NOON,
    )
    RunRecord.objects.create(
        id=run,
        workflow="order",
        digest="9f31",
        event_id=event,
        state="failed",
        seq=1,
        title="Order 42",
        created_at=NOON,
    )

    assert found("type:order.* subject:o-1 correlation:c-1", "event") == [event]
    assert found("placed", "event") == [event]
    assert found("state:failed workflow:order 42", "run") == [run]
    assert found(f"event:{event}", "run") == [run]
    assert found("state:succeeded", "run") == []


def test_pages_follow_one_another_also_within_one_instant() -> None:
    same = bury(*[a_letter() for _ in range(5)], at=NOON)
    later = bury(a_letter(), at=NOON + LATER)
    asked = parse("", "dead_letter", NOON)

    pages, after = [], None
    while page := selections.page("dead_letter", asked, after, 2):
        pages += [row.id for row in page]
        after = (page[-1].created_at, page[-1].id)

    assert pages == later + sorted(same, reverse=True)


def test_page_is_one_statement_and_reads_no_payload() -> None:
    bury(a_letter(), a_letter())

    with CaptureQueriesContext(connection) as captured:
        selections.page("dead_letter", parse("state:open", "dead_letter", NOON))

    [query] = captured
    assert '"failure"' not in query["sql"]
    assert '"body"' not in query["sql"]


# Freezing


def test_selection_names_what_was_there_when_it_was_chosen() -> None:
    one, two = bury(a_letter("card gone"), at=NOON) + bury(a_letter("card gone"), at=NOON + LATER)
    bury(a_letter("card lost"))

    selection = selections.freeze("dead_letter", "gone state:open", "7")
    bury(a_letter("card gone"))

    assert selections.objects(selection.id, limit=10) == [one, two]
    stored = SelectionRecord.objects.get()
    assert (stored.count, stored.query, stored.created_by) == (2, "gone state:open", "7")
    assert stored.words == "dead letters: state is 'open', with 'gone'"
    assert json.loads(stored.filter) == {
        "values": {"state": ["open"]},
        "texts": ["gone"],
        "since": None,
        "until": None,
    }


def test_items_are_numbered_from_the_oldest_and_read_on_from_a_number() -> None:
    ids = [*bury(a_letter(), at=NOON), *bury(a_letter(), at=NOON + LATER)]
    ids += bury(a_letter(), at=NOON + 2 * LATER)
    selection = selections.freeze("dead_letter", "", "7")

    items = SelectionItemRecord.objects.order_by("n")
    assert [(item.n, item.object_id) for item in items] == [*enumerate(ids, start=1)]
    assert selections.objects(selection.id, after=1, limit=1) == ids[1:2]


@pytest.mark.parametrize("rows", [1, 2, 3, 6, 7])
def test_what_is_chosen_does_not_depend_on_how_much_is_looked_at_at_once(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = sorted(bury(a_letter("gone"), a_letter("lost"), a_letter("gone"), at=NOON))
    late = sorted(bury(a_letter("gone"), a_letter("lost"), a_letter("lost"), at=NOON + LATER))
    monkeypatch.setattr(selections, "FREEZE_ROWS", rows)

    everything = selections.freeze("dead_letter", "", "7")
    some = selections.freeze("dead_letter", "gone", "7")

    assert selections.objects(everything.id, limit=10) == [*early, *late]
    gone = {*DeadLetterRecord.objects.filter(message="gone").values_list("id", flat=True)}
    assert selections.objects(some.id, limit=10) == [
        each for each in [*early, *late] if each in gone
    ]
    assert (everything.count, some.count) == (6, 3)


def test_freezing_takes_as_many_statements_for_one_as_for_many() -> None:
    def statements(count: int) -> int:
        bury(*[a_letter() for _ in range(count)])
        with CaptureQueriesContext(connection) as captured:
            selections.freeze("dead_letter", "", "7")
        return sum("clock" not in query["sql"] for query in captured)

    assert statements(1) == statements(50)


def test_statements_of_a_choice_do_not_grow_with_what_was_chosen_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bury(*[a_letter() for _ in range(12)])
    monkeypatch.setattr(selections, "FREEZE_ROWS", 2)

    with CaptureQueriesContext(connection) as captured:
        selections.freeze("dead_letter", "", "7")

    conditions = [query["sql"].count("created_at") for query in captured if "_item" in query["sql"]]
    assert len(conditions) == 6
    # The first part has no border before it, and the last none behind it.
    assert len({*conditions[1:-1]}) == 1


def test_too_much_cannot_be_chosen_nor_can_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selections, "COUNT_MAX", 2)
    bury(*[a_letter() for _ in range(3)])

    with pytest.raises(
        SelectionRefused, match="more than 2 dead letters: choose fewer with since:"
    ):
        selections.freeze("dead_letter", "", "7")
    with pytest.raises(SelectionRefused, match="nothing was found: dead letters: with 'lost'"):
        selections.freeze("dead_letter", "lost", "7")

    assert not SelectionRecord.objects.exists()
    assert not SelectionItemRecord.objects.exists()


def test_as_much_as_is_allowed_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selections, "COUNT_MAX", 2)
    bury(a_letter(), a_letter())

    assert selections.freeze("dead_letter", "", "7").count == 2


def test_hostile_text_is_only_text() -> None:
    bury(a_letter("it's 100% gone; DROP TABLE"))

    assert len(found("100%")) == 1
    assert found("%gone_") == []
    assert len(found('"\'s 100% gone;"')) == 1
    assert found("x\x00y") == []
    assert found("source:x\x00y") == []
    assert DeadLetterRecord.objects.count() == 1

"""Edits that nobody means well are refused with why, and what they were to change is as it was."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowengine.errors import EditRefused
from flowengine.models import DeadLetterRecord, EventRecord, ReplayItemRecord, ReplayRecord
from flowengine.orchestration import replay
from tests.database.replay.scenes import (
    BY,
    beat,
    chosen,
    details,
    failed_orders,
    letter_states,
    letters_of,
    started,
    states,
)

pytestmark = pytest.mark.django_db

MEBIBYTE = "x" * 1024 * 1024
NO_OPTIONS: list[dict[str, Any]] = [
    {"edit": "x"},
    {"edit": {"op": "remove", "path": "/order"}},
    {"edit": 7},
    {"edits": []},
    {"edits": {"not an id": []}},
    {"edits": {"00000000-0000-0000-0000-000000000000": {}}},
    {"edit": [{"op": "add", "path": "/x", "value": MEBIBYTE}]},
    {"edit": [{"op": "add", "path": "/x", "value": [0] * 600_000}]},
    {"__proto__": {"new_keys": True}},
    {"constructor": 1},
    {"new_keys": "yes"},
    {"even_if_succeeded": 1},
    {"workflow": ["order"]},
]
"""Refused before anything is begun."""
NO_EDITS: list[list[Any]] = [
    [None],
    ["remove"],
    [{}],
    [{"op": "remove"}],
    [{"op": "delete", "path": "/order"}],
    [{"op": "replace", "path": "order", "value": 1}],
    [{"op": "replace", "path": "/nowhere/at/all", "value": 1}],
    [{"op": "remove", "path": "/nowhere"}],
    [{"op": "add", "path": "/__proto__", "value": {"admin": True}}],
    [{"op": "add", "path": "/order", "value": {"constructor": {"prototype": {}}}}],
    [{"op": "move", "from": "/order", "path": "/__proto__"}],
    [{"op": "test", "path": "/order", "value": "another"}],
    [{"op": "replace", "path": "/tenant", "value": "b"}],
    [{"op": "remove", "path": "/owner"}],
    [{"op": "add", "path": "/actor", "value": "9"}],
    [{"op": "replace", "path": "", "value": "no object"}],
    [{"op": "replace", "path": "", "value": None}],
    [{"op": "copy", "from": "", "path": f"/x{n}"} for n in range(60)],
]
"""Refused for each item, with why."""


def as_it_is() -> tuple[Any, ...]:
    """All that an edit might change, byte for byte."""
    events = EventRecord.objects.order_by("id").values_list("id", "data", "again")
    letters = DeadLetterRecord.objects.order_by("id").values_list(
        "id", "body", "headers", "failure", "state"
    )
    return [*events], [*letters]


def an_order() -> Any:
    """The dead letter of an order that has failed, with members that nobody edits."""
    [letter] = letters_of(failed_orders(tenant="a", owner="8"))
    return letter


@pytest.mark.parametrize("options", NO_OPTIONS, ids=lambda given: json.dumps(given)[:50])
def test_options_of_another_form_are_refused_before_anything_is_begun(
    options: dict[str, Any],
) -> None:
    selection = chosen([an_order()])
    before = as_it_is()

    with pytest.raises(EditRefused) as refused:
        replay.start(selection, "event", options, by=BY)

    assert refused.value.message
    assert as_it_is() == before
    assert not ReplayRecord.objects.exists()


def test_hostile_edits_are_refused_for_each_item_and_leave_the_original() -> None:
    letter = an_order()
    before = as_it_is()

    for edit in NO_EDITS:
        [planned] = replay.plan(chosen([letter]), "event", {"edit": edit}).items
        begun = started("event", [letter], edit=edit)
        beat()

        assert (planned.word, bool(planned.why)) == ("invalid_edit", True), edit
        assert states(begun) == ["skipped"], edit
        assert details(begun)[0].startswith("invalid_edit: "), edit
        assert as_it_is() == before, edit


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_PATHS = st.sampled_from(
    [
        "",
        "/order",
        "/tenant",
        "/__proto__",
        "/order/0",
        "/items/-",
        "/",
        "order",
        "/~1",
        "/~2",
        "/x/y",
    ]
)
_OPERATION = st.one_of(
    _JSON,
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "x"])},
        optional={"path": _PATHS | _JSON, "from": _PATHS | _JSON, "value": _JSON},
    ),
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(_OPERATION, max_size=4))
def test_whatever_is_given_as_an_edit_the_original_stays_and_an_answer_is_given(
    db: None, edit: list[Any]
) -> None:
    letter = an_order()
    before = as_it_is()

    with suppress(EditRefused):
        [planned] = replay.plan(chosen([letter]), "event", {"edit": edit}).items
        assert planned.word in {"eligible", "invalid_edit"}
        assert planned.why or planned.word == "eligible"

    assert as_it_is() == before


def test_what_an_edit_has_made_is_another_event_and_the_original_is_kept_beside_it() -> None:
    letter = an_order()
    before = as_it_is()

    begun = started("event", [letter], edit=[{"op": "replace", "path": "/order", "value": 9}])
    beat()

    item = ReplayItemRecord.objects.get(replay_id=begun)
    events, _letters = before
    assert json.loads(item.difference) == [{"op": "replace", "path": "/order", "value": 9}]
    assert item.event_id not in {each[0] for each in events}
    kept = EventRecord.objects.filter(id__in=[each[0] for each in events]).order_by("id")
    assert [bytes(each.data) for each in kept] == [bytes(each[1]) for each in events]
    assert letter_states([letter]) == ["replaying"]

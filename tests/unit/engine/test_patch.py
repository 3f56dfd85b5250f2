"""Edits of a payload: what each operation does, and what is refused with the original intact."""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowengine.engine.patch import DEPTH_MAX, OPERATIONS_MAX, barred, patched, same
from flowengine.errors import EditRefused

ORDER: dict[str, Any] = {
    "order": 1,
    "items": [{"sku": "a"}, {"sku": "b"}],
    "to": {"name": "Ann", "a/b": 1, "m~n": 2},
    "tenant": "t1",
}
SIZE = 256 * 1024
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def edited(*operations: Any, document: Any = None, **how: Any) -> Any:
    """The order after these operations."""
    document = copy.deepcopy(ORDER if document is None else document)
    before = copy.deepcopy(document)
    try:
        return patched(document, list(operations), **{"size_max_bytes": SIZE, **how})
    finally:
        assert document == before, "the original is never changed"


def why(*operations: Any, **how: Any) -> str:
    """Why these are refused."""
    with pytest.raises(EditRefused) as refused:
        edited(*operations, **how)
    assert refused.value.code == "FE502"
    return refused.value.message


def op(name: str, path: str, **members: Any) -> dict[str, Any]:
    """An operation."""
    return {"op": name, "path": path, **members}


@pytest.mark.parametrize(
    ("operation", "path", "value"),
    [
        (op("replace", "/order", value=2), ("order",), 2),
        (op("add", "/note", value="x"), ("note",), "x"),
        (op("add", "/order", value=2), ("order",), 2),
        (op("replace", "/items/1/sku", value="c"), ("items", 1, "sku"), "c"),
        (op("add", "/items/0", value="first"), ("items", 0), "first"),
        (op("add", "/items/-", value="last"), ("items", 2), "last"),
        (op("add", "/items/2", value="last"), ("items", 2), "last"),
        (op("replace", "/items/0", value=None), ("items", 0), None),
        (op("replace", "/to/a~1b", value=3), ("to", "a/b"), 3),
        (op("replace", "/to/m~0n", value=3), ("to", "m~n"), 3),
        (op("remove", "/items/0"), ("items", 0), {"sku": "b"}),
        (op("copy", "/first", **{"from": "/items/0"}), ("first",), {"sku": "a"}),
        (op("move", "/items/1", **{"from": "/items/0"}), ("items", 1), {"sku": "a"}),
        (op("move", "/order", **{"from": "/order"}), ("order",), 1),
        (op("test", "/to/name", value="Ann"), ("to", "name"), "Ann"),
        (op("replace", "", value={"a": 1}), ("a",), 1),
    ],
)
def test_operation_puts_its_value_there(
    operation: dict[str, Any], path: tuple[Any, ...], value: Any
) -> None:
    result = edited(operation)

    for part in path:
        result = result[part]
    assert result == value


def test_members_and_items_that_are_removed_are_gone() -> None:
    result = edited(op("remove", "/to/name"), op("remove", "/items/1"), op("remove", "/order"))

    assert result == {"items": [{"sku": "a"}], "to": {"a/b": 1, "m~n": 2}, "tenant": "t1"}


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        ("add", "it is no mapping"),
        ({}, "'op' is one of"),
        ({"op": "increment", "path": "/a"}, "'op' is one of"),
        ({"op": ["add"], "path": "/a"}, "'op' is one of"),
        ({"op": "add", "path": "/a"}, "'add' needs 'value'"),
        (op("remove", "/order", value=1), "'remove' has no 'value'"),
        (op("move", "/a"), "'move' needs 'from'"),
        ({"op": "remove", "path": 5}, "a path is text"),
        (op("remove", "order"), "a path is text"),
        (op("remove", ""), "the whole cannot be taken away"),
        (op("remove", "/none"), "there is no '/none'"),
        (op("replace", "/none", value=1), "there is no '/none'"),
        (op("remove", "/items/2"), "a list has no place '2'"),
        (op("remove", "/items/-"), "a list has no place '-'"),
        (op("remove", "/items/-1"), "a list has no place '-1'"),
        (op("replace", "/items/00", value=1), "a list has no place '00'"),
        (op("replace", "/items/01", value=1), "a list has no place '01'"),
        (op("replace", "/items/٣", value=1), "a list has no place"),
        (op("add", "/items/3", value=1), "a list has no place '3'"),
        (op("add", "/items/" + "9" * 5000, value=1), "a list has no place"),
        (op("add", "/order/x", value=1), "there is no '/order/x'"),
        (op("remove", "/order/x/y"), "there is no '/order/x'"),
        (op("test", "/order", value=True), "'/order' has another value"),
        (op("test", "", value={}), "the whole has another value"),
        (op("move", "/to/name/x", **{"from": "/to"}), "cannot be moved into itself"),
        (op("copy", "/a", **{"from": "/none"}), "there is no '/none'"),
        (op("add", "/__proto__", value=1), "the name '__proto__' is refused"),
        (op("add", "/to/constructor/prototype", value=1), "is refused"),
        (op("replace", "/to", value={"deep": [{"__proto__": {}}]}), "'__proto__' is refused"),
        (op("add", "/x", value={"constructor": 1}), "'constructor' is refused"),
        (op("add", "/a" * (DEPTH_MAX + 1), value=1), f"at most {DEPTH_MAX} parts"),
    ],
)
def test_operation_that_cannot_be_done_is_refused_with_its_number(
    operation: Any, reason: str
) -> None:
    message = why(op("test", "/order", value=1), operation)

    assert message.startswith("operation 2 of the edit: ")
    assert reason in message


@pytest.mark.parametrize("patch", [None, {}, "add", 5, b"[]"])
def test_what_is_no_list_is_no_edit(patch: Any) -> None:
    with pytest.raises(EditRefused, match="a list of operations"):
        patched(ORDER, patch, size_max_bytes=SIZE)


def test_edit_has_a_bounded_number_of_operations() -> None:
    test = op("test", "/order", value=1)

    assert edited(*[test] * OPERATIONS_MAX) == ORDER
    assert "at most 100 operations" in why(*[test] * (OPERATIONS_MAX + 1))


def test_edit_of_a_mebibyte_is_refused() -> None:
    assert "the edit is more than 256 KiB" in why(op("add", "/x", value="y" * 1024 * 1024))
    assert "the edit is more than 256 KiB" in why(op("add", "/x", value=[0] * 300_000))
    assert "the edit is more than 256 KiB" in why(op("add", "/x", value={"n" * 300_000: 0}))


def test_copies_of_copies_are_refused_before_they_fill_the_memory() -> None:
    doubled = [op("copy", f"/x{n}", **{"from": ""}) for n in range(60)]

    assert "what the edit makes is more than" in why(*doubled)


def test_payload_that_becomes_too_deep_is_refused() -> None:
    deeper = [op("move", "/a", **{"from": ""})]
    assert "cannot be moved into itself" in why(*deeper)

    nested: Any = 1
    for _ in range(DEPTH_MAX):
        nested = [nested]
    assert "levels deep" in why(op("add", "/x", value=nested))


@pytest.mark.parametrize(
    "operation",
    [
        op("replace", "/tenant", value="t2"),
        op("remove", "/tenant"),
        op("move", "/was", **{"from": "/tenant"}),
        op("copy", "/to/tenant", **{"from": "/tenant"}),
        op("add", "/to/owner", value="me"),
        op("replace", "", value={"order": 1}),
        op("add", "/items/-", value={"deep": [{"actor": "7"}]}),
    ],
)
def test_protected_member_keeps_its_value_and_its_place(operation: dict[str, Any]) -> None:
    message = why(operation, protected=("owner", "tenant", "actor"))

    assert "is protected" in message


def test_other_members_may_change_beside_protected_ones() -> None:
    result = edited(
        op("replace", "/order", value=2), op("replace", "/tenant", value="t1"), protected=["tenant"]
    )

    assert (result["order"], result["tenant"]) == (2, "t1")


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        (1, 1.0, True),
        (1, True, False),
        (False, 0, False),
        (True, True, True),
        ([1, {"a": None}], [1, {"a": None}], True),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1}, {"a": True}, False),
        ([True], [1], False),
        ({}, [], False),
        ("a", "a", True),
    ],
)
def test_values_are_the_same_by_the_rules_of_json(one: Any, other: Any, *, are_same: bool) -> None:
    assert same(one, other) is are_same


_PATHS = st.sampled_from(
    ["", "/a", "/a/0", "/a/-", "/b/c", "/a/1/b", "/__proto__", "a", "/tenant", "/~1", "/a//b"]
)
_OPERATIONS = st.lists(
    st.one_of(
        st.builds(
            lambda name, path, value: op(name, path, value=value),
            st.sampled_from(["add", "replace", "test"]),
            _PATHS,
            _JSON,
        ),
        st.builds(lambda path: op("remove", path), _PATHS),
        st.builds(
            lambda name, path, source: op(name, path, **{"from": source}),
            st.sampled_from(["move", "copy"]),
            _PATHS,
            _PATHS,
        ),
        _JSON,
    ),
    max_size=6,
)


@given(document=_JSON, operations=_OPERATIONS)
def test_any_edit_gives_plain_json_or_is_refused_and_leaves_the_original(
    document: Any, operations: list[Any]
) -> None:
    before = copy.deepcopy(document)

    with suppress(EditRefused):
        result = patched(document, operations, size_max_bytes=SIZE, protected=["tenant"])
        assert same(copy.deepcopy(result), result)

    assert same(document, before)


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"tenant": 1}, "tenant"),
        ({"to": [{"more": {"tenant": 1}}]}, "tenant"),
        ({"to": {"__proto__": {}}}, "__proto__"),
        ({"to": "tenant", "tenants": [1]}, None),
        ({}, None),
    ],
)
def test_names_that_nobody_gives_by_hand_are_found_wherever_they_stand(
    given: Any, name: str | None
) -> None:
    assert barred(given, ["tenant"]) == name

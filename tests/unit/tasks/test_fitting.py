"""Corrected inputs are held against what a task says of its parameters."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from flowengine.tasks import registry
from flowengine.tasks.fitting import misfit

if TYPE_CHECKING:
    from decimal import Context


def charge(
    amount: int, note: str = "", tags: list[str] | None = None, anything: Any = None
) -> None:
    """Says what it takes."""


def plain(amount, note=None) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - the point
    """Says nothing."""


class Money:
    """Of the project itself."""


def strange(amount: Money, how: list[Money] | None = None, when: date | None = None) -> None:
    """Says what is no JSON, and what is made of it."""


def unknown(amount: int, how: Context | None = None) -> None:
    """Says what only a type checker knows."""


def why(function: Any, **given: Any) -> str | None:
    """Why the task does not take these."""
    return misfit(registry.read(function, name="shop.charge"), given)


@pytest.mark.parametrize(
    "given",
    [
        {"amount": 5},
        {"amount": "5"},
        {"note": "x", "tags": ["a"]},
        {"tags": None, "anything": {"a": 1}},
        {},
    ],
)
def test_values_of_the_types_that_are_annotated_fit(given: dict[str, Any]) -> None:
    assert why(charge, **given) is None


@pytest.mark.parametrize(
    ("given", "name"),
    [({"amount": "five"}, "amount"), ({"amount": None}, "amount"), ({"tags": [1]}, "tags")],
)
def test_value_of_another_type_is_named_with_its_task(given: dict[str, Any], name: str) -> None:
    problem = why(charge, **given)

    assert problem is not None
    assert problem.startswith(f"'{name}' of shop.charge: ")


def test_what_an_annotation_does_not_say_is_not_judged() -> None:
    assert why(plain, amount="five") is None
    assert why(strange, amount={"of": 5}, how=[5]) is None
    assert why(unknown, amount="five", how=1) is None


def test_value_that_is_converted_for_the_task_must_be_convertible() -> None:
    assert why(strange, when="2026-03-02") is None
    problem = why(strange, when="today")
    assert problem is not None
    assert problem.startswith("'when' of shop.charge: ")

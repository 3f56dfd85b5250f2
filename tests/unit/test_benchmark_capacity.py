"""The small model that predicts larger installations."""

from __future__ import annotations

import pytest

from tests.benchmarks.capacity import FULL, INSTALLATIONS, predict, table


def test_part_that_is_used_up_first_sets_the_pace() -> None:
    found = predict({"workers": 0.2, "PostgreSQL": 0.1}, {"workers": 1, "PostgreSQL": 4})

    assert found.used_up == "workers"
    assert found.steps_per_s == pytest.approx(1000 * FULL / 0.2)
    assert found.shares["PostgreSQL"] == pytest.approx(0.1 / 4 / 0.2)


def test_more_of_what_is_used_up_moves_the_end_to_another_part() -> None:
    cost = {"workers": 0.2, "PostgreSQL": 0.1}

    grown = predict(cost, {"workers": 16, "PostgreSQL": 4})

    assert grown.used_up == "PostgreSQL"
    assert grown.shares["workers"] < 1


def test_part_that_costs_nothing_limits_nothing() -> None:
    assert predict({"workers": 1.0, "Redis": 0.0}, {"workers": 1}).used_up == "workers"


def test_cost_without_cores_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="PostgreSQL"):
        predict({"PostgreSQL": 1.0}, {"workers": 1})


def test_table_says_for_each_installation_what_ends_first() -> None:
    lines = table({"workers": 0.2, "PostgreSQL": 0.1, "RabbitMQ": 0.05}).splitlines()

    assert len(lines) == 1 + len(INSTALLATIONS)
    assert all(line.endswith(" first") for line in lines[1:])

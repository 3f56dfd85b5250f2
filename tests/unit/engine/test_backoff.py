"""When a step is tried again."""

from __future__ import annotations

import math
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowengine.definitions.steps import RetryPolicy
from flowengine.engine.backoff import next_try, spread, wait
from tests.builders import NOON, RUN_ID, retry, running


def seconds(policy: RetryPolicy, tries: int, u: float) -> float:
    return wait(policy, tries, u).total_seconds()


@pytest.mark.parametrize(("tries", "least", "most"), [(1, 2.5, 5.0), (2, 5.0, 10.0)])
def test_default_waits_are_those_of_the_manual(tries: int, least: float, most: float) -> None:
    assert seconds(RetryPolicy(), tries, 0.0) == most
    assert seconds(RetryPolicy(), tries, 1.0) == least


def test_waits_grow_by_the_factor_up_to_the_longest() -> None:
    policy = retry(attempts=12, delay_s=5, factor=3, max_delay_s=21600, jitter=1)

    waits = [seconds(policy, tries, 0.0) for tries in range(1, 12)]

    assert waits == [5, 15, 45, 135, 405, 1215, 3645, 10935, 21600, 21600, 21600]


def test_wait_that_no_number_can_hold_is_the_longest() -> None:
    assert seconds(retry(factor=1e300, max_delay_s=60, jitter=0), 100, 0.5) == 60


def test_spread_is_the_same_for_ever() -> None:
    assert spread(RUN_ID, "charge", "", 1) == 0.0906775626185301


@settings(deadline=None)
@given(st.uuids(), st.sampled_from(["", "0", "3.7"]), st.integers(1, 100))
def test_spread_is_a_share(run_id: UUID, item: str, tries: int) -> None:
    assert 0 <= spread(run_id, "charge", item, tries) < 1


def test_spread_differs_between_runs_steps_items_and_tries() -> None:
    shares = {
        spread(RUN_ID, "charge", "", 1),
        spread(RUN_ID, "ship", "", 1),
        spread(RUN_ID, "charge", "1", 1),
        spread(RUN_ID, "charge", "", 2),
    }

    assert len(shares) == 4


def test_no_try_is_left_after_the_last() -> None:
    policy = retry(attempts=2, jitter=0)

    assert next_try(policy, RUN_ID, running(tries=0), None, NOON) is not None
    assert next_try(policy, RUN_ID, running(tries=1), None, NOON) is None


@pytest.mark.parametrize(
    ("asked", "waited"), [(30, 30), (1e300, 60), (0, 0), (-5, 0), (math.nan, 0), (math.inf, 60)]
)
def test_wait_a_task_asks_for_is_kept_within_bounds(asked: float, waited: float) -> None:
    policy = retry(max_delay_s=60)

    due_at = next_try(policy, RUN_ID, running(), asked, NOON)

    assert due_at == NOON + timedelta(seconds=waited)


@pytest.mark.parametrize(("give_up_after_s", "is_left"), [(100, False), (109, False), (110, True)])
def test_no_try_begins_after_the_total_time(give_up_after_s: float, *, is_left: bool) -> None:
    policy = retry(delay_s=10, jitter=0, give_up_after_s=give_up_after_s)
    now = NOON + timedelta(seconds=100)

    due_at = next_try(policy, RUN_ID, running(first_started_at=NOON), None, now)

    assert (due_at is not None) is is_left


def test_step_that_never_started_has_all_its_time() -> None:
    policy = retry(give_up_after_s=1)

    assert next_try(policy, RUN_ID, running(first_started_at=None), None, NOON) is not None

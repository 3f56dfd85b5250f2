"""What a run may use up: each limit below it, at it, and above. Language §4.13.

Those of a file are proven where it is read (``definitions/test_limits_of_files.py``); how deep children
stand and how long a chain of events is, with the children; items of a loop, with the loops; lost workers,
with the attempts; keys and queues, with the gates; who may watch, with the audience.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flowengine.definitions.steps import Step
from flowengine.engine.commands import Emit
from flowengine.engine.draft import LIMITS, Limits
from flowengine.engine.run import Failure
from flowengine.engine.states import RunState
from tests.builders import a_workflow, an_event, retry, step
from tests.builders.driver import Driver
from tests.builders.steps import (
    approval,
    child,
    emit,
    group,
    otherwise,
    parallel,
    rescue,
    switch,
    undo,
    wait,
)

KIB = 1024
SMALL = Limits(payload_max_bytes=KIB, outputs_max_bytes=4 * KIB, event_max_bytes=KIB)
SIZES = [(KIB - 1, True), (KIB, True), (KIB + 1, False)]
"""Bytes, encoded, and whether they are kept."""


def of(size: int, key: str = "") -> str:
    """Text that takes so many bytes as JSON; with *key*, as the only value of a mapping."""
    frame = '""' if not key else f'{{"{key}":""}}'
    return "x" * (size - len(frame))


def a_driver(*steps: Step | str, limits: Limits = SMALL, data: Any = None, **fields: Any) -> Driver:
    event = an_event(data=data or {})
    return Driver(a_workflow(*steps, **fields), event, limits=limits).start()


def size_of(value: Any) -> int:
    return len(msgspec.json.encode(value))


def said(driver: Driver) -> Failure:
    failure = driver.run.failure
    assert failure is not None
    return failure


# One input, one output


@pytest.mark.parametrize(("size", "is_kept"), SIZES)
@pytest.mark.parametrize(
    "make",
    [
        lambda given: step("a", with_=given),
        lambda given: child("a", with_=given),
        lambda given: emit("it.was", id_="a", with_=given),
    ],
    ids=["task", "workflow", "emit"],
)
def test_input_of_a_step_is_at_most_256_kib(make: Any, size: int, *, is_kept: bool) -> None:
    driver = a_driver(make({"x": "${{ event.data.x }}"}), data={"x": of(size, "x")})

    assert (driver.states()["a"] != "failed") is is_kept
    if not is_kept:
        assert (said(driver).code, said(driver).fe) == ("PayloadTooLarge", "FE423")
        assert said(driver).message == "the input of 'a' is 1 KiB; the limit is 1 KiB"


@pytest.mark.parametrize(("more", "is_asked"), [(-1, True), (0, True), (1, False)])
def test_question_of_an_approval_is_at_most_256_kib(more: int, *, is_asked: bool) -> None:
    asked = a_driver(approval("a", "${{ event.data.ask }}"), data={"ask": ""}).row("a").input
    room = KIB - size_of(asked)

    driver = a_driver(approval("a", "${{ event.data.ask }}"), data={"ask": "x" * (room + more)})

    assert (driver.states()["a"] == "waiting") is is_asked


@pytest.mark.parametrize(("size", "is_kept"), SIZES)
def test_input_of_an_undo_is_at_most_256_kib(size: int, *, is_kept: bool) -> None:
    back = undo("back", with_={"x": "${{ event.data.x }}"})
    driver = a_driver(step("a", compensate=back), "b", data={"x": of(size, "x")})

    driver.succeed("a").fail("b")

    assert driver.states()["a"] == ("undoing" if is_kept else "undo_failed")


@pytest.mark.parametrize(("size", "is_kept"), SIZES)
def test_output_of_a_task_is_at_most_256_kib(size: int, *, is_kept: bool) -> None:
    driver = a_driver("a", "b").succeed("a", of(size))

    assert driver.states()["a"] == ("succeeded" if is_kept else "failed")


@pytest.mark.parametrize(("size", "is_kept"), SIZES)
def test_output_of_a_child_is_at_most_256_kib(size: int, *, is_kept: bool) -> None:
    driver = a_driver(child("a"), "b").end_child("a", output=of(size))

    assert driver.states()["a"] == ("succeeded" if is_kept else "failed")


@pytest.mark.parametrize(("more", "is_kept"), [(-1, True), (0, True), (1, False)])
def test_list_of_a_loop_is_at_most_as_large_as_all_outputs(more: int, *, is_kept: bool) -> None:
    driver = a_driver(step("a", each=[1, 2, 3, 4]))
    for item in range(3):
        driver.succeed(f"a.{item}", of(KIB))

    driver.succeed("a.3", of(KIB - len("[,,,]") + more))

    assert driver.states()["a.3"] == "succeeded"
    assert driver.states()["a"] == ("succeeded" if is_kept else "failed")


@pytest.mark.parametrize(("size", "is_kept"), SIZES)
def test_output_of_a_run_is_at_most_256_kib(size: int, *, is_kept: bool) -> None:
    driver = a_driver("a", output="${{ event.data.x }}", data={"x": of(size)}).succeed("a")

    assert driver.state is (RunState.SUCCEEDED if is_kept else RunState.FAILED)


@pytest.mark.parametrize(("size", "is_published"), SIZES)
def test_data_of_an_event_is_at_most_256_kib(size: int, *, is_published: bool) -> None:
    limits = Limits(event_max_bytes=KIB)
    told = emit("it.was", id_="a", with_={"x": "${{ event.data.x }}"})

    driver = a_driver(told, limits=limits, data={"x": of(size, "x")})

    assert [type(each) for each in driver.commands].count(Emit) == is_published
    if not is_published:
        assert (said(driver).code, said(driver).fe) == ("PayloadTooLarge", "FE304")
        assert said(driver).message == "event it.was: its data is 1 KiB; the limit is 1 KiB"


# All outputs of a run


@pytest.mark.parametrize(("last", "state"), [(-1, "succeeded"), (0, "succeeded"), (1, "failed")])
def test_outputs_of_a_run_are_at_most_4_mib_together(last: int, state: str) -> None:
    driver = a_driver("a", "b", "c", "d", "e")
    for name in "abc":
        driver.succeed(name, of(KIB))
    driver.succeed("d", of(KIB - 100))

    driver.succeed("e", of(100 + last))

    assert driver.states()["e"] == state
    if state == "failed":
        assert (said(driver).code, said(driver).fe) == ("PayloadTooLarge", "FE423")
        assert said(driver).message == (
            "with that of 'e' the outputs of the run are 4 KiB; the limit is 4 KiB"
        )
        assert driver.run.output_bytes == 4 * KIB - 100
    else:
        assert driver.run.output_bytes == 4 * KIB + last


def test_step_that_leaves_nothing_is_never_too_much() -> None:
    driver = a_driver("a", "b", "c", "d", "e", "f")
    for name in "abcd":
        driver.succeed(name, of(KIB))

    driver.succeed("e", None)
    assert driver.states()["e"] == "succeeded"

    assert driver.succeed("f", 0).states()["f"] == "failed"


def test_outputs_too_large_together_may_be_rescued_by_name() -> None:
    saved = step("e", rescue=rescue("mend", errors=("PayloadTooLarge",)))
    driver = a_driver("a", "b", "c", "d", saved)
    for name in "abcd":
        driver.succeed(name, of(KIB))

    assert driver.succeed("e", "x").states()["e"] == "rescuing"
    assert driver.succeed("mend").state is RunState.SUCCEEDED


@pytest.mark.parametrize(
    "make",
    [
        lambda: group("all", "a"),
        lambda: parallel("all", "a"),
        lambda: switch("all", otherwise("a")),
        lambda: group("outer", group("all", "a")),
    ],
    ids=["group", "parallel", "switch", "nested"],
)
def test_output_of_a_block_is_not_counted_again(make: Any) -> None:
    driver = a_driver(make()).succeed("a", "x" * 98)

    assert driver.state is RunState.SUCCEEDED
    assert driver.run.output_bytes == 100


def test_outputs_of_items_are_counted_and_their_list_is_not() -> None:
    driver = a_driver(step("a", each=[1, 2, 3]))
    for item in range(3):
        driver.succeed(f"a.{item}", "x" * 98)

    assert driver.state is RunState.SUCCEEDED
    assert driver.run.output_bytes == 300


def test_loop_may_fill_what_is_left_though_its_list_takes_as_much_again() -> None:
    limits = Limits(payload_max_bytes=KIB, outputs_max_bytes=KIB)
    driver = a_driver(step("a", each=[1, 2]), limits=limits)

    driver.succeed("a.0", of(KIB // 2)).succeed("a.1", of(KIB // 2 - 3))

    assert driver.states()["a"] == "succeeded"


def test_event_that_is_taken_and_answers_and_outputs_of_children_count() -> None:
    driver = a_driver(wait("paid", "order.paid", match={"n": 1}), approval("ok"), child("sub"))

    driver.arrive(an_event("order.paid", {"n": 1}))
    taken = driver.run.output_bytes
    driver.answer("ok")
    answered = driver.run.output_bytes
    driver.end_child("sub", output="x" * 98)

    assert taken == size_of(driver.output("paid"))
    assert answered == taken + size_of(driver.output("ok"))
    assert driver.run.output_bytes == answered + 100


def test_undo_and_what_has_failed_count_nothing() -> None:
    driver = a_driver(step("a", compensate=undo("back")), step("b", retry=retry(attempts=1)))

    driver.succeed("a", "x" * 98).fail("b").succeed("undo a", "x" * 98)

    assert driver.state is RunState.FAILED
    assert driver.run.output_bytes == 100


@pytest.mark.parametrize(("last", "is_taken"), [(-1, True), (0, True), (1, False)])
def test_outputs_given_by_hand_count_like_any_other(last: int, *, is_taken: bool) -> None:
    driver = a_driver(
        "a", "b", "c", parallel("both", "d", "e", fail_fast=False), hold_on_failure_s=60
    )
    for name in "abc":
        driver.succeed(name, of(KIB))
    driver.fail("d").fail("e")

    driver.resume(is_done=True, output=of(KIB // 2 + last))

    assert driver.decision is not None
    assert driver.decision.stale is not is_taken
    assert driver.run.output_bytes == (4 * KIB + 2 * last if is_taken else 3 * KIB)


def test_limits_are_those_of_the_manual() -> None:
    assert (
        Limits(
            crashes_max=3,
            payload_max_bytes=262_144,
            event_max_bytes=262_144,
            outputs_max_bytes=4_194_304,
            items_max=10_000,
            depth_max=8,
            hops_max=16,
        )
        == LIMITS
    )

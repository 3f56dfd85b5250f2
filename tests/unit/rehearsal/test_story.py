"""A rehearsal as it is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import pytest

from flowengine.rehearsal.story import Line, Tone, span
from tests.unit.rehearsal.stage import Stage, file


def test_failure_is_held_and_undone_and_the_hooks_run() -> None:
    stage = Stage(
        file(
            "[{task: x.a, compensate: x.undo}, {task: x.b, retry: {attempts: 1}}]",
            hold_on_failure="1h",
            title="Order ${{ event.data.id }}",
            on_failure="[x.told]",
        ),
        fakes="x.a: 1\nx.b: {fails: Gone}\nx.undo: null\nx.told: null",
    ).play(id=7)

    assert stage.told("w") == [
        "+0s starts: Order 7",
        "+0s held for somebody to mend it; Gone: as its fake says",
        "+0s dead letter: failed run (FE421)",
        "+1h undoes what was done",
        "+1h failed; Gone: as its fake says",
        "+1h on_failure:",
    ]
    assert stage.told("undo a") == ["+1h x.undo()"]
    assert stage.told("a")[-1] == "+1h undone"
    assert stage.told("told") == ["+1h x.told()", "+1h done"]


def test_undo_that_fails_is_told() -> None:
    stage = Stage(
        file(
            "[{task: x.a, compensate: {task: x.undo, retry: {attempts: 1}}},"
            " {fail: {error: Gone, message: m}}]"
        ),
        fakes="x.a: 1\nx.undo: {fails: Stuck}",
    ).play()

    assert stage.told("a")[-1] == "+0s not undone; Stuck: as its fake says"


def test_blocks_skips_and_rescues_are_told() -> None:
    steps = (
        "[{if: 'false', task: x.a},"
        " {switch: [{if: event.data.n > 5, steps: []}, {steps: [x.b]}]},"
        " {id: g, steps: [x.c], rescue: [{errors: [Gone], steps: [x.d]}]},"
        " {id: l, for_each: [1, 2], task: x.e}]"
    )

    stage = Stage(
        file(steps), fakes="x.b: 1\nx.c: {fails: Gone, permanent: true}\nx.d: {m: 1}\nx.e: 1"
    ).play(n=1)

    assert stage.told("a") == ["+0s skipped"]
    assert stage.told("switch 1")[0] == "+0s clause 2"
    assert stage.told("g") == [
        "+0s a group",
        "+0s Gone: as its fake says; rescue",
        '+0s rescued {"m": 1}',
    ]
    assert stage.told("l") == ["+0s for each of 2 items", "+0s [1, 1]"]
    assert stage.told("l[1]") == ["+0s x.e()", "+0s 1"]


def test_workflows_that_say_no_are_told_with_the_clause() -> None:
    stage = Stage(file("[x.a]", on="{event: a.b, if: event.data.n > 5}")).play(n=1)

    assert stage.told("w") == ["+0s no match; event.data.n > 5 is false"]
    assert stage.states == []


def test_long_values_are_cut() -> None:
    stage = Stage(file("[x.a]"), fakes=f"x.a: {'y' * 300}").play()

    assert len(stage.told("a")[-1]) < 110
    assert stage.told("a")[-1].endswith("…")


def test_good_and_bad_ends_are_told_apart() -> None:
    good = Stage(file("[x.a]"), fakes="x.a: 1").play().lines[-1]
    bad = Stage(file("[{fail: {error: E, message: m}}]")).play().lines[-1]

    assert (good.tone, bad.tone) == (Tone.GOOD, Tone.BAD)
    assert (good.is_step, good.depth) == (False, 0)
    assert good.run is not None


@pytest.mark.parametrize(
    ("length", "text"),
    [
        ({}, "+0s"),
        ({"seconds": 5.25}, "+5.2s"),
        ({"minutes": 90}, "+1h30m"),
        ({"days": 2, "seconds": 1}, "+2d1s"),
    ],
)
def test_times_since_the_start_are_short(length: Mapping[str, float], text: str) -> None:
    assert span(timedelta(**length)) == text


def test_same_rehearsal_is_told_alike() -> None:
    def once() -> list[Line]:
        stage = Stage(
            file("[{task: x.a}, {id: l, for_each: [1, 2, 3], task: x.b}]"),
            fakes="x.a: [{fails: Gone}, {returns: 1}]\nx.b: {returns: 1, takes: 3s}",
        )
        return stage.play().lines

    assert once() == once()

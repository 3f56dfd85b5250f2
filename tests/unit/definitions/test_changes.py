"""What changed in meaning between two versions of a file."""

from __future__ import annotations

import pytest

from flowengine.definitions.changes import changes
from flowengine.definitions.parse import read

BEFORE = """\
workflow: w
title: T
on: a.b
timeout: 10m
concurrency: {limit: 1, key: event.id}
steps:
  - {id: first, task: x.first, retry: {attempts: 2, delay: 1s}}
  - x.second
  - parallel:
      a: x.a
      b: [x.c, x.d]
  - id: choose
    switch:
      - {if: event.data.n > 1, steps: [x.e]}
      - steps: [x.f]
"""


def told(before: str, after: str) -> list[str]:
    return [str(each) for each in changes(read(before), read(after))]


def test_comments_short_forms_and_the_order_of_keys_are_no_change() -> None:
    after = BEFORE.replace("- x.second", "- {task: x.second} # the same").replace(
        "{limit: 1, key: event.id}", "{key: event.id, limit: 1}"
    )

    assert told(BEFORE, after) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("title: T\n", "", ["- title"]),
        ("title: T\n", "title: T\npriority: low\n", ['+ priority: "low"']),
        ("timeout: 10m", "timeout: 1h", ['~ timeout: "10m" -> "1h"']),
        ("limit: 1,", "limit: 2,", ["~ concurrency: limit"]),
        ("on: a.b", "on: [a.b, a.c]", ["~ on: its entries"]),
        ("attempts: 2, delay: 1s", "attempts: 3", ["~ step first: retry.attempts, retry.delay"]),
        ("  - x.second\n", "", ["- step second"]),
        ("  - x.second\n", "  - x.second\n  - x.third\n", ["+ step third: task x.third"]),
        ("  - x.second\n", "  - x.second\n  - sleep: 1h\n", ["+ step sleep 1: sleep 1h"]),
        (
            "  - x.second\n",
            "  - {id: box, steps: [x.second]}\n",
            ["+ step box: steps", "~ step second: moved"],
        ),
        ("[x.c, x.d]", "[x.d, x.c]", ["~ step d: moved", "~ step c: moved"]),
        ("n > 1", "n > 2", ["~ step choose: switch"]),
        ("steps: [x.e]", "steps: [x.e, x.g]", ["+ step g: task x.g"]),
        ("a: x.a", "a: x.z", ["~ step a: task"]),
    ],
)
def test_change_of_meaning_is_told_by_key_and_step(old: str, new: str, expected: list[str]) -> None:
    assert old in BEFORE

    assert told(BEFORE, BEFORE.replace(old, new, 1)) == expected


def test_branch_that_comes_first_in_the_file_has_not_moved() -> None:
    after = BEFORE.replace(
        "      a: x.a\n      b: [x.c, x.d]\n", "      b: [x.c, x.d]\n      a: x.a\n"
    )

    assert told(BEFORE, after) == []

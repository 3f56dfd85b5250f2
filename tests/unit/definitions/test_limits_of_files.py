"""How much a file may hold, and how large its numbers may be: below, at and above each limit."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flowengine.definitions.parse import read
from flowengine.errors import DefinitionError

HEAD = "workflow: x\non: a\n"
LINE = "steps: [shop.a]\n"


def refusals(text: str) -> list[str]:
    try:
        read(text)
    except DefinitionError as error:
        return [problem.code for problem in error.problems]
    return []


def many(count: int, item: str) -> str:
    """A list of so many, each with its number for N."""
    return f"[{', '.join(item.replace('N', str(n)) for n in range(count))}]"


def named(count: int, entry: str) -> str:
    """A map of so many."""
    return f"{{{many(count, entry)[1:-1]}}}"


def one_step(keys: str) -> str:
    return f"{HEAD}steps:\n  - {{id: s, {keys}}}\n"


File = Callable[[int], str]
AMOUNTS: dict[str, tuple[int, int, File]] = {
    "steps": (1, 200, lambda n: f"{HEAD}steps: {many(n, '{id: sN, task: shop.a}')}\n"),
    "branches": (1, 50, lambda n: one_step(f"parallel: {named(n, 'bN: shop.a')}")),
    "clauses": (1, 50, lambda n: one_step(f"switch: {many(n, '{if: true, steps: []}')}")),
    "rescues": (
        *(1, 10),
        lambda n: one_step(f"task: shop.a, rescue: {many(n, '{errors: [A], steps: []}')}"),
    ),
    "errors": (
        *(1, 20),
        lambda n: one_step(f"task: shop.a, retry: {{except: {many(n, 'E')}}}"),
    ),
    "triggers": (1, 20, lambda n: f"workflow: x\non: {many(n, 'aN')}\n{LINE}"),
    "types": (1, 20, lambda n: f"workflow: x\non: {{event: {many(n, 'aN')}}}\n{LINE}"),
    "cancels": (
        *(1, 5),
        lambda n: f"{HEAD}cancel_on: {many(n, '{event: a, match: {x: 1}}')}\n{LINE}",
    ),
    "matches": (
        *(1, 3),
        lambda n: one_step(f"wait_for: {{event: a, match: {named(n, 'mN: 1')}}}, timeout: 1s"),
    ),
    "labels": (0, 8, lambda n: f"{HEAD}labels: {named(n, 'lN: 1')}\n{LINE}"),
    "inputs": (1, 64, lambda n: f"{HEAD}inputs: {named(n, 'iN: string')}\n{LINE}"),
    "on_failure": (1, 20, lambda n: f"{HEAD}{LINE}on_failure: {many(n, 'a.hN')}\n"),
    "finally": (1, 20, lambda n: f"{HEAD}{LINE}finally: {many(n, 'a.hN')}\n"),
    "users": (0, 1000, lambda n: f"{HEAD}{LINE}notify: {{users: {many(n, 'N')}}}\n"),
    "items": (0, 10_000, lambda n: one_step(f"for_each: {many(n, 'N')}, task: shop.a")),
    "arguments": (0, 64, lambda n: one_step(f"task: shop.a, with: {named(n, 'aN: 1')}")),
}
"""By what is counted: the least, the most, and the file that has so many."""


@pytest.mark.parametrize("what", AMOUNTS)
def test_amount_is_from_the_least_to_the_most(what: str) -> None:
    least, most, file = AMOUNTS[what]

    assert [refusals(file(n)) for n in (least, most - 1, most)] == [[], [], []]
    assert refusals(file(most + 1)) == ["FE129" if what == "steps" else "FE112"]
    assert least == 0 or refusals(file(least - 1)) == ["FE112"]


def blocks(count: int, opening: str, closing: str) -> str:
    return f"{HEAD}steps: {opening * (count - 1)}[shop.a]{closing * (count - 1)}\n"


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("[{steps: ", "}]"),
        ("[{switch: [{steps: ", "}]}]"),
        ("[{parallel: {bN: ", "}}]"),
        ("[{task: shop.tN, rescue: [{steps: ", "}]}]"),
    ],
)
def test_lines_stand_inside_one_another_eight_levels_deep(opening: str, closing: str) -> None:
    def file(levels: int) -> str:
        text = blocks(levels, opening, closing)
        for number in range(levels):
            text = text.replace("N", str(number), 1)
        return text

    assert [refusals(file(levels)) for levels in (1, 7, 8)] == [[], [], []]
    assert refusals(file(9)) == ["FE129"]


def test_steps_are_counted_wherever_they_stand() -> None:
    def file(count: int) -> str:
        blocks = (
            "{id: both, parallel: {left: [shop.a], right: shop.b}}, {switch: [{steps: [shop.c]}]}"
        )
        hooks = "on_failure: [shop.d]\nfinally: [{switch: [{steps: [shop.e]}]}]\n"
        line = many(count - 9, "{id: sN, task: shop.f}")[1:-1]
        return f"{HEAD}steps: [{line}, {blocks}]\n{hooks}"

    assert refusals(file(200)) == []
    assert refusals(file(201)) == ["FE129"]


def test_words_of_all_expressions_are_counted_together() -> None:
    def file(words: int) -> str:
        """In an ``if``, in values, and in what an alias stands for."""
        text = "${{ 1 }}" * ((words - 100) // 4)  # two words each
        return (
            f"{HEAD}steps: [{{task: shop.a, if: '{' && '.join(['true'] * 50)}'}}]\n"
            f"output: [&text '{text}', *text]\n"
        )

    assert refusals(file(14_996)) == []
    assert refusals(file(15_000)) == []
    assert refusals(file(15_004)) == ["FE209"]


ALMOST = "365d23h59m59s999ms"
"""The most of most durations, less the least there is."""
YEAR = (ALMOST, "366d", "366d1ms")
NUMBERS: dict[str, tuple[float | str, ...]] = {
    "task: a.b, retry: {attempts: X}": (0, 1, 99, 100, 101),
    "task: a.b, retry: {factor: X}": (0.99, 1, 9.99, 10, 10.01),
    "task: a.b, retry: {jitter: X}": (-0.01, 0, 0.99, 1, 1.01),
    "task: a.b, retry: {delay: X}": (0, "0s", *YEAR),
    "task: a.b, retry: {give_up_after: X}": ("0s", "1ms", *YEAR),
    "task: a.b, timeout: X": ("0s", "1ms", *YEAR),
    "task: a.b, weight: X": (0, 0.001, 999_999.999, 1_000_000, 1_000_000.001),
    "for_each: [1], max_parallel: X, task: a.b": (0, 1, 999, 1000, 1001),
    "for_each: [1], max_failures: X, task: a.b": (-1, 0, 9_999, 10_000, 10_001),
    "for_each: [1], max_failures: X%, task: a.b": (-1, 0, 99, 100, 101),
    "parallel: {a: a.b}, max_parallel: X": (0, 1, 999, 1000, 1001),
    "sleep: X": ("5", "0s", *YEAR),
    "approval: {ask: a, groups: [g], quorum: X}, timeout: 1s": (0, 1, 999, 1000, 1001),
    "wait_for: {event: a, match: {a: 1}}, timeout: X": ("0s", "1ms", *YEAR),
}
"""By the keys of a step: below the least, the least, below the most, the most, above it."""


@pytest.mark.parametrize("keys", NUMBERS)
def test_number_of_a_step_is_from_the_least_to_the_most(keys: str) -> None:
    found = [refusals(one_step(keys.replace("X", str(number)))) for number in NUMBERS[keys]]

    assert found == [["FE112"], [], [], [], ["FE112"]]


@pytest.mark.parametrize(
    ("keys", "numbers"),
    [
        ("throttle: {limit: X, per: 1s}", (0, 1, 999_999, 1_000_000, 1_000_001)),
        ("throttle: {limit: 1, per: X}", ("0s", "1ms", *YEAR)),
        ("concurrency: {limit: X}", (0, 1, 9_999, 10_000, 10_001)),
        ("concurrency: {max_queued: X}", (0, 1, 99_999, 100_000, 100_001)),
        ("debounce: {period: X}", ("0s", "1ms", *YEAR)),
        ("idempotency: {key: true, window: X}", ("0s", "1ms", *YEAR)),
        ("start_within: X", ("0s", "1ms", *YEAR)),
        ("timeout: X", ("0s", "1ms", *YEAR)),
        ("hold_on_failure: X", ("0s", "1ms", *YEAR)),
    ],
)
def test_number_of_the_file_is_from_the_least_to_the_most(
    keys: str, numbers: tuple[float | str, ...]
) -> None:
    found = [refusals(f"{HEAD}{keys.replace('X', str(n))}\n{LINE}") for n in numbers]

    assert found == [["FE112"], [], [], [], ["FE112"]]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("workflow: X\non: a\nsteps: [shop.a]\n", 100),
        ("workflow: x\non: X\nsteps: [shop.a]\n", 200),
        ("workflow: x\non: a\ntitle: X\nsteps: [shop.a]\n", 500),
        ("workflow: x\non: a\ndescription: X\nsteps: [shop.a]\n", 4000),
        ("workflow: x\non: a\nsteps: [{id: X, task: shop.a}]\n", 63),
        ("workflow: x\non: a\nsteps: [{task: shop.a, station: X}]\n", 63),
        ("workflow: x\non: a\nsteps: [{task: s.X}]\n", 118),
        ("workflow: x\non: a\nsteps: [{fail: {error: AX, message: x}}]\n", 99),
        ("workflow: x\non: a\nsteps: [{emit: X, with: {}}]\n", 200),
    ],
)
def test_names_and_texts_have_a_length(text: str, length: int) -> None:
    found = [refusals(text.replace("X", "x" * n)) for n in (1, length - 1, length, length + 1)]

    assert found == [[], [], [], ["FE112"]]

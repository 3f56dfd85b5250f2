"""The canonical text of a workflow file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flowengine.definitions.digest import digest
from flowengine.definitions.formatting import ORDER, formatted
from flowengine.definitions.keys import parts, steps, workflow
from flowengine.definitions.keys.maps import Keys, written
from flowengine.definitions.load import PURE_PARSER, load
from flowengine.definitions.nodes import to_json
from flowengine.definitions.parse import parse
from flowengine.definitions.spans import Group, read_spans
from flowengine.errors import DefinitionError
from tests.unit.definitions.wild_files import files

# -- the table of keys -------------------------------------------------------------------------------

KEYS: dict[str, Iterable[type[Keys]]] = {
    "file": [workflow.WorkflowKeys],
    "on": workflow.TRIGGERS.values(),
    "manual": [workflow.StarterKeys],
    "notify": [workflow.NotifyKeys],
    "idempotency": [workflow.IdempotencyKeys],
    "debounce": [workflow.DebounceKeys],
    "throttle": [workflow.ThrottleKeys],
    "concurrency": [workflow.ConcurrencyKeys],
    "cancel_on": [parts.AwaitedKeys],
    "defaults": [workflow.DefaultsKeys],
    "retry": [parts.RetryKeys],
    "steps": steps.KINDS.values(),
    "wait_for": [parts.AwaitedKeys],
    "sleep": [parts.UntilKeys],
    "approval": [parts.ApprovalKeys],
    "fail": [parts.FailKeys],
    "switch": [steps.ClauseKeys],
    "rescue": [steps.RescueKeys],
    "compensate": [parts.UndoKeys],
}


@pytest.mark.parametrize("shape", sorted(ORDER))
def test_every_key_of_the_language_has_its_place(shape: str) -> None:
    known = {name for model in KEYS[shape] for name in written(model)}

    assert set(ORDER[shape]) - known <= {"needs"}
    assert known - set(ORDER[shape]) == set()
    assert len(ORDER[shape]) == len(set(ORDER[shape]))


# -- examples -----------------------------------------------------------------------------------------


def test_keys_come_in_the_order_of_the_language() -> None:
    text = "steps: [a.b]\ntitle: T\non: a.b\nworkflow: w\n"

    assert formatted(text) == "workflow: w\ntitle: T\non: a.b\nsteps: [a.b]\n"


def test_keys_of_steps_are_put_in_order_at_every_depth() -> None:
    text = """\
workflow: w
on: a.b
steps:
  - parallel:
      left:
        - retry:
            delay: 1s
            attempts: 2
          task: a.b
          id: x
      right:
        rescue:
          - steps: [a.c]
            errors: [Gone]
        task: a.d
"""

    assert (
        formatted(text)
        == """\
workflow: w
on: a.b
steps:
  - parallel:
      left:
        - id: x
          task: a.b
          retry:
            attempts: 2
            delay: 1s
      right:
        task: a.d
        rescue:
          - errors: [Gone]
            steps: [a.c]
"""
    )


def test_comments_go_with_their_keys() -> None:
    text = """\
# What this file is about.

# two lines
# on the steps
steps:   # the line
  - a.b  # first
    # still of the first
  # of the second
  - a.c
# the name
workflow: w
# at the end
"""

    assert (
        formatted(text)
        == """\
# What this file is about.

# the name
workflow: w
# at the end
# two lines
# on the steps
steps:   # the line
  - a.b  # first
    # still of the first
  # of the second
  - a.c
"""
    )


def test_comment_above_a_key_that_becomes_the_first_of_its_item_stands_above_the_dash() -> None:
    text = """\
steps:
  - task: a.b
    # why
    id: x
  - a.c
"""

    assert (
        formatted(text)
        == """\
steps:
  # why
  - id: x
    task: a.b
  - a.c
"""
    )


def test_maps_in_braces_are_put_in_order_where_they_stand_on_one_line() -> None:
    text = "on: {if: event.data.x, event: a.b}\nsteps:\n  - {retry: {delay: 1s, attempts: 2}, task: a.b}\n"

    assert formatted(text) == (
        "on: {event: a.b, if: event.data.x}\n"
        "steps:\n  - {task: a.b, retry: {attempts: 2, delay: 1s}}\n"
    )


def test_maps_of_the_author_keep_their_order() -> None:
    text = """\
workflow: w
labels: {zeta: 1, alpha: 2}
steps:
  - task: a.b
    with:
      title: x
      id: y
      nested: {retry: 1, attempts: 2}
  - parallel:
      z: a.b
      a: a.c
output: {steps: 1, if: 2}
"""

    assert formatted(text) == text


def test_unknown_keys_come_last_as_they_were() -> None:
    assert formatted("zeta: 1\nalpha: 2\nworkflow: w\n") == "workflow: w\nzeta: 1\nalpha: 2\n"


def test_blanks_are_tidied_outside_of_values() -> None:
    text = "\n\nworkflow: w  \r\n\r\n\r\n\r\non: a.b # x \t\nsteps: |\n  a  \n\n\n  b\n\n\n"

    assert formatted(text) == "workflow: w\n\non: a.b # x\nsteps: |\n  a  \n\n\n  b\n"


def test_blank_lines_that_are_part_of_a_value_move_with_it() -> None:
    text = "steps: |+\n  x\n\n\nworkflow: w\n"

    assert formatted(text) == "workflow: w\nsteps: |+\n  x\n\n\n"


def test_alias_never_comes_before_its_anchor() -> None:
    text = "steps:\n  - with: {a: &name x}\n    id: *name\n"

    assert formatted(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "? steps\n: [a.b]\n? workflow\n: w\n",
        "steps:\n  -\n    task: a.b\n    id: x\n  - a.c\n",
        "steps:\n  - a.c\n  -\n    task: a.b\n    id: x\n",
        "title: x\nworkflow: |+\n  w",
        "steps: &all\n- task: a.b\n  id: x\nworkflow: w\n",
        "--- # head\ntitle: x\nworkflow: w\n...\n",
        "title: x\nworkflow: w",
        "title: |\n  x\nworkflow: |\n  w",
        "title: x\u2028  y\nworkflow: w\n",
        "{title: x, # why\n workflow: w}\n",
        "\ufefftitle: x\nworkflow: w\n",
        "steps:\n- task: a.b # one\n\n  # two\n  id: x\n# three\n- a.c\n",
    ],
)
def test_unusual_layouts_keep_their_meaning_and_settle_at_once(text: str) -> None:
    once = formatted(text)

    assert _digest(once) == _digest(text)
    assert formatted(once) == once


def test_both_parsers_see_the_same_spans() -> None:
    text = "a: &x |\n  text\n\nb: {c: [1, 'é😀'], d: *x}\ne:\n  - f\n  - >+\n    g\n\n"

    assert read_spans(text) == read_spans(text, parser=PURE_PARSER)


def test_empty_map_is_a_group_without_items() -> None:
    part = read_spans("{}\n")

    assert isinstance(part, Group)
    assert part.items == ()
    assert formatted("{}\n") == "{}\n"


@pytest.mark.parametrize(
    ("text", "code"), [("a: [", "FE101"), ("a: 1\na: 2\n", "FE102"), ("- a\n", "FE103")]
)
def test_file_that_cannot_be_read_is_refused_with_its_problems(text: str, code: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        formatted(text, path="w.yaml")

    assert [(each.file, each.code) for each in refused.value.problems] == [("w.yaml", code)]


# -- laws ---------------------------------------------------------------------------------------------

_KEYS = sorted({key for keys in ORDER.values() for key in keys} | {"zeta", "own"})
_LEAVES = st.sampled_from(
    [
        "1",
        "true",
        "x y",
        '"a: b"',
        "'it''s'",
        "${{ a.b }}",
        "null",
        "2.5",
        "# no".replace("# ", "n"),
    ]
)
_REMARKS = st.sampled_from(["", "# one", "  # deep", "\n", "\n# two\n\n", "\n\n# three"])


@st.composite
def _documents(draw: st.DrawFn) -> str:
    """A file of maps and lists in all styles, with comments and blank lines in every place."""
    return _block_map(draw, depth=0, indent=0, shape_keys=_KEYS)


def _block_map(draw: st.DrawFn, *, depth: int, indent: int, shape_keys: list[str]) -> str:
    keys = draw(st.lists(st.sampled_from(shape_keys), min_size=1, max_size=5, unique=True))
    return "".join(
        f"{_remark(draw, indent)}{' ' * indent}{key}:{_value(draw, depth, indent)}" for key in keys
    )


def _value(draw: st.DrawFn, depth: int, indent: int) -> str:
    kind = draw(st.sampled_from(["leaf", "map", "list", "flow", "text", "folded"]))
    behind = draw(st.sampled_from(["", "  # behind", "   "]))
    inner = indent + draw(st.sampled_from([2, 4]))
    pad = " " * inner
    if depth > 3 or kind == "leaf":
        return f" {draw(_LEAVES)}{behind}\n"
    if kind == "map":
        return f"{behind}\n" + _block_map(draw, depth=depth + 1, indent=inner, shape_keys=_KEYS)
    if kind == "flow":
        return f" {_flow(draw, depth)}{behind}\n"
    if kind == "text":
        header = draw(st.sampled_from(["|", "|-", "|+", ">", ">-"]))
        blank = draw(st.sampled_from(["", "\n", "\n\n"]))
        return f" {header}{behind}\n{pad}some\n{blank}{pad}# text  \n{blank}"
    if kind == "folded":
        return f' "several\n{pad}lines\n\n{pad}here"{behind}\n'
    items = [_list_item(draw, depth, inner) for _ in range(draw(st.integers(1, 3)))]
    return f"{behind}\n" + "".join(items)


def _list_item(draw: st.DrawFn, depth: int, indent: int) -> str:
    remark = _remark(draw, indent)
    if draw(st.booleans()):
        return f"{remark}{' ' * indent}- {draw(_LEAVES)}\n"
    inside = _block_map(draw, depth=depth + 1, indent=indent + 2, shape_keys=_KEYS)
    lines = inside.split("\n")
    at = next(n for n, line in enumerate(lines) if line.strip() and line.lstrip()[0] != "#")
    first = f"{' ' * indent}- {lines[at][indent + 2 :]}"
    return remark + "\n".join([first, *lines[at + 1 :]])


def _flow(draw: st.DrawFn, depth: int) -> str:
    keys = draw(st.lists(st.sampled_from(_KEYS), max_size=4, unique=True))
    values = [
        _flow(draw, depth + 1)
        if depth < 3 and draw(st.booleans())
        else draw(st.sampled_from("xyz"))
        for _ in keys
    ]
    return "{" + ", ".join(f"{k}: {v}" for k, v in zip(keys, values, strict=True)) + "}"


def _remark(draw: st.DrawFn, indent: int) -> str:
    text = draw(_REMARKS)
    return "".join(f"{' ' * indent}{line}\n" if line else "\n" for line in text.split("\n")) * bool(
        text
    )


def _digest(text: str) -> str:
    return digest(_json(text))


def _json(text: str) -> Any:
    return to_json(load(text, path="f").root)


@settings(deadline=None)
@given(_documents())
def test_formatted_text_means_the_same_and_is_formatted_already(text: str) -> None:
    once = formatted(text)

    assert _digest(once) == _digest(text)
    assert formatted(once) == once


@settings(deadline=None)
@given(files())
def test_formatted_workflow_is_the_same_version(text: str) -> None:
    """Files of the whole language, right and wrong ones; those that are right have a digest."""
    once = formatted(text)

    assert _digest(once) == _digest(text)
    with contextlib.suppress(DefinitionError):
        assert parse(text).digest == parse(once).digest


@settings(deadline=None)
@given(_documents())
def test_no_comment_is_lost(text: str) -> None:
    assert formatted(text).count("#") == text.count("#")


@settings(deadline=None)
@given(_documents())
def test_keys_of_the_file_are_in_order_where_nothing_forbids_it(text: str) -> None:
    assume("|+" not in text)  # a blank line below one would become a part of it
    ranks = {key: rank for rank, key in enumerate(ORDER["file"])}
    keys = [ranks.get(key, len(ranks)) for key in _json(formatted(text))]

    assert keys == sorted(keys)

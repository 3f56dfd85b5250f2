"""What may be named where: the files that are right. The wrong ones are in ``refused``."""

from __future__ import annotations

import re

import pytest

from flowengine.definitions.parse import read
from flowengine.errors import DefinitionError

HEAD = "workflow: x\non: a\nsteps:\n"


def codes(text: str) -> list[str]:
    try:
        return [problem.code for problem in read(text).warnings]
    except DefinitionError as error:
        return [problem.code for problem in error.problems]


BLOCKS = """
  - {id: first, task: shop.a}
  - id: block
    parallel:
      left: [{id: inner, task: shop.a}, {id: next, task: shop.a, if: <next>}]
      right: {needs: [left], task: shop.a, if: <right>}
      third: {needs: [right], task: shop.a, if: <third>}
    rescue: [{steps: [{id: saved, task: shop.a, if: <saved>}, {id: also, task: shop.a, if: <also>}]}]
  - id: loop
    for_each: [1]
    if: <loop>
    steps: [{id: body, task: shop.a}, {id: more, task: shop.a, if: <more>}]
    rescue: [{steps: [{id: late, task: shop.a}]}]
  - switch: [{if: <clause>, steps: [{id: one, task: shop.a, if: <one>}]}, {steps: []}]
  - {id: last, task: shop.a, if: <last>, compensate: {task: shop.a, with: {x: '${{ <undo> }}'}}}
output: ${{ <output> }}
on_failure: [{id: hook, task: shop.a, if: <hook>}, {id: after, task: shop.a, if: <after>}]
finally: [{id: end, task: shop.a, if: <end>}]
"""
PLACES = tuple(re.findall("<([a-z]+)>", BLOCKS))
END = ("undo", "output", "hook", "after", "end")
SEEN_FROM = {
    "first": PLACES,
    "inner": ("next", "right", "third", "loop", "more", "clause", "one", "last", *END),
    "left": ("right", "third", "loop", "more", "clause", "one", "last", *END),
    "right": ("third", "loop", "more", "clause", "one", "last", *END),
    "third": ("loop", "more", "clause", "one", "last", *END),
    "block": ("saved", "also", "loop", "more", "clause", "one", "last", *END),
    "saved": ("also", "loop", "more", "clause", "one", "last", *END),
    "loop": ("clause", "one", "last", *END),
    "body": ("more",),
    "late": ("clause", "one", "last", *END),
    "one": ("last", *END),
    "last": END,
    "hook": ("after",),
    "after": (),
    "end": (),
}
"""By step, the places that may name it: what comes after it, but for the inside of loops."""


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("step", SEEN_FROM)
def test_step_is_seen_where_it_is_certain_to_have_been_decided(step: str, place: str) -> None:
    asked = BLOCKS.replace(f"<{place}>", f"has(steps.{step}.status)")

    found = codes(HEAD + re.sub("<[a-z]+>", "true", asked))

    assert found == ([] if place in SEEN_FROM[step] else ["FE121"])


def test_branches_that_are_not_needed_are_not_seen() -> None:
    text = (
        "  - parallel:\n"
        "      left: {needs: [right], task: shop.a}\n"
        "      right: {task: shop.b, if: steps.left.status == 'x'}\n"
    )

    assert codes(HEAD + text) == ["FE121"]


def test_item_and_index_are_those_of_the_innermost_loop_and_the_outer_item_stays() -> None:
    text = """
  - for_each: ${{ [event.data] }}
    as: order
    steps:
      - for_each: ${{ order.lines }}
        if: index == 0 && order.open
        title: ${{ line.name }} ${{ index }}
        as: line
        task: shop.a
        with: {a: '${{ order.id }}', b: '${{ line.id }}', c: '${{ index }}'}
        compensate: {task: shop.b, with: {a: '${{ output.x }} ${{ line.id }} ${{ order.id }}'}}
        rescue: [{steps: [{task: shop.c, with: {a: '${{ order.id }} ${{ error.code }}'}}]}]
"""

    assert codes(HEAD + text) == []


def test_error_is_seen_at_any_depth_of_a_rescue() -> None:
    text = """
  - id: a
    task: shop.a
    rescue:
      - steps:
          - switch:
              - if: error.code == 'Gone'
                steps: [{task: shop.b, with: {a: '${{ error.details.x }}'}}]
              - steps: [{wait_for: {event: b, match: {x: '${{ error.step }}'}}, timeout: 1s}]
"""

    assert codes(HEAD + text) == []


@pytest.mark.parametrize(
    "text",
    [
        "title: ${{ run.id }} ${{ inputs.a }} ${{ event.id }} ${{ config.a }}\n",
        "labels: {a: '${{ run.workflow }}'}\n",
        "notify: {users: '${{ [event.actor, inputs.a, run.id] }}'}\n",
        "idempotency: {key: inputs.a + event.id}\n",
        "debounce: {period: 1s, key: event.data.x}\n",
        "throttle: {limit: 1, per: 1s, key: config.x}\n",
        "concurrency: {key: true}\n",
        "priority: ${{ if(event.data.x, 'high', inputs.a) }}\n",
        "cancel_on: [{event: b, match: {x: '${{ inputs.a }}'}, if: incoming.type != event.type}]\n",
        "output: ${{ steps.a.output.x + inputs.a + config.a }}\n",
        "on_failure: [{task: shop.b, with: {a: '${{ error.code }} ${{ run.status }}'}}]\n",
        "finally: [{task: shop.b, with: {a: '${{ error }}', b: '${{ run.parent }}'}}]\n",
    ],
)
def test_names_that_each_key_of_the_file_sees(text: str) -> None:
    assert codes(f"workflow: x\non: a\ninputs: {{a: string}}\n{text}steps: [shop.a]\n") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("inputs.flag", None),
        ("inputs.n", "FE201"),
        ("inputs.n == 5.5", None),
        ("inputs.n == '5'", "FE208"),
        ("inputs.many == 'x'", "FE208"),
        ("inputs.free == 'x'", None),
        ("inputs.two == 5", None),
        ("['x'].exists(inputs, inputs.n == '5')", None),
    ],
)
def test_types_of_inputs_are_known(text: str, code: str | None) -> None:
    inputs = "{flag: boolean, n: integer, many: array, free: {}, two: {type: [string, integer]}}"

    found = codes(
        f'workflow: x\non: a\ninputs: {inputs}\nsteps: [{{task: shop.a, if: "{text}"}}]\n'
    )

    assert found == ([] if code is None else [code])

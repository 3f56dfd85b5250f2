"""The largest runs that a file may make: a loop of 10,000 items, and a chain of 200 steps."""

from __future__ import annotations

import json
from pathlib import Path
from uuid import UUID

import pytest
from pytest_django import Settings

from flowengine.engine.draft import LIMITS
from flowengine.engine.messages import Succeeded
from flowengine.models import RunRecord, StepRecord
from flowengine.orchestration.advance import Told, Work, advance
from flowengine.testing import inline
from tests.builders.files import declare
from tests.builders.stored import claim, define, now, start

pytestmark = pytest.mark.django_db

STEPS_MAX = 200
AT_ONCE = 100
"""Items that a worker begins, and ends, in one transaction."""
LOOP = f"""
workflow: loop
on: loop.begun
steps:
  - id: each
    for_each: ${{{{ event.data.items }}}}
    max_parallel: {AT_ONCE}
    task: line.nothing
output: ${{{{ steps.each.output }}}}
"""


def chain(length: int) -> str:
    """A workflow of so many steps, each of which counts one on from what the one before it left."""
    steps = ["{id: step_0, task: line.any, with: {value: 1}}"]
    for n in range(1, length):
        value = f"${{{{ steps.step_{n - 1}.output + 1 }}}}"
        steps.append(f"{{id: step_{n}, task: line.any, with: {{value: '{value}'}}}}")
    lines = "\n".join(f"  - {each}" for each in steps)
    output = f"output: ${{{{ steps.step_{length - 1}.output }}}}"
    return f"workflow: long_chain\non: [{{manual: true}}]\nsteps:\n{lines}\n{output}\n"


def ready(run: UUID) -> list[str]:
    """The items that wait for a worker."""
    rows = StepRecord.objects.filter(run_id=run, step="each", state="ready")
    return list(rows.values_list("item", flat=True))


def do(run: UUID, items: list[str]) -> None:
    """A worker begins these, and each leaves twice its number; the last of them ends first."""
    begun = claim(run, "each", *items).begun
    assert {each.step.item for each in begun} == set(items)
    done = [
        Succeeded(step="each", item=item, attempt=1, output=2 * int(item))
        for item in sorted(items, key=int, reverse=True)
    ]
    advance(Work(told=tuple(Told(run_id=run, message=each) for each in done)), now())


def test_loop_of_as_many_items_as_may_be_ends_with_all_outputs_in_their_order() -> None:
    count = LIMITS.items_max
    [run] = start(define(LOOP), items=list(range(count)))

    batches = 0
    while items := ready(run):
        do(run, items)
        batches += 1

    record = RunRecord.objects.get(pk=run)
    assert (count, batches, record.state) == (10_000, 100, "succeeded")
    assert record.output is not None
    assert json.loads(bytes(record.output)) == [2 * n for n in range(count)]
    rows = StepRecord.objects.filter(run_id=run, state="succeeded")
    assert rows.exclude(item="").count() == count


def test_chain_of_as_many_steps_as_a_file_may_have_ends(settings: Settings, tmp_path: Path) -> None:
    declare(settings, tmp_path, chain(STEPS_MAX))

    with inline() as runner:
        run = runner.start("long_chain").seen

    assert (run.state, run.output) == ("succeeded", STEPS_MAX)
    run.assert_line([f"step_{n}" for n in range(STEPS_MAX)])

"""Drafts and rows, as a rule meets them."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from flowengine.definitions.model import Workflow
from flowengine.engine.draft import LIMITS, Draft
from flowengine.engine.run import Run
from flowengine.engine.run import Step as Row
from flowengine.engine.states import StepState
from tests.builders import NOON


def a_draft(workflow: Workflow, run: Run, **config: Any) -> Draft:
    """A decision about *run* that has just begun."""
    return Draft(workflow=workflow, run=run, now=NOON, config=config, limits=LIMITS)


def a_row(name: str, state: StepState = StepState.SUCCEEDED, item: str = "", **fields: Any) -> Row:
    """A row of that step."""
    return Row(id=name, item=item, state=state, **fields)


def with_rows(run: Run, *made: Row) -> Run:
    """The run, with these rows besides."""
    return structs.replace(run, steps={**run.steps, **{row.place: row for row in made}})

"""As :mod:`flowengine.store.questions`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never
from uuid import UUID

from flowengine.engine.rows import Active, Ended, Every, Items, Newest, Question, Rows, may_answer
from flowengine.engine.run import Step
from flowengine.engine.states import ACTIVE_STEP_STATES, StepState
from flowengine.store.steps import Loaded
from tests.simulation.model.database import Database

_ENDED = frozenset({StepState.FAILED, StepState.CANCELLED})


def read(
    db: Database, asked: Mapping[UUID, Iterable[Question]], unreadable: dict[UUID, Exception]
) -> Loaded:
    loaded: Loaded = {}
    with db.statement("questions.read"):
        for run_id, questions in asked.items():
            rows = [row.step for row in db.read("step") if row.run == run_id]
            for question in questions:
                for step in _answers(rows, question):
                    loaded.setdefault(run_id, {})[step.place] = step
    return loaded


def _answers(rows: list[Step], question: Question) -> list[Step]:
    match question:
        case Rows():
            return [step for step in rows if step.place in question.places]
        case Every():
            return rows
        case Active():
            return [step for step in rows if step.state in ACTIVE_STEP_STATES]
        case Ended():
            return [step for step in rows if step.state in _ENDED]
        case Items():
            prefix = f"{question.item}." if question.item else ""
            return [
                s for s in rows if s.id == question.step and s.item and s.item.startswith(prefix)
            ]
        case Newest():
            found = [step for step in rows if may_answer(step, question)]
            found.sort(key=lambda step: step.ended or 0, reverse=True)
            return found[: question.count]
        case _:
            assert_never(question)

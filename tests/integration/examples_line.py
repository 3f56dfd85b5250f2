"""The example workflows at work: two worker processes on RabbitMQ and PostgreSQL, and their rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connections
from django.test.utils import override_settings

from flowengine import emit
from flowengine.engine.identity import run_id
from flowengine.engine.run import Step
from flowengine.engine.states import FINAL_RUN_STATES
from flowengine.models import EventRecord, RunRecord, ScheduleRecord, StepRecord
from flowengine.store import steps
from tests.faults.line import Line
from tests.settings import database

ALIAS = "examples"
"""Of the workers' database, in this process."""
LIMIT_S = 30.0
UNHEARD_S = 1.0
"""What is done from this process, which has no broker, tells no station: so long it takes to be seen."""
_SETTINGS = """
from tests.faults.settings import *
INSTALLED_APPS = [*INSTALLED_APPS, "tests.examples"]
"""


class ExamplesLine(Line):
    """Emits, waits, and lets time pass. Tasks run in the workers: what they left is in the rows."""

    def __init__(self, *, database_url: str, broker_url: str, directory: Path) -> None:
        super().__init__(database_url=database_url, broker_url=broker_url, directory=directory)
        (directory / "examples_settings.py").write_text(_SETTINGS, encoding="utf-8")
        self.environment["DJANGO_SETTINGS_MODULE"] = "examples_settings"
        self.environment["PYTHONPATH"] = str(directory)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """What this process calls of flowengine works on the workers' database."""
        given = connections.configure_settings({"default": {}, ALIAS: database(self.database_url)})
        connections.databases[ALIAS] = given[ALIAS]
        try:
            with override_settings(FLOWENGINE={"DATABASE": ALIAS, "OVERDUE_S": UNHEARD_S}):
                yield
        finally:
            connections[ALIAS].close()
            del connections[ALIAS], connections.databases[ALIAS]

    def say(self, event: str, data: Any) -> UUID:
        """Emit that; the id of the event."""
        return emit(event, data).event_id

    def reaches(self, workflow: str, event: UUID, state: str = "succeeded") -> RunRecord:
        """Wait until the run that the event starts is in that state; the run."""
        return self.is_in(run_id(event, workflow), state)

    def is_in(self, run: UUID, state: str = "succeeded") -> RunRecord:
        """Wait until this run is in that state; the run."""
        rows = RunRecord.objects.using(ALIAS).filter(pk=run)

        def is_so() -> bool:
            found = rows.values_list("state", flat=True).first()
            late = found in FINAL_RUN_STATES and found != state
            assert not late, f"run {run} is {found}, not {state}\n{self.story()}"
            return found == state

        self.until(is_so, what=f"run {run} is {state}", limit_s=LIMIT_S)
        return rows.get()

    def routed(self, event: UUID) -> None:
        """Wait until every workflow has answered the event."""
        rows = EventRecord.objects.using(ALIAS).filter(pk=event, state="routed")
        self.until(rows.exists, what=f"event {event} is routed", limit_s=LIMIT_S)

    def waits(self, run: UUID, step: str) -> None:
        """Wait until that step waits."""
        rows = StepRecord.objects.using(ALIAS).filter(run_id=run, step=step, state="waiting")
        self.until(rows.exists, what=f"{step} of run {run} waits", limit_s=LIMIT_S)

    def times_out(self, run: UUID, step: str) -> None:
        """Wait until that step waits, and let its time be over."""
        self.waits(run, step)
        rows = StepRecord.objects.using(ALIAS).filter(run_id=run, step=step, state="waiting")
        assert rows.update(due_at=_now()) == 1

    def is_held_no_longer(self, run: UUID) -> None:
        """Let the time be over for which this run was held."""
        rows = RunRecord.objects.using(ALIAS).filter(pk=run, state="held")
        assert rows.update(due_at=_now()) == 1

    def ticks(self, workflow: str) -> UUID:
        """Let the last tick of its schedule come now, as after a night without a scheduler; its event."""
        events = EventRecord.objects.using(ALIAS).filter(
            target=workflow, type="flowengine.schedule"
        )
        rows = ScheduleRecord.objects.using(ALIAS).filter(workflow=workflow)
        assert rows.update(due_at=_now() - timedelta(days=40)) == 1
        self.until(events.exists, what=f"{workflow} ticks", limit_s=LIMIT_S)
        return events.earliest("created_at").id

    def step(self, run: UUID, step: str, item: str = "") -> Step:
        """The row as a value."""
        return steps.load([(run, (step, item))])[run][step, item]

    def states(self, run: UUID) -> dict[str, str]:
        """Of its steps outside of loops, by id."""
        rows = StepRecord.objects.using(ALIAS).filter(run_id=run, item="")
        return dict(rows.values_list("step", "state"))

    def emitted(self, event: str, run: UUID) -> Any:
        """The data of the one event of that type that the run has written."""
        causes = RunRecord.objects.using(ALIAS).filter(pk=run).values_list("event_id", flat=True)
        found = EventRecord.objects.using(ALIAS).get(type=event, causation_id=str(causes.get()))
        return json.loads(bytes(found.data))


def _now() -> datetime:
    return datetime.now(UTC)

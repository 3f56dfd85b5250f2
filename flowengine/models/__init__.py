"""Django ORM rows. A row's name ends in ``Record``; the engine's values have the plain names."""

from flowengine.models.admission import KeyRecord, PlaceRecord, ScheduleRecord
from flowengine.models.dead_letter import DeadLetterRecord
from flowengine.models.definition import (
    DefinitionRecord,
    InstallationRecord,
    SubscriptionRecord,
    WorkflowRecord,
)
from flowengine.models.event import DecisionRecord, EventRecord
from flowengine.models.run import HistoryRecord, RunRecord, StepRecord
from flowengine.models.wait import EventKeyRecord, WaitRecord
from flowengine.models.worker import WorkerRecord

__all__ = [
    "DeadLetterRecord",
    "DecisionRecord",
    "DefinitionRecord",
    "EventKeyRecord",
    "EventRecord",
    "HistoryRecord",
    "InstallationRecord",
    "KeyRecord",
    "PlaceRecord",
    "RunRecord",
    "ScheduleRecord",
    "StepRecord",
    "SubscriptionRecord",
    "WaitRecord",
    "WorkerRecord",
    "WorkflowRecord",
]

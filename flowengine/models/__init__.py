"""Django ORM rows. A row's name ends in ``Record``; the engine's values have the plain names."""

from flowengine.models.dead_letter import DeadLetterRecord
from flowengine.models.definition import DefinitionRecord, InstallationRecord, WorkflowRecord
from flowengine.models.event import DecisionRecord, EventRecord
from flowengine.models.run import HistoryRecord, RunRecord, StepRecord
from flowengine.models.worker import WorkerRecord

__all__ = [
    "DeadLetterRecord",
    "DecisionRecord",
    "DefinitionRecord",
    "EventRecord",
    "HistoryRecord",
    "InstallationRecord",
    "RunRecord",
    "StepRecord",
    "WorkerRecord",
    "WorkflowRecord",
]

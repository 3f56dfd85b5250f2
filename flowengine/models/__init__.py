"""Django ORM rows. A row's name ends in ``Record``; the engine's values have the plain names."""

from flowengine.models.admission import KeyRecord, PlaceRecord, ScheduleRecord
from flowengine.models.audit import AuditRecord
from flowengine.models.dead_group import DeadGroupRecord, DeadTallyRecord
from flowengine.models.dead_letter import DeadLetterRecord
from flowengine.models.definition import (
    DefinitionRecord,
    InstallationRecord,
    SubscriptionRecord,
    WorkflowRecord,
)
from flowengine.models.event import DecisionRecord, EventRecord
from flowengine.models.notification import (
    InboxRecord,
    NotificationPreferenceRecord,
    NotificationRecord,
    PushSubscriptionRecord,
)
from flowengine.models.replay import ReplayItemRecord, ReplayRecord
from flowengine.models.rule import NotificationRuleRecord, RuleHitRecord
from flowengine.models.run import AttemptLogRecord, HistoryRecord, RunRecord, StepRecord
from flowengine.models.selection import SelectionItemRecord, SelectionRecord
from flowengine.models.station import StationCountRecord, StationRecord
from flowengine.models.view import SavedViewRecord
from flowengine.models.wait import EventKeyRecord, WaitRecord
from flowengine.models.worker import WorkerRecord

__all__ = [
    "AttemptLogRecord",
    "AuditRecord",
    "DeadGroupRecord",
    "DeadLetterRecord",
    "DeadTallyRecord",
    "DecisionRecord",
    "DefinitionRecord",
    "EventKeyRecord",
    "EventRecord",
    "HistoryRecord",
    "InboxRecord",
    "InstallationRecord",
    "KeyRecord",
    "NotificationPreferenceRecord",
    "NotificationRecord",
    "NotificationRuleRecord",
    "PlaceRecord",
    "PushSubscriptionRecord",
    "ReplayItemRecord",
    "ReplayRecord",
    "RuleHitRecord",
    "RunRecord",
    "SavedViewRecord",
    "ScheduleRecord",
    "SelectionItemRecord",
    "SelectionRecord",
    "StationCountRecord",
    "StationRecord",
    "StepRecord",
    "SubscriptionRecord",
    "WaitRecord",
    "WorkerRecord",
    "WorkflowRecord",
]

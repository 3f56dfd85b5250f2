"""Whether a workflow takes new runs: people stop new starts for a while, and the audit says who."""

from __future__ import annotations

from flowengine.conf import settings
from flowengine.models import WorkflowRecord
from flowengine.orchestration import audit
from flowengine.orchestration.audit import By, Entry, wants_reason
from flowengine.store import sql
from flowengine.store.clock import DatabaseClock


def switch(name: str, by: By, *, is_enabled: bool) -> bool:
    """Let the workflow take new runs, or none; open runs go on. False = it was so already, or is not there.

    Raises:
        ReasonMissing: FE513.
    """
    wants_reason(by)
    verb = "workflow.enable" if is_enabled else "workflow.disable"
    with sql.writing():
        if audit.is_done(by, verb, "workflow", name):
            return True
        rows = WorkflowRecord.objects.using(settings().DATABASE).filter(pk=name)
        if not rows.exclude(is_enabled=is_enabled).update(is_enabled=is_enabled):
            return False
        entry = Entry(by=by, verb=verb, kind="workflow", object_id=name)
        audit.record([entry], DatabaseClock().now())
        return True

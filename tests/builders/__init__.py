"""Values for tests: say only what matters to the test."""

from tests.builders.events import NOON, an_event
from tests.builders.runs import (
    RUN_ID,
    WORKER,
    a_run,
    begun,
    cancelled,
    failed,
    ready,
    retrying,
    running,
    skipped,
    succeeded,
)
from tests.builders.steps import a_signature, retry, step
from tests.builders.workflows import a_trigger, a_workflow

__all__ = [
    "NOON",
    "RUN_ID",
    "WORKER",
    "a_run",
    "a_signature",
    "a_trigger",
    "a_workflow",
    "an_event",
    "begun",
    "cancelled",
    "failed",
    "ready",
    "retry",
    "retrying",
    "running",
    "skipped",
    "step",
    "succeeded",
]

"""What a workflow answers to an event, before and behind its gates."""

from __future__ import annotations

from datetime import timedelta

from flowengine.definitions.model import Workflow
from flowengine.engine.event import Event
from flowengine.engine.rules.admission import (
    Admitted,
    Candidate,
    Declined,
    Look,
    ask,
    begin,
    looks,
)
from flowengine.engine.rules.gates import Verdict
from tests.builders.events import NOON, an_event
from tests.builders.runs import RUN_ID

STARTED = Verdict(outcome="started")
CONFIG = {"vip": [42]}
MINUTE = timedelta(minutes=1)


def answer(workflow: Workflow, event: Event | None = None) -> Candidate | Declined:
    """What a workflow says to an event, at noon."""
    return ask(workflow, event or an_event(), run_id=RUN_ID, now=NOON, config=CONFIG)


def candidate(workflow: Workflow, event: Event | None = None) -> Candidate:
    """The same, of one that would start."""
    found = answer(workflow, event)
    assert isinstance(found, Candidate), found
    return found


def admitted(
    workflow: Workflow, event: Event | None = None, verdict: Verdict = STARTED
) -> Admitted:
    """What becomes of it once the gates have answered."""
    return begin(candidate(workflow, event), verdict, now=NOON, config=CONFIG)


def said(workflow: Workflow, event: Event | None = None) -> list[Look]:
    """What it says, trigger by trigger."""
    return list(looks(workflow, event or an_event(), now=NOON, config=CONFIG))

"""Who gets what at the pages and doors of customers: one table, from which every cell is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowengine.web.dashboard import PLACES

ROLES: Mapping[str, tuple[str, ...] | None] = {
    "nobody": None,
    "owner": (),
    "asked": (),
    "stranger": (),
    "watcher": ("view_run",),
    "starter": ("start_workflow",),
    "all-permitted": ("view_run", "start_workflow", "view_payload", "cancel_run", "resume_run"),
}
"""Their permissions; None = not signed in. The run is the owner's, its approval asks the one who is asked."""
WATCHING = ("owner", "watcher", "all-permitted")
STARTING = ("starter", "all-permitted")
EVERYBODY = tuple(ROLES)
QUESTION = "May order 17 be sent?"
TO_LOG_IN, SIGNED_OUT, NOT_FOUND = 302, 401, 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One place."""

    place: str
    """With ``{run}`` where the id of the run stands."""
    post: Mapping[str, Any] | None = None
    """The JSON that is sent; None = it is a GET."""
    form: bool = False
    """It is sent as a form."""
    may: tuple[str, ...] = EVERYBODY
    """Who gets what is there."""
    allowed: int = 200
    """What they get."""
    others: int = NOT_FOUND
    """What is said to who is signed in and may not: the same as of a thing that is not there."""
    nobody: int = SIGNED_OUT
    """What is said to who is not signed in."""
    missing: int = NOT_FOUND
    """What who may gets of a run that is not there."""
    tells: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What stands in the answers to some, and in no others."""


ASKS = {QUESTION: ("asked",)}
ANSWER = {"approved": True, "form": {"budget": 3}}
MONTH = {"month": "2026-03"}
TABLE: Mapping[str, tuple[Row, ...]] = {
    # Where one is sent who has just started a run: it may not be there yet, so nothing is "not found".
    "run": (
        Row(place="my/runs/{run}/", nobody=TO_LOG_IN, missing=200, tells={"Order 17": WATCHING}),
    ),
    "run-json": (Row(place="my/runs/{run}.json", may=WATCHING, tells={"Order 17": WATCHING}),),
    "run-approvals": (Row(place="my/runs/{run}/approvals.json", missing=200, tells=ASKS),),
    "approvals": (Row(place="my/approvals/", nobody=TO_LOG_IN, tells=ASKS),),
    "approvals-json": (Row(place="my/approvals.json", tells=ASKS),),
    "approval": (
        Row(place="my/approvals/{run}/boss/", may=("asked",), nobody=TO_LOG_IN, tells=ASKS),
        Row(
            place="my/approvals/{run}/boss/",
            post={"answer": "approve", "field.budget": "3"},
            form=True,
            may=("asked",),
            allowed=302,
            nobody=TO_LOG_IN,
        ),
        Row(place="my/approvals/{run}/boss/0/", may=(), nobody=TO_LOG_IN),
    ),
    "approval-json": (
        Row(place="my/approvals/{run}/boss.json", may=("asked",), tells=ASKS),
        Row(place="my/approvals/{run}/boss.json", post=ANSWER, may=("asked",)),
        Row(place="my/approvals/{run}/boss/0.json", may=()),
    ),
    "workflows": (Row(place="start/", nobody=TO_LOG_IN, tells={"monthly-report": STARTING}),),
    "start": (
        Row(place="start/monthly-report/", may=STARTING, nobody=TO_LOG_IN),
        Row(
            place="start/monthly-report/",
            post={"field.month": "2026-03"},
            form=True,
            may=STARTING,
            allowed=302,
            nobody=TO_LOG_IN,
        ),
        Row(place="start/big-order/", may=(), nobody=TO_LOG_IN),  # events start it, and nobody
    ),
    "start-json": (
        Row(place="start/monthly-report.json", post={"inputs": MONTH}, may=STARTING, allowed=202),
        Row(place="start/big-order.json", post={}, may=()),
    ),
    "start-now": (Row(place="start/monthly-report", post=MONTH, may=STARTING, allowed=201),),
    "inbox": (Row(place="inbox/", nobody=TO_LOG_IN, tells={"Only for the owner": ("owner",)}),),
    "inbox-preferences": (
        Row(place="inbox/preferences/", nobody=TO_LOG_IN),
        Row(place="inbox/preferences/", post={}, form=True, allowed=422, nobody=TO_LOG_IN),
    ),
    "inbox-act": (
        Row(place="inbox/read", post={"ids": ["{note}"]}),  # of others it reads nothing: below
        Row(place="inbox/nothing", post={}, may=()),
    ),
    # Who has the signed link, in an e-mail, needs no session.
    "inbox-unsubscribe": (
        Row(place="inbox/unsubscribe/{token}/", nobody=200),
        Row(place="inbox/unsubscribe/forged:by:me/", may=(), nobody=NOT_FOUND),
    ),
    # Nothing is pushed where the project has no keys for it.
    "push": (Row(place="inbox/push/", post={}, may=()),),
    "push-worker": (Row(place="inbox/push.js", nobody=200),),
    # Signed by another server, not by a user.
    "webhook": (Row(place="webhooks/none/", post={}, may=(), nobody=NOT_FOUND),),
    "live": (
        Row(
            place="live/",
            post={"m": {"run:{run}": None}},
            missing=200,
            tells={"Order 17": WATCHING},
        ),
    ),
    "live-events": (Row(place="live/events", post={"m": {}}, allowed=501, nobody=501),),
    "socket": (Row(place="ws/", allowed=426, nobody=426),),
    "healthz": (Row(place="healthz", nobody=200),),
    "readyz": (Row(place="readyz", nobody=200),),
}
"""By the name of the place among ``flowengine.urls``."""
ELSEWHERE = frozenset({"api", *PLACES.values()})
"""Those of operators, of which there is a table of their own."""

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
SIGNED_IN = EVERYBODY[1:]
QUESTION = "May order 17 be sent?"
ENDPOINT = "https://fcm.googleapis.com/fcm/send/owner"
"""Where the owner's browser is pushed to."""
TO_LOG_IN, SIGNED_OUT, NOT_FOUND = 302, 401, 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One place."""

    place: str
    """With ``{run}``, ``{workflow}``, ``{note}`` and ``{token}`` where those of the owner stand."""
    post: Mapping[str, Any] | None = None
    """What is sent, as JSON; None = it is a GET."""
    form: bool = False
    """It is sent as a form."""
    method: str = ""
    """Empty = POST where something is sent, else GET."""
    may: tuple[str, ...] = EVERYBODY
    """Who gets what is there."""
    allowed: int = 200
    """What they get."""
    others: int = NOT_FOUND
    """What is said to who is signed in and may not: the same as of a thing that is not there."""
    nobody: int = SIGNED_OUT
    """What is said to who is not signed in."""
    missing: int = NOT_FOUND
    """What who may gets of a run, or of a workflow, that is not there."""
    tells: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What stands in the answers to some, and in no others."""
    changes: tuple[str, ...] = ()
    """Who changes something by it."""
    leads: str = ""
    """Where who may is sent."""


ASKS = {QUESTION: ("asked",)}
ANSWER = {"approved": True, "form": {"budget": 3}}
MONTH = {"month": "2026-03"}
TO_RUN = "/flow/my/runs/"
PUSHED = {"endpoint": "https://fcm.googleapis.com/fcm/send/x", "keys": {"p256dh": "p", "auth": "a"}}
DIGEST = {"digest": "daily", "timezone": "Europe/Berlin", "language": "de"}
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
            changes=("asked",),
            leads="/flow/my/approvals/",
        ),
        Row(place="my/approvals/{run}/boss/0/", may=(), nobody=TO_LOG_IN),
    ),
    "approval-json": (
        Row(place="my/approvals/{run}/boss.json", may=("asked",), tells=ASKS),
        Row(place="my/approvals/{run}/boss.json", post=ANSWER, may=("asked",), changes=("asked",)),
        Row(place="my/approvals/{run}/boss/0.json", may=()),
    ),
    "workflows": (Row(place="start/", nobody=TO_LOG_IN, tells={"monthly-report": STARTING}),),
    "start": (
        Row(place="start/{workflow}/", may=STARTING, nobody=TO_LOG_IN),
        Row(
            place="start/{workflow}/",
            post={"field.month": "2026-03"},
            form=True,
            may=STARTING,
            allowed=302,
            nobody=TO_LOG_IN,
            changes=STARTING,
            leads=TO_RUN,
        ),
        Row(place="start/big-order/", may=(), nobody=TO_LOG_IN),  # events start it, and nobody
    ),
    "start-json": (
        Row(
            place="start/{workflow}.json",
            post={"inputs": MONTH},
            may=STARTING,
            allowed=202,
            changes=STARTING,
        ),
        Row(place="start/big-order.json", post={}, may=()),
    ),
    "start-now": (
        Row(place="start/{workflow}", post=MONTH, may=STARTING, allowed=201, changes=STARTING),
    ),
    "inbox": (Row(place="inbox/", nobody=TO_LOG_IN, tells={"Only for the owner": ("owner",)}),),
    "inbox-preferences": (
        Row(place="inbox/preferences/", nobody=TO_LOG_IN),
        Row(
            place="inbox/preferences/",
            post=DIGEST,
            form=True,
            allowed=302,
            nobody=TO_LOG_IN,
            changes=SIGNED_IN,
            leads="/flow/inbox/preferences/",
        ),
    ),
    "inbox-act": (
        # Of what is not one's own nothing is read, and nothing said.
        Row(place="inbox/read", post={"ids": ["{note}"]}, changes=("owner",)),
        Row(place="inbox/nothing", post={}, may=()),
    ),
    # Who has the signed link, in an e-mail, needs no session.
    "inbox-unsubscribe": (
        Row(place="inbox/unsubscribe/{token}/", nobody=200),
        Row(place="inbox/unsubscribe/{token}/", post={}, nobody=200, changes=EVERYBODY),
        Row(place="inbox/unsubscribe/forged:by:me/", post={}, may=(), nobody=NOT_FOUND),
    ),
    "push": (
        Row(place="inbox/push/", post=PUSHED, allowed=204, changes=SIGNED_IN),
        Row(
            place="inbox/push/",
            method="DELETE",
            post={"endpoint": ENDPOINT},
            allowed=204,
            changes=("owner",),
        ),
    ),
    "push-worker": (Row(place="inbox/push.js", nobody=200),),
    # Signed by another server, not by a user: who is signed in may no more than anybody. Which names there
    # are is no secret, they stand in the settings of the others.
    "webhook": (
        Row(place="webhooks/github/", post={}, may=(), others=403, nobody=403),
        Row(place="webhooks/none/", post={}, may=(), nobody=NOT_FOUND),
    ),
    "live": (
        Row(
            place="live/",
            post={"m": {"run:{run}": None}},
            missing=200,
            tells={"Order 17": WATCHING},
        ),
    ),
    # What these two tell to whom is asked of real servers, in tests/live: here there is only WSGI.
    "live-events": (Row(place="live/events", post={"m": {}}, allowed=501, nobody=501),),
    "socket": (Row(place="ws/", allowed=426, nobody=426),),
    "healthz": (Row(place="healthz", nobody=200),),
    "readyz": (Row(place="readyz", nobody=200),),
}
"""By the name of the place among ``flowengine.urls``."""
ELSEWHERE = frozenset({"api", *PLACES.values()})
"""Those of operators, of which there is a table of their own."""

"""Who may do what over the API: one table, from which every cell of the matrix is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowengine.web.dashboard import LOOKING

REASON = {"reason": "because"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One operation."""

    place: str
    """With ``{run}`` and its like where an id stands."""
    needs: str = ""
    """The permission that the gate wants; empty = to be signed in."""
    besides: str = ""
    """Others, with spaces between, without each of which the thing is not there."""
    post: Mapping[str, Any] | None = None
    """The body; None = it is a GET."""
    headers: Mapping[str, str] = field(default_factory=dict)
    allowed: tuple[int, ...] = (200,)
    """What who may gets; an act may not fit the thing as it stands."""

    @property
    def thing(self) -> str:
        """Of what kind it is: ``run``; empty = it is a list."""
        return self.place.partition("{")[2].partition("}")[0]


def _triage(act: str, **body: Any) -> Row:
    return Row(
        place=f"groups/{{group}}/{act}",
        needs="triage_dead_letter",
        besides="view_dead_letter",
        post={**REASON, **body},
    )


def _steer(act: str, allowed: tuple[int, ...] = (200,)) -> Row:
    return Row(
        place=f"replays/{{replay}}/{act}",
        needs="replay",
        besides="view_dead_letter",
        post=REASON,
        allowed=allowed,
    )


def _at_station(act: str, **body: Any) -> Row:
    return Row(
        place=f"stations/{{station}}/{act}",
        needs="pause_station",
        besides="view_workerrecord",
        post={**REASON, **body},
    )


def _have_worker(act: str) -> Row:
    return Row(
        place=f"workers/{{worker}}/{act}",
        needs="drain_worker",
        besides="view_workerrecord",
        post=REASON,
    )


def _tell_runs(needs: str, act: str) -> Row:
    return Row(
        place=f"selections/{{runs}}/{act}",
        needs=needs,
        besides="view_run",
        post=REASON,
        headers={"Idempotency-Key": "k"},
        allowed=(201,),
    )


def _have_rule(act: str) -> Row:
    """Of a group that nobody of the table is in."""
    return Row(place=f"notification-rules/{{rule}}/{act}", besides="share_rule", post=REASON)


TABLE: Mapping[str, Row] = {
    "get_session": Row(place="session"),
    # -- the floor --------------------------------------------------------------------------------
    "get_floor": Row(place="floor", needs="view_run"),
    "get_floor_of_workflow": Row(place="floor/{workflow}", needs="view_run"),
    # -- runs -------------------------------------------------------------------------------------
    "list_runs": Row(place="runs", needs="view_run"),
    "get_run": Row(place="runs/{run}", needs="view_run"),
    "list_history": Row(place="runs/{run}/history", needs="view_run"),
    "get_timeline": Row(place="runs/{run}/timeline", needs="view_run"),
    "list_timeline_items": Row(place="runs/{run}/timeline/broken", needs="view_run"),
    "get_causes": Row(place="runs/{run}/causes", needs="view_run"),
    "list_steps": Row(place="runs/{run}/steps", needs="view_run"),
    "get_run_payload": Row(place="runs/{run}/payload", needs="view_payload", besides="view_run"),
    "get_step_payload": Row(
        place="runs/{run}/steps/broken/payload", needs="view_payload", besides="view_run"
    ),
    "get_step_logs": Row(
        place="runs/{run}/steps/broken/logs", needs="view_payload", besides="view_run"
    ),
    "cancel_run": Row(
        place="runs/{run}/cancel", needs="cancel_run", besides="view_run", post=REASON
    ),
    "resume_run": Row(
        place="runs/{run}/resume", needs="resume_run", besides="view_run", post=REASON
    ),
    "give_up_run": Row(
        place="runs/{run}/give-up",
        needs="resume_run",
        besides="view_run",
        post=REASON,
        allowed=(409,),
    ),
    "hold_run": Row(
        place="runs/{run}/hold",
        needs="hold_run",
        besides="view_run",
        post=REASON,
        allowed=(409,),
    ),
    "release_run": Row(
        place="runs/{run}/release",
        needs="hold_run",
        besides="view_run",
        post=REASON,
        allowed=(409,),
    ),
    "list_approvals": Row(place="approvals", needs="view_run"),
    # -- events -----------------------------------------------------------------------------------
    "list_events": Row(place="events", needs="view_eventrecord"),
    "get_event": Row(place="events/{event}", needs="view_eventrecord"),
    "get_event_data": Row(
        place="events/{event}/data", needs="view_payload", besides="view_eventrecord"
    ),
    "explain_event": Row(
        place="events/{event}/explanation", needs="view_payload", besides="view_eventrecord"
    ),
    "send_test_event": Row(
        place="events/test",
        needs="send_test_event",
        besides="view_eventrecord",
        post={**REASON, "type": "a.b", "data": {}},
        headers={"Idempotency-Key": "k"},
        allowed=(201,),
    ),
    "try_text": Row(
        place="events/{event}/trial",
        needs="try_definition",
        besides="view_eventrecord view_payload",
        post={"source": "workflow: tried\non: a.b\nsteps:\n- sleep: 1s\n"},
    ),
    "list_event_types": Row(place="event-types", needs="view_eventrecord"),
    "get_event_type": Row(place="event-types/troubled.broken", needs="view_eventrecord"),
    # -- dead letters -----------------------------------------------------------------------------
    "list_dead_letters": Row(place="dead-letters", needs="view_dead_letter"),
    "get_dead_letter": Row(place="dead-letters/{letter}", needs="view_dead_letter"),
    "get_dead_letter_body": Row(
        place="dead-letters/{letter}/body", needs="view_payload", besides="view_dead_letter"
    ),
    # -- causes -----------------------------------------------------------------------------------
    "list_groups": Row(place="groups", needs="view_dead_letter"),
    "get_group": Row(place="groups/{group}", needs="view_dead_letter"),
    "acknowledge_group": _triage("acknowledge"),
    "assign_group": _triage("assign", owner="7"),
    "note_group": _triage("note", text="the gateway is away"),
    "snooze_group": _triage("snooze", until="2030-01-01T00:00:00Z"),
    "resolve_group": _triage("resolve"),
    "merge_groups": _triage("merge", groups=["{other}"]),
    "split_group": _triage("split", field="workflow"),
    # -- selections -------------------------------------------------------------------------------
    "get_selection": Row(place="selections/{selection}", besides="view_dead_letter"),
    "list_selection_items": Row(place="selections/{selection}/items", besides="view_dead_letter"),
    "discard": Row(
        place="discards",
        needs="discard",
        besides="view_dead_letter",
        post={**REASON, "selection_id": "{selection}"},
        allowed=(201,),
    ),
    "cancel_runs": _tell_runs("cancel_run", "cancel"),
    "hold_runs": _tell_runs("hold_run", "hold"),
    "release_runs": _tell_runs("hold_run", "release"),
    # -- views ------------------------------------------------------------------------------------
    "list_views": Row(place="views?kind=run", besides="view_run"),
    "save_view": Row(
        place="views",
        besides="view_run",
        post={"kind": "run", "name": "Late", "q": "state:held"},
        allowed=(201,),
    ),
    # -- replays ----------------------------------------------------------------------------------
    "plan_replay": Row(
        place="replays/plan",
        needs="replay",
        besides="view_dead_letter",
        post={"selection_id": "{selection}", "mode": "event"},
    ),
    "start_replay": Row(
        place="replays",
        needs="replay",
        besides="view_dead_letter",
        post={**REASON, "selection_id": "{selection}", "mode": "event"},
        headers={"Idempotency-Key": "k"},
        allowed=(201,),
    ),
    "list_replays": Row(place="replays"),
    "get_replay": Row(place="replays/{replay}", besides="view_dead_letter"),
    "list_replay_items": Row(place="replays/{replay}/items", besides="view_dead_letter"),
    "approve_replay": _steer("approve", allowed=(409,)),
    "pause_replay": _steer("pause"),
    "resume_replay": _steer("resume", allowed=(409,)),
    "slow_replay": _steer("slower"),
    "stop_replay": _steer("stop"),
    # -- definitions and workers ------------------------------------------------------------------
    "list_workflows": Row(place="workflows", needs="view_workflowrecord"),
    "get_workflow": Row(place="workflows/{workflow}", needs="view_workflowrecord"),
    "list_versions": Row(place="workflows/troubled/versions", needs="view_workflowrecord"),
    "get_definition": Row(place="definitions/{digest}", needs="view_workflowrecord"),
    "get_drawing": Row(place="definitions/{digest}/drawing", needs="view_workflowrecord"),
    "get_changes": Row(
        place="definitions/{digest}/changes?since={digest}", needs="view_workflowrecord"
    ),
    "disable_workflow": Row(
        place="workflows/{workflow}/disable",
        needs="change_workflowrecord",
        besides="view_workflowrecord",
        post=REASON,
    ),
    "enable_workflow": Row(
        place="workflows/{workflow}/enable",
        needs="change_workflowrecord",
        besides="view_workflowrecord",
        post=REASON,
    ),
    "check_text": Row(place="sandbox/check", needs="try_definition", post={"source": "{{}}"}),
    "list_schedules": Row(place="schedules", needs="view_workflowrecord"),
    "list_stations": Row(place="stations", needs="view_workerrecord"),
    "pause_station": _at_station("pause"),
    "resume_station": _at_station("resume"),
    "drain_station": _at_station("drain"),
    "limit_station": _at_station("limit", places=4),
    "list_workers": Row(place="workers", needs="view_workerrecord"),
    "drain_worker": _have_worker("drain"),
    "resume_worker": _have_worker("resume"),
    # -- rules of notifications -------------------------------------------------------------------
    "list_notification_rules": Row(place="notification-rules"),
    "mute_notification_rule": _have_rule("mute"),
    "unmute_notification_rule": _have_rule("unmute"),
    "remove_notification_rule": _have_rule("remove"),
    "list_audit": Row(place="audit", needs="view_auditrecord"),
}
"""By operation. What is asked with another permission than that of the gate is in tests of its own:
``create_selection`` wants that of the kind that is chosen, and a replay with edits or new keys
``edit_dead_letter`` or ``replay_new_keys``."""

ELSEWHERE = frozenset({"create_selection", "make_notification_rule", "remove_view"})
"""``test_things_are_chosen_only_by_who_may_see_them``; ``test_views``: what is the team's takes another
permission than one's own; and ``test_notices``: it takes the permission to
see what the rule is about."""

PERMISSIONS = frozenset(
    {name for row in TABLE.values() for name in (row.needs, *row.besides.split()) if name}
)
ROLES: Mapping[str, frozenset[str] | None] = {
    "anonymous": None,
    "nobody": frozenset(),
    **{f"only {name}": frozenset({name}) for name in sorted(PERMISSIONS)},
    **{f"all but {name}": PERMISSIONS - {name} for name in sorted(PERMISSIONS)},
    "operator": PERMISSIONS,
}
"""The permissions of each role; None = not signed in."""


def expected(row: Row, role: str, whose: str) -> tuple[int, ...]:
    """The statuses that a cell may have; *whose* is ``mine``, ``foreign`` or ``missing``."""
    permissions = ROLES[role]
    if permissions is None:
        return (401,)
    if row.needs and row.needs not in permissions:
        return (403,)
    if whose != "mine" or not permissions.issuperset(row.besides.split()):
        return (404,)
    return row.allowed


def expected_of_screen(role: str) -> int:
    """The status of every screen of the dashboard, whosever the thing is that its address names.

    The page says nothing of it: all that is shown there has come through an operation of the table.
    """
    permissions = ROLES[role]
    if permissions is None:
        return 302
    return 200 if permissions & frozenset(LOOKING) else 403

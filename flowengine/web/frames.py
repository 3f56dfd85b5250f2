"""What the socket would say first of runs, for a page that is being made: many in a fixed number of queries.

A page that shows many runs reads them all before the first of them is shown (:func:`read_ahead`); what has
been read is kept with the request, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Model

from flowengine.access import is_known, read_groups, view_run
from flowengine.models import RunRecord
from flowengine.representations import Json, ended, pending, snapshot, topic
from flowengine.store import listed, progress

_KEPT = "_flowengine_frames"
AHEAD_MAX = 500
"""Runs that one page reads ahead; the others are read one by one."""


def run_id_of(run: Any) -> UUID | None:
    """The id of what a template gave; None for nothing (a name that has no value there)."""
    if isinstance(run, RunRecord):
        return run.id
    if isinstance(run, UUID) or not run:
        return run or None
    return UUID(str(run))


def subject_of(value: Any) -> str:
    """The ``subject`` of events about *value*: a text as it is, a model's row as ``order/17``."""
    if isinstance(value, Model):
        return f"{value._meta.model_name}/{value.pk}"  # noqa: SLF001 - Django's documented interface
    return str(value)


def run_about(subject: str, user: Any, *, latest: bool, is_granted: bool = False) -> UUID | None:
    """The newest, or the oldest, of the runs about *subject* that *user* may see."""
    if not (is_granted or is_known(user)):
        return None
    found = [each.id for each in listed.newest("runs:subject", [subject])[subject]]
    records = progress.runs(found)
    if not is_granted:
        read_groups([user])
    order = found if latest else reversed(found)
    may_see = [
        each for each in order if each in records and (is_granted or view_run(user, records[each]))
    ]
    return next(iter(may_see), None)


def frame_of(request: Any, run_id: UUID, user: Any, *, is_granted: bool = False) -> Json:
    """What the socket would say first of that run; from what was read ahead, where it was.

    With a grant nobody is asked whether *user* may see it: who made the page has said so.
    """
    kept = {} if is_granted else getattr(request, _KEPT, {})
    return kept.get(run_id) or frames([run_id], user, is_granted=is_granted)[run_id]


def read_ahead(request: Any, runs: Iterable[Any], user: Any) -> None:
    """Read these for the page of *request*: ids, records, or rows with a ``run_id``."""
    given = (run_id_of(getattr(each, "run_id", each)) for each in runs)
    ids = list(dict.fromkeys(each for each in given if each is not None))[:AHEAD_MAX]
    if request is not None and ids and is_known(user):
        setattr(request, _KEPT, {**getattr(request, _KEPT, {}), **frames(ids, user)})


def frames(run_ids: Sequence[UUID], user: Any, *, is_granted: bool = False) -> dict[UUID, Json]:
    """What the socket would say first to *user* of each of these runs."""
    found = progress.runs(run_ids)
    gone = progress.ended([each for each in run_ids if each not in found])
    if len(run_ids) > 1:
        read_groups([user])
    seen = [run for run in found.values() if is_granted or view_run(user, run)]
    views = progress.views(seen)
    made = {each: pending(topic(each)) for each in run_ids}
    for run in seen:
        made[run.id] = snapshot(topic(run.id), progress.position(run), views[run.id])
    for run_id, (run, outcome) in gone.items():
        if is_granted or view_run(user, run):
            made[run_id] = ended(topic(run_id), outcome)
    return made

"""Whether each thing can be replayed, and by which event: the same for a dry run and for the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from flowengine.conf import settings
from flowengine.definitions.catalog import Catalog
from flowengine.definitions.model import Workflow
from flowengine.definitions.steps import TaskStep
from flowengine.engine.event import Again, Event
from flowengine.engine.identity import corrected_event_id, run_id
from flowengine.engine.patch import patched
from flowengine.engine.rules.admission import Declined, ask
from flowengine.engine.states import FINAL_RUN_STATES, RunState
from flowengine.errors import CallerError, FlowengineError
from flowengine.orchestration import active
from flowengine.orchestration.audit import Edit, digest
from flowengine.orchestration.control import forbidden, unfit
from flowengine.orchestration.emit import check_data
from flowengine.orchestration.payload import encode
from flowengine.orchestration.receive import accepted
from flowengine.orchestration.replay.options import Mode, Options
from flowengine.orchestration.replay.subjects import DEAD_LETTER, Subject
from flowengine.store import definitions, replay_items, replayed
from flowengine.store.replay_items import Holder
from flowengine.store.replayed import Question, Since

NOBODY = UUID(int=0)
"""The replay of a dry run."""

Keys = Mapping[UUID, Mapping[str, UUID]]
"""Of events of which replays have new idempotency keys: by workflow, the run that has them."""


class Word(StrEnum):
    """What can be done with one thing."""

    ELIGIBLE = "eligible"
    SUCCEEDED_SINCE = "succeeded_since"
    INVALID = "invalid_edit"
    """After the edit, or without one: the newest definition does not take it."""
    UNDONE = "undone"
    """Only a restart is possible."""
    DEFINITION_GONE = "definition_gone"
    NOT_OPEN = "not_open"
    """There is nothing to be replayed, or somebody has it already."""
    ON_ITS_WAY = "on_its_way"
    """Its event is being routed just now: later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One thing, and what can be done with it."""

    subject: Subject
    word: Word
    why: str = ""
    event: Event | None = None
    """What is to be routed; None = it is no event that is replayed, or nothing is."""
    edit: Edit | None = None
    """Of its data; None = they stay as they are."""

    @property
    def is_eligible(self) -> bool:
        """It can be replayed."""
        return self.word is Word.ELIGIBLE

    @property
    def is_copy(self) -> bool:
        """The event has no row yet."""
        stored = self.subject.stored
        return self.event is not None and (stored is None or stored.event.id != self.event.id)


class _Refused(Exception):
    """Why not."""

    def __init__(self, word: Word, why: str) -> None:
        super().__init__(why)
        self.word = word
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What all of one page are judged by."""

    replay: UUID
    mode: Mode
    options: Options
    by: str
    reason: str
    now: datetime
    catalog: Catalog
    versions: Mapping[str, Workflow]
    """By digest, of the runs that would be resumed."""
    since: Mapping[UUID, Since]
    busy: Mapping[UUID, Mapping[UUID, UUID]]
    """Of events of which replays have sent something that has not ended: by its target, the replay."""
    held: Mapping[UUID, Holder]
    """Of a dry run: what other replays have; one that sends has its own items."""
    keys: Keys


def judge(
    subjects: Sequence[Subject],
    mode: Mode,
    options: Options,
    now: datetime,
    *,
    replay: UUID = NOBODY,
    by: str = "",
    reason: str = "",
) -> list[Judged]:
    """What can be done with each; a number of statements that does not depend on how many they are.

    Raises:
        DefinitionError: a newer process stored a definition that this one cannot read.
    """
    digests = {each.run.digest for each in subjects if each.run is not None}
    origins = {each.origin for each in subjects if each.origin is not None}
    keys = replayed.keys(origins)
    questions = [question(each, keys) for each in subjects]
    case = _Case(
        replay=replay,
        mode=mode,
        options=options,
        by=by,
        reason=reason,
        now=now,
        catalog=active.catalog(),
        versions=definitions.load(digests) if mode is Mode.RESUME else {},
        since=replayed.since([*filter(None, questions)]),
        busy=replay_items.busy(origins),
        held=replay_items.holders([each.id for each in subjects]) if replay == NOBODY else {},
        keys=keys,
    )
    return [_judged(subject, case) for subject in subjects]


def question(subject: Subject, keys: Keys) -> Question | None:
    """What is to be asked of others that may have done the same; None = there is no event to ask by."""
    origin, target, every = subject.origin, subject.target, subject.every
    if subject.event is None or origin is None or target is None or every is None:
        return None
    if subject.since is None:
        return None
    return Question(
        object_id=subject.id,
        event_id=subject.event.id,
        origin_id=origin,
        workflow=subject.workflow,
        target=target,
        every=every,
        keys=keys.get(origin, {}).get(subject.workflow, target),
        run_id=None if subject.run is None else subject.run.id,
        since=subject.since,
    )


def _judged(subject: Subject, case: _Case) -> Judged:
    try:
        _look(subject, case)
        if case.mode is Mode.RESUME:
            return Judged(subject=subject, word=Word.ELIGIBLE)
        return _with_event(subject, case)
    except _Refused as refused:
        return Judged(subject=subject, word=refused.word, why=refused.why)


def _look(subject: Subject, case: _Case) -> None:
    """What speaks against it before its payload is looked at."""
    if subject.kind == DEAD_LETTER:
        if subject.letter is None:
            raise _Refused(Word.NOT_OPEN, "the dead letter is not kept any more")
        if subject.letter.state != "open":
            has_it = f": {case.held[subject.id].words}" if subject.id in case.held else ""
            raise _Refused(Word.NOT_OPEN, f"the dead letter is {subject.letter.state}{has_it}")
    found = case.since.get(subject.id)
    if found is not None and found.state == RunState.SUCCEEDED:
        if not case.options.even_if_succeeded:
            raise _Refused(Word.SUCCEEDED_SINCE, f"run {found.run} has succeeded since")
    elif found is not None:
        raise _Refused(Word.NOT_OPEN, f"run {found.run} is {found.state} for it")
    {Mode.RESUME: _look_at_resume, Mode.RESTART: _look_at_restart, Mode.EVENT: _look_at_event}[
        case.mode
    ](subject, case)
    sent = {} if subject.origin is None else case.busy.get(subject.origin, {})
    met = next((replay for target, replay in sent.items() if subject.meets({target})), None)
    if met is not None:
        raise _Refused(Word.NOT_OPEN, f"replay {met} has sent it")
    if subject.id in case.held:
        raise _Refused(Word.NOT_OPEN, case.held[subject.id].words)


def _look_at_resume(subject: Subject, case: _Case) -> None:
    run = subject.run
    if run is None:
        raise _Refused(Word.NOT_OPEN, "there is no run to be resumed")
    if run.state not in {RunState.FAILED, RunState.HELD}:
        raise _Refused(Word.NOT_OPEN, f"the run is {run.state}")
    if run.state == RunState.HELD and not run.has_failed:
        raise _Refused(Word.NOT_OPEN, "somebody holds it: release it")
    if run.has_undone:
        raise _Refused(Word.UNDONE, "a step was undone; use restart")
    if run.tail:
        raise _Refused(Word.NOT_OPEN, "its hooks still run")
    workflow = case.versions.get(run.digest)
    if workflow is None:
        raise _Refused(Word.DEFINITION_GONE, f"there is no definition {run.digest[:12]} any more")
    problem = forbidden(case.options.set)
    if problem:
        raise _Refused(Word.INVALID, problem)
    step_id = (None if subject.letter is None else subject.letter.step) or run.step
    spot = None if step_id is None else workflow.graph.spots.get(step_id)
    if case.options.set and spot is not None and isinstance(spot.step, TaskStep):
        problem = unfit(spot.step, case.options.set)
        if problem:
            raise _Refused(Word.INVALID, problem)


def _look_at_restart(subject: Subject, case: _Case) -> None:
    run = subject.run
    if run is None:
        raise _Refused(Word.NOT_OPEN, "there is no run to be started anew")
    _look_at_event(subject, case)


def _look_at_event(subject: Subject, case: _Case) -> None:
    if subject.event is None:
        raise _Refused(Word.NOT_OPEN, subject.problem)
    if not subject.is_settled:
        raise _Refused(Word.ON_ITS_WAY, "its event is being routed")
    run = subject.run
    if run is not None and run.state not in FINAL_RUN_STATES:
        raise _Refused(Word.NOT_OPEN, f"the run is {run.state}, not final")
    has_succeeded = run is not None and run.state == RunState.SUCCEEDED
    if subject.letter is not None and has_succeeded and not case.options.even_if_succeeded:
        why = f"run {subject.letter.run_id} has succeeded: only its hook has failed"
        raise _Refused(Word.SUCCEEDED_SINCE, why)
    if subject.workflow and subject.workflow not in case.catalog.workflows:
        raise _Refused(Word.DEFINITION_GONE, f"{subject.workflow} takes no new runs")


def _with_event(subject: Subject, case: _Case) -> Judged:
    """The event that is to be routed, and what is edited of it."""
    original = subject.event
    assert original is not None, "it was looked at"
    number = original.replay + (subject.stored is not None)
    event = replace(original, replay=number)
    patch = case.options.patch_of(subject.id)
    try:
        if patch:
            event = _edited(event, patch, subject, case)
        elif subject.stored is None:
            event = accepted(event)[0]
    except (CallerError, FlowengineError) as error:
        raise _Refused(Word.INVALID, error.message) from error
    event = replace(event, again=_again(subject, event, case))
    _ask(subject, event, case)
    if not patch:
        return Judged(subject=subject, word=Word.ELIGIBLE, event=event)
    edit = Edit(
        before_sha256=digest(original.data),
        after_sha256=digest(event.data),
        difference=msgspec.json.encode(patch).decode(),
    )
    return Judged(subject=subject, word=Word.ELIGIBLE, event=event, edit=edit)


def _edited(event: Event, patch: list[object], subject: Subject, case: _Case) -> Event:
    """The corrected copy: an event of its own, which the original has caused."""
    limit = settings().EVENT_DATA_MAX_BYTES
    protected = settings().REPLAY_PROTECTED
    changed = patched(event.data, patch, size_max_bytes=limit, protected=protected)
    plain, _bytes = encode(changed, size_max_bytes=limit)
    if subject.stored is None:
        # A stranger's event that was never accepted: what he may not say, an edit does not let him say.
        event = accepted(replace(event, data=plain))[0]
    else:
        check_data(event.type, "", plain)
    return replace(
        event,
        id=corrected_event_id(case.replay, subject.id),
        data=plain,
        key=None,
        external_id=None,
        causation_id=str(event.id),
    )


def _again(subject: Subject, event: Event, case: _Case) -> Again:
    """What the runs that it starts are told."""
    run = subject.run if case.mode is Mode.RESTART else None
    return Again(
        only=subject.workflow or event.target,
        restart_of=None if run is None else run.id,
        origin=subject.origin,
        keys=_keys(subject, event, case),
        by=case.by,
        reason=case.reason,
        is_quiet=case.options.suppress_notify,
    )


def _keys(subject: Subject, event: Event, case: _Case) -> dict[str, UUID]:
    """Whose idempotency keys the runs have that it starts: new ones stay until there are newer ones."""
    original = subject.event
    kept = {} if original is None or original.again is None else dict(original.again.keys)
    if subject.origin is not None:
        kept |= case.keys.get(subject.origin, {})
    if not case.options.new_keys:
        return kept
    concerned = case.catalog.matching(event.type, event.target)
    names = [subject.workflow] if subject.workflow else [each.name for each in concerned]
    return kept | {name: run_id(event.id, name, event.replay) for name in names}


def _ask(subject: Subject, event: Event, case: _Case) -> None:
    """Whether the one workflow that is concerned takes it, by its newest definition."""
    workflow = case.catalog.workflows.get(subject.workflow)
    if workflow is None:
        return
    run = run_id(event.id, workflow.name, event.replay)
    answer = ask(workflow, event, run_id=run, now=case.now, config=settings().CONFIG)
    if isinstance(answer, Declined):
        raise _Refused(Word.INVALID, f"{answer.outcome}: {answer.detail}")

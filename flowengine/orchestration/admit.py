"""Admission: what would start passes the gates, and becomes a run, a queued run, or an outcome.

Keys first, then runs (architecture §2.6): the keys of a whole batch are locked together in the order of
their ids, then all is decided in the order in which the events were written, then all is written. The
number of statements does not depend on how many there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from msgspec import structs

from flowengine.conf import settings
from flowengine.definitions.model import CallTrigger
from flowengine.engine.event import Event
from flowengine.engine.messages import Cancel
from flowengine.engine.rules.admission import Admitted, Candidate, Declined, begin
from flowengine.engine.rules.gates import (
    Gate,
    Places,
    Quiet,
    Verdict,
    Wish,
    pass_gates,
)
from flowengine.engine.rules.queue import Queued
from flowengine.orchestration import refusals, turns
from flowengine.orchestration.behind import Turn, behind, keeps_order
from flowengine.orchestration.bury import letter
from flowengine.orchestration.claim import Claim
from flowengine.orchestration.commit import Change, Committed, commit
from flowengine.orchestration.limits import limits
from flowengine.orchestration.refusals import Refusal
from flowengine.orchestration.work import Told
from flowengine.store import dead_letters, decisions, events, keys, places
from flowengine.store.dead_letters import DeadLetter
from flowengine.store.decisions import Answer, Revision
from flowengine.store.places import Place, PlaceState

BURIED = {"bad_input": "bad input", "overflow": "overflow"}
"""Outcomes that are kept as dead letters, and of which kind."""


_UNEXPECTED = frozenset({"no_match", "filter_error", "debouncing"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one workflow answered to one event, before any gate."""

    event: Event
    written_at: datetime
    """When the event was written: the order of starts."""
    run_id: UUID
    """The id of its run, whether or not there will be one."""
    workflow: str
    digest: str
    """The version that answered; empty where there is no such workflow."""
    given: Candidate | Declined
    burst: UUID | None = None
    """The debounce key of the burst whose end it waited for; None = it comes from the router."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What became of what was asked."""

    asked: Asked
    given: Admitted | Declined
    verdict: Verdict | None
    """What the gates said; None = they were not asked."""

    @property
    def queued(self) -> Queued | None:
        """What the run waits for or holds; None = nothing, or there is no run."""
        asked, verdict = self.asked, self.verdict
        if verdict is None or not isinstance(asked.given, Candidate):
            return None
        of = asked.given.keys
        key = of.get(Gate.CONCURRENCY)
        if not isinstance(self.given, Admitted) or (key is None and verdict.outcome == "started"):
            return None
        return Queued(
            run=asked.run_id,
            key=None if key is None else key.id,
            throttle=of[Gate.THROTTLE].id if Gate.THROTTLE in of else None,
            priority=asked.given.run.priority,
            written_at=asked.written_at,
            slot_at=verdict.slot_at,
            expires_at=verdict.expires_at,
        )


def admit(
    asked: Sequence[Asked],
    now: datetime,
    claim: Claim | None = None,
    *,
    also: Callable[[], None] | None = None,
) -> Committed:
    """Let all that is asked pass the gates, and write what becomes of it, in the open transaction.

    Every step that waits for a run it called is told where none is started. First steps that *claim*
    has room for are written as begun; those of runs that waited in a queue are hinted at all the same.
    *also* writes what else the transaction has to write, which may be committed with it; None = this is
    not all of it.
    """
    held = _lock(asked)
    wanted = [each for each in asked if each.burst is None or _is_over(each, held, now)]
    wanted.sort(key=lambda each: (each.written_at, each.event.id, each.workflow))
    memory = {**held, **_with_members(wanted, held)}
    late = _behind(wanted, memory, now)
    outcomes = [_decide(each, memory, now, is_behind=each.run_id in late) for each in wanted]
    return _write(outcomes, held, memory, now, claim, also=also)


def _lock(asked: Sequence[Asked]) -> turns.Remembered:
    wanted = {
        key
        for each in asked
        if isinstance(each.given, Candidate)
        for key in each.given.keys.values()
    }
    bursts = {each.burst for each in asked if each.burst is not None}
    return keys.lock(wanted, bursts) if wanted or bursts else {}


def _is_over(asked: Asked, held: turns.Remembered, now: datetime) -> bool:
    """It is still this event that waits, and its burst is over."""
    quiet = None if asked.burst is None else held.get(asked.burst)
    return isinstance(quiet, Quiet) and quiet.run == asked.run_id and quiet.due_at <= now


def _with_members(asked: Sequence[Asked], held: turns.Remembered) -> turns.Remembered:
    """The places of keys whose runs may be replaced, with those runs."""
    found = {
        each.given.keys[Gate.CONCURRENCY].id
        for each in asked
        if isinstance(each.given, Candidate)
        and each.given.workflow.concurrency is not None
        and each.given.workflow.concurrency.on_conflict == "replace"
    }
    known = {key: state for key in found if isinstance(state := held[key], Places)}
    if not known:
        return {}
    members = places.members(known)
    return {key: structs.replace(state, members=members[key]) for key, state in known.items()}


def _behind(asked: Sequence[Asked], memory: turns.Remembered, now: datetime) -> set[UUID]:
    """Runs that would take the only place, which is free, before an event that was written earlier."""
    wanted = []
    for each in asked:
        if isinstance(each.given, Candidate) and keeps_order(each.given.workflow):
            key = each.given.keys[Gate.CONCURRENCY].id
            state = memory.get(key)
            if not isinstance(state, Places) or state.free:
                wanted.append(Turn(run=each.run_id, key=key, written_at=each.written_at))
    return behind(wanted, routing={each.event.id for each in asked}, now=now)


def _decide(asked: Asked, memory: turns.Remembered, now: datetime, *, is_behind: bool) -> _Outcome:
    """What becomes of one; *memory* is what the next one finds."""
    candidate = asked.given
    if isinstance(candidate, Declined):
        if asked.burst is not None:
            memory[asked.burst] = None
        return _Outcome(asked=asked, given=candidate, verdict=None)
    wish = Wish(
        run=asked.run_id,
        event=asked.event.id,
        written_at=asked.written_at,
        workflow=candidate.workflow,
        keys=candidate.keys,
        replay=asked.event.replay,
        again=asked.event.again,
        burst=asked.burst,
        is_behind=is_behind,
    )
    verdict = pass_gates(wish, memory, now)
    memory.update(verdict.memory)
    given: Admitted | Declined
    if verdict.outcome in {"started", "queued"}:
        given = begin(candidate, verdict, now=now, config=settings().CONFIG, limits=limits())
    else:
        given = Declined(outcome=verdict.outcome, code=verdict.code, detail=verdict.detail)
    return _Outcome(asked=asked, given=given, verdict=verdict)


def _write(
    outcomes: Sequence[_Outcome],
    held: turns.Remembered,
    memory: turns.Remembered,
    now: datetime,
    claim: Claim | None,
    *,
    also: Callable[[], None] | None,
) -> Committed:
    answers = [_answer(each) for each in outcomes if each.asked.burst is None]
    letters = [*_letters(outcomes, now)]
    refused = [*_refusals(outcomes)]
    is_plain = not (held or memory or letters or refused)

    def write_answers() -> None:
        decisions.insert(answers, now)
        if also is not None:
            also()

    done = commit(
        [*_changes(outcomes, now, claim)],
        now,
        also=write_answers,
        is_all=is_plain and also is not None,
    )
    done.heads += [(run_id, 0) for run_id in _never_to_be(outcomes)]
    if is_plain:
        return done
    decisions.revise([*_revisions(outcomes)], now)
    dead_letters.insert(letters, now)
    done.buried += [each.id for each in letters]
    told = [*_write_places(outcomes), *refusals.told(refused)]
    crowded = {
        each.queued.key
        for each in outcomes
        if each.verdict is not None and each.verdict.is_next and each.queued is not None
    }
    routing = {each.asked.event.id for each in outcomes}
    found = turns.find(memory, [key for key in crowded if key], now, routing=routing)
    done.add(turns.start(found, memory, now, told=told))
    keys.save(held, memory)
    return done


def _never_to_be(outcomes: Sequence[_Outcome]) -> Iterator[UUID]:
    """The runs that somebody may expect and that will not be; where a filter said no, nobody does."""
    for each in outcomes:
        if isinstance(each.given, Declined) and each.given.outcome not in _UNEXPECTED:
            yield each.asked.run_id
        if each.verdict is not None and each.verdict.superseded is not None:
            yield each.verdict.superseded.run


def _answer(outcome: _Outcome) -> Answer:
    asked = outcome.asked
    return Answer(
        run_id=asked.run_id,
        event_id=asked.event.id,
        workflow=asked.workflow,
        digest=asked.digest,
        replay=asked.event.replay,
        given=outcome.given,
    )


def _revisions(outcomes: Sequence[_Outcome]) -> Iterator[Revision]:
    """Answers that were ``debouncing`` until now."""
    for each in outcomes:
        if each.asked.burst is not None:
            yield Revision(
                run_id=each.asked.run_id,
                digest=each.asked.digest,
                outcome=each.given.outcome,
                detail=decisions.detail_of(each.given),
            )
        if each.verdict is not None and each.verdict.superseded is not None:
            yield Revision(
                run_id=each.verdict.superseded.run,
                digest=None,
                outcome="debounced",
                detail=f"event {each.asked.event.id} is newer",
            )


def _changes(outcomes: Sequence[_Outcome], now: datetime, claim: Claim | None) -> Iterator[Change]:
    """The new runs."""
    for each in outcomes:
        if isinstance(each.given, Admitted) and isinstance(each.asked.given, Candidate):
            decision, workflow = each.given.decision, each.asked.given.workflow
            if claim is not None:
                decision = claim.begin(workflow, decision, now)
            yield Change(
                after=decision.run,
                workflow=workflow,
                head=decision.run.seq,
                transitions=decision.transitions,
                commands=decision.commands,
                admitted=each.given,
            )


def _letters(outcomes: Sequence[_Outcome], now: datetime) -> Iterator[DeadLetter]:
    """What a workflow cannot work with, or has no room for; the others go on."""
    for each in outcomes:
        kind = BURIED.get(each.given.outcome)
        if kind is not None and isinstance(each.given, Declined):
            yield letter(
                kind,
                each.given.code,
                each.given.detail,
                now,
                event=each.asked.event,
                workflow=each.asked.workflow,
                digest=each.asked.digest,
            )


def _write_places(outcomes: Sequence[_Outcome]) -> list[Told]:
    """Write who waits, who holds a place, and who leaves; what those that leave are to be told."""
    new: dict[UUID, Place] = {}
    leaving: dict[UUID, PlaceState] = {}
    gone: list[UUID] = []
    told = []
    for each in outcomes:
        replaced = None if each.verdict is None else each.verdict.replaced
        if replaced is not None:
            reason = f"run {each.asked.run_id} takes its place"
            told.append(Told(run_id=replaced.run, message=Cancel(reason=reason)))
            before = new.get(replaced.run)
            if before is None and replaced.is_queued:
                gone.append(replaced.run)
            elif before is None:
                leaving[replaced.run] = PlaceState.LEAVING
            else:
                queued = replace(before.queued, key=None) if replaced.is_queued else before.queued
                new[replaced.run] = Place(state=PlaceState.LEAVING, queued=queued)
        if each.queued is not None:
            waits = each.given.outcome == "queued"
            state = PlaceState.QUEUED if waits else PlaceState.OPEN
            new[each.asked.run_id] = Place(state=state, queued=each.queued)
    places.mark(leaving)
    places.leave_queue(gone)
    places.insert([*new.values()])
    return told


def _refusals(outcomes: Sequence[_Outcome]) -> Iterator[Refusal]:
    """The calls among what was asked that start no run, and those that waited and never will."""
    for each in outcomes:
        parent, outcome = each.asked.event.parent, each.given.outcome
        if parent is None or outcome == "debouncing" or isinstance(each.given, Admitted):
            continue
        yield Refusal(parent=parent, outcome=outcome, detail=each.given.detail)
    superseded = [event for each in outcomes for event in _superseded_calls(each)]
    parents = {each.asked.event.id: each.asked.event.parent for each in outcomes}
    unknown = [event for event in superseded if event not in parents]
    if unknown:
        parents |= {event.id: event.parent for event in events.load(unknown)}
    for event in superseded:
        parent = parents.get(event)
        if parent is not None:
            yield Refusal(parent=parent, outcome="debounced", detail="a newer call took its place")


def _superseded_calls(outcome: _Outcome) -> Iterator[UUID]:
    """The event that waited until this one took its place, where it may have been a call."""
    candidate = outcome.asked.given
    waited = None if outcome.verdict is None else outcome.verdict.superseded
    if waited is not None and isinstance(candidate, Candidate):
        triggers = candidate.workflow.triggers
        if any(isinstance(trigger, CallTrigger) for trigger in triggers):
            yield waited.event

"""Random messages about a run, for the laws."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from flowengine.engine.messages import (
    Answered,
    Arrived,
    Began,
    Cancel,
    ChildEnded,
    Due,
    Failed,
    GivenBack,
    GiveUp,
    Halt,
    Hold,
    Lost,
    Message,
    Release,
    Resume,
    Start,
    Succeeded,
)
from flowengine.engine.run import Failure, Place
from flowengine.engine.states import RunState
from tests.unit.engine.worlds import GOING, STOPPING, WORDS

WORKERS = (UUID(int=1), UUID(int=2))
OUTPUTS = st.one_of(
    st.none(),
    st.dictionaries(st.sampled_from(WORDS), st.integers(0, 2)),
    st.just({"a": 5, "b": 6, "c": 7}),
    st.sampled_from([["a"], 7, "x" * 2000]),
)
"""What tasks return; the text is over the limit of the laws."""

FAILURES = st.builds(
    Failure,
    code=st.sampled_from(["Known", "Known", "Known", "Other", "InvalidInput", "Timeout"]),
    message=st.just("no"),
    permanent=st.sampled_from([False, False, False, True]),
    retry_after_s=st.sampled_from([None, None, 5.0, -1.0]),
)


def begins(place: Place, attempt: int) -> st.SearchStrategy[Message]:
    """That attempt begins."""
    workers = st.sampled_from(WORKERS)
    return _about(Began, st.just(place), attempt=st.just(attempt), worker=workers)


def ends(
    places: st.SearchStrategy[Place], attempts: st.SearchStrategy[int]
) -> st.SearchStrategy[Message]:
    """Ends of an attempt."""
    return st.one_of(
        _about(Succeeded, places, attempt=attempts, output=OUTPUTS),
        _about(Succeeded, places, attempt=attempts, output=OUTPUTS),
        _about(Succeeded, places, attempt=attempts, output=OUTPUTS),
        _about(Failed, places, attempt=attempts, failure=FAILURES),
        _about(Failed, places, attempt=attempts, failure=FAILURES),
        _about(Lost, places, attempt=attempts),
        _about(GivenBack, places, attempt=attempts),
    )


def messages(
    places: st.SearchStrategy[Place],
    attempts: st.SearchStrategy[int],
    runs: st.SearchStrategy[UUID | None],
) -> st.SearchStrategy[Message]:
    """Any message about these places, numbers and children, sensible or not."""
    return st.one_of(
        _about(Began, places, attempt=attempts, worker=st.sampled_from(WORKERS)),
        ends(places, attempts),
        arrivals(places),
        answers(places),
        child_ends(places, runs),
        st.just(Due()),
        st.builds(Cancel, by=st.sampled_from(["", "7"])),
        st.builds(
            Resume,
            is_done=st.sampled_from([False, False, True]),
            skip=st.sampled_from([False, False, True]),
            inputs=st.sampled_from([{}, {}, {"a": 1}]),
            output=OUTPUTS,
        ),
        st.just(GiveUp()),
        st.sampled_from([Hold(), Release()]),
        st.builds(Halt, failure=FAILURES),
        st.just(Start()),
    )


def arrivals(places: st.SearchStrategy[Place]) -> st.SearchStrategy[Message]:
    """Events that somebody may wait for."""
    return st.one_of(
        _about(Arrived, places, event=st.sampled_from([GOING, STOPPING])),
        st.builds(
            Arrived,
            step=st.just(""),
            event=st.sampled_from([STOPPING, GOING]),
            cancel_on=st.sampled_from([0, 0, 1]),
        ),
    )


def answers(places: st.SearchStrategy[Place]) -> st.SearchStrategy[Message]:
    """What people may say."""
    return _about(
        Answered,
        places,
        user=st.sampled_from(["3", "4", "7"]),
        approved=st.sampled_from([True, True, False]),
    )


def child_ends(
    places: st.SearchStrategy[Place], runs: st.SearchStrategy[UUID | None]
) -> st.SearchStrategy[Message]:
    """Ends of other runs."""
    return _about(
        ChildEnded,
        places,
        run=runs,
        state=st.sampled_from([RunState.SUCCEEDED, RunState.FAILED, RunState.CANCELLED]),
        output=OUTPUTS,
        failure=st.one_of(st.none(), FAILURES),
    )


def _about(
    kind: Any, places: st.SearchStrategy[Place], **fields: st.SearchStrategy[Any]
) -> st.SearchStrategy[Any]:
    """Messages of that kind about one of *places*."""
    return st.builds(
        lambda place, **rest: kind(step=place[0], item=place[1], **rest), places, **fields
    )

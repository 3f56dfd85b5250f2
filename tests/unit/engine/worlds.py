"""Random workflows and messages for the laws."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from flowengine.definitions.model import TaskStep, Workflow
from flowengine.engine.messages import (
    Began,
    Cancel,
    Due,
    Failed,
    GivenBack,
    Lost,
    Message,
    Start,
    Succeeded,
)
from flowengine.engine.run import Failure
from tests.builders import a_workflow, retry, step

NAMES = ("s0", "s1", "s2", "s3", "s4")
WORKERS = (UUID(int=1), UUID(int=2))
WORDS = ("a", "b", "c")


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    """One to five steps, that may be skipped, read one another, or have no input."""
    count = draw(st.sampled_from([1, 2, 3, 4, 5, 5]))
    steps = [draw(_steps(position)) for position in range(count)]
    one = draw(st.sampled_from(NAMES[:count]))
    output = draw(st.sampled_from([None, "done", f"${{{{ steps.{one}.status }}}}"]))
    return a_workflow(*steps, output=output, timeout_s=draw(st.sampled_from([60, 10_000])))


@st.composite
def _steps(draw: st.DrawFn, position: int) -> TaskStep:
    conditions = [None, None, None, "true", "false", "false", "event.data.a == 1"]
    values: list[Any] = ["${{ event.data.a }}", 7]
    for above in NAMES[:position]:
        conditions += [f"steps.{above}.status == 'succeeded'", f"has(steps.{above}.output.a)"]
        values += [f"${{{{ steps.{above}.status }}}}", f"${{{{ steps.{above}.output }}}}"]
    if position == 3:
        conditions.append("event.data.zzz")
    return step(
        NAMES[position],
        if_=draw(st.sampled_from(conditions)),
        with_=draw(st.dictionaries(st.sampled_from(WORDS), st.sampled_from(values), max_size=2)),
        takes=draw(st.sampled_from([None, (), ("a",), ("a", "b"), ("b", "c")])),
        returns=draw(st.sampled_from([None, None, ("a",), ("b", "c"), ()])),
        retry=retry(
            attempts=draw(st.integers(1, 3)),
            delay_s=draw(st.sampled_from([0, 1, 30])),
            errors=draw(st.sampled_from([None, None, ("Known",)])),
        ),
    )


OUTPUTS = st.one_of(
    st.none(),
    st.dictionaries(st.sampled_from(WORDS), st.integers(0, 2)),
    st.just({"a": 5, "b": 6, "c": 7}),
    st.just(["a"]),
    st.just("x" * 2000),
)
"""What tasks return; the text is over the limit of the laws."""

FAILURES = st.builds(
    Failure,
    code=st.sampled_from(["Known", "Known", "Known", "Other", "InvalidInput"]),
    message=st.just("no"),
    permanent=st.sampled_from([False, False, False, True]),
    retry_after_s=st.sampled_from([None, None, 5.0, -1.0]),
)


def ends(
    names: st.SearchStrategy[str], attempts: st.SearchStrategy[int]
) -> st.SearchStrategy[Message]:
    """Ends of an attempt."""
    spoken = {"step": names, "attempt": attempts}
    return st.one_of(
        st.builds(Succeeded, **spoken, output=OUTPUTS),
        st.builds(Failed, **spoken, failure=FAILURES),
        st.builds(Failed, **spoken, failure=FAILURES),
        st.builds(Lost, **spoken),
        st.builds(GivenBack, **spoken),
    )


def messages(
    names: st.SearchStrategy[str], attempts: st.SearchStrategy[int]
) -> st.SearchStrategy[Message]:
    """Any message about these steps and numbers, sensible or not."""
    begins = st.builds(Began, step=names, attempt=attempts, worker=st.sampled_from(WORKERS))
    cancels = st.builds(Cancel, by=st.sampled_from(["", "7"]))
    return st.one_of(begins, ends(names, attempts), st.just(Due()), cancels, st.just(Start()))

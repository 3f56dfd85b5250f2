"""What somebody has changed by hand of failed steps: how it was, how it is, and the difference.

Of each step there is a small document, ``{"input": …, "output": …, "skipped": false}``, and of a run one
with all of them by their names (``charge``, in a loop ``charge.3``). The difference is a JSON Patch of
it; what it replaces stands in it as a ``test``, so that the original is kept with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from flowengine.engine.messages import Resume
from flowengine.engine.run import Place, Step
from flowengine.engine.states import StepState
from flowengine.engine.transitions import StepReset, StepSkipped, StepSucceeded, Transition
from flowengine.orchestration.audit import Edit, digest
from flowengine.orchestration.trace import Trace

DIFFERENCE_MAX_BYTES = 64 * 1024
"""Of a loop of which thousands of items are corrected, the first ones are shown; the digests are of all."""


def edit_of(trace: Trace, message: Resume) -> Edit | None:
    """What *message* has changed of the run that it was told to; None = it gave nothing by hand."""
    places = [*_by_hand(trace, message)]
    if not places:
        return None
    before = {_name(place): _document(trace.stored[place]) for place in places}
    after = {_name(place): _document(trace.run.steps[place]) for place in places}
    return Edit(
        before_sha256=digest(before),
        after_sha256=digest(after),
        difference=_difference(before, after, message),
    )


def _by_hand(trace: Trace, message: Resume) -> Iterator[Place]:
    """The steps that were decided, or given other inputs."""
    is_decided = message.skip or message.is_done
    following = [*trace.transitions[1:], None]
    for fact, then in zip(trace.transitions, following, strict=True):
        if not isinstance(fact, StepReset) or fact.reopened:
            continue
        place = (fact.step, fact.item)
        if fact.input is not None or (is_decided and _ends(then, place)):
            yield place


def _ends(fact: Transition | None, place: Place) -> bool:
    return isinstance(fact, StepSkipped | StepSucceeded) and (fact.step, fact.item) == place


def _name(place: Place) -> str:
    step, item = place
    return f"{step}.{item}" if item else step


def _document(row: Step) -> dict[str, Any]:
    is_skipped = row.state is StepState.SKIPPED
    return {"input": row.input, "output": row.output, "skipped": is_skipped}


def _difference(
    before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]], message: Resume
) -> str:
    shown: list[dict[str, Any]] = []
    size = 0
    for name, was in before.items():
        operations = [*_operations(name, was, after[name], message)]
        size += len(msgspec.json.encode(operations))
        if size > DIFFERENCE_MAX_BYTES:
            break
        shown += operations
    return msgspec.json.encode(shown).decode() if shown else ""


def _operations(
    name: str, was: dict[str, Any], now: dict[str, Any], message: Resume
) -> Iterator[dict[str, Any]]:
    """From one step as it was to how it is."""
    step = _pointer(name)
    if message.skip:
        yield {"op": "replace", "path": f"{step}/skipped", "value": True}
    elif message.is_done:
        yield {"op": "replace", "path": f"{step}/output", "value": now["output"]}
    elif was["input"] is None:
        yield {"op": "replace", "path": f"{step}/input", "value": now["input"]}
    else:
        for given in message.inputs:
            path = f"{step}/input{_pointer(given)}"
            if given in was["input"]:
                yield {"op": "test", "path": path, "value": was["input"][given]}
            yield {"op": "add", "path": path, "value": now["input"][given]}


def _pointer(name: str) -> str:
    """One level of a JSON Pointer (RFC 6901)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")

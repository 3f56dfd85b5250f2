"""Histories of runs, kept as JSON: what was given, what happened, and what was decided then.

``uv run python -m tests.unit.engine.recorded histories/x.json`` fills in what was decided where a file
does not say it yet. What a file says is never written anew: it is the past.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from flowengine.definitions.model import Workflow
from flowengine.engine import messages
from flowengine.engine.commands import Bury, Decision, Dispatch
from flowengine.engine.decide import decide
from flowengine.engine.event import Event
from flowengine.engine.rules.admission import Admitted, admit
from tests.builders import a_trigger, a_workflow, retry, step

FOLDER = Path(__file__).parent / "histories"


def read(path: Path) -> dict[str, Any]:
    """The history as JSON."""
    content: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    return content


def decided_again(history: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each entry of the history with what is decided today; the first entry is the event."""
    workflow = _workflow(history["workflow"])
    first, *rest = history["entries"]
    now = datetime.fromisoformat(first["at"])
    event = msgspec.convert(first["event"], Event)
    admitted = admit(workflow, event, run_id=UUID(history["run"]), now=now)
    assert isinstance(admitted, Admitted)
    decision = admitted.decision
    yield first, _answer(decision)
    for entry in rest:
        now = datetime.fromisoformat(entry["at"])
        kind = getattr(messages, entry["message"])
        message = msgspec.convert(entry.get("with", {}), kind)
        decision = decide(workflow, decision.run, message, now)
        yield entry, _answer(decision)


def _workflow(given: dict[str, Any]) -> Workflow:
    steps = []
    for fields in given.pop("steps"):
        if "retry" in fields:
            fields["retry"] = retry(**fields["retry"])
        fields["takes"] = tuple(fields.get("takes", ()))
        steps.append(step(fields.pop("name"), **fields))
    return a_workflow(*steps, on=a_trigger(**given.pop("on", {})), **given)


def _answer(decision: Decision) -> dict[str, Any]:
    answer: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(
            {
                "state": decision.run.state,
                "seq": decision.run.seq,
                "transitions": decision.transitions,
                "commands": [_command(each) for each in decision.commands],
            }
        )
    )
    return answer


def _command(command: Dispatch | Bury) -> dict[str, Any]:
    value: dict[str, Any] = msgspec.to_builtins(command)
    return {"command": type(command).__name__, **value}


def _fill_in(path: Path) -> None:
    history = read(path)
    pairs = list(decided_again(history))
    entries = [entry if "decided" in entry else {**entry, "decided": new} for entry, new in pairs]
    content = msgspec.json.encode({**read(path), "entries": entries})
    path.write_bytes(msgspec.json.format(content, indent=2) + b"\n")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        _fill_in(Path(name))

"""Histories of runs, kept as JSON: what was given, what happened, and what was decided then.

A new one is written by hand: the ``workflow`` (with the ``signatures`` of its tasks), the ``event``, and
``entries``, each with ``at``, the name of a ``message`` and what the message is made ``with``. The first of
a run that the gates kept back has ``queued`` instead: ``{"due_at": …}``, when it is looked at again. Then
``uv run python -m tests.unit.engine.recorded histories/x.json`` fills in what is decided, where the file
does not say it yet; read it before you keep it. What a file says is never written anew: it is the past.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from flowengine.definitions.check import bind
from flowengine.definitions.model import Workflow
from flowengine.definitions.parse import parse
from flowengine.definitions.task_signature import TaskSignature
from flowengine.engine import messages
from flowengine.engine.commands import Command, Decision
from flowengine.engine.decide import decide
from flowengine.engine.event import Event
from flowengine.engine.rules.admission import Candidate, ask, begin
from flowengine.engine.rules.gates import Verdict
from flowengine.engine.run import Run

FOLDER = Path(__file__).parent / "histories"


def read(path: Path) -> dict[str, Any]:
    """The history as JSON."""
    content: dict[str, Any] = msgspec.json.decode(path.read_bytes())
    return content


def decided_again(history: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each entry of the history with what is decided today."""
    workflow = workflow_of(history)
    run = Run(
        id=UUID(history["run"]),
        workflow=workflow.name,
        digest=workflow.digest,
        event=msgspec.convert(history["event"], Event),
    )
    for entry in history["entries"]:
        at = datetime.fromisoformat(entry["at"])
        if "queued" in entry:
            decision = _queued(workflow, run, entry["queued"], at)
        else:
            kind = getattr(messages, entry["message"])
            message = msgspec.convert(entry.get("with", {}), kind)
            decision = decide(workflow, run, message, at)
        run = decision.run
        yield entry, _answer(decision)


def _queued(workflow: Workflow, run: Run, said: dict[str, Any], at: datetime) -> Decision:
    """The first decision about a run that the gates kept back."""
    candidate = ask(workflow, run.event, run_id=run.id, now=at)
    assert isinstance(candidate, Candidate), f"no trigger wants the event: {candidate}"
    verdict = Verdict(outcome="queued", due_at=msgspec.convert(said["due_at"], datetime | None))
    return begin(candidate, verdict, now=at).decision


def workflow_of(history: dict[str, Any]) -> Workflow:
    """The workflow as its file says it, bound to the signatures of that day."""
    text = msgspec.json.encode(history["workflow"])
    signatures = msgspec.convert(history.get("signatures", {}), dict[str, TaskSignature])
    return bind(parse(text, path="recorded.yaml"), signatures)


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


def _command(command: Command) -> dict[str, Any]:
    value: dict[str, Any] = msgspec.to_builtins(command)
    return {"command": type(command).__name__, **value}


def _fill_in(path: Path) -> None:
    history = read(path)
    pairs = list(decided_again(history))
    entries = [entry if "decided" in entry else {**entry, "decided": new} for entry, new in pairs]
    content = msgspec.json.encode({**history, "entries": entries})
    path.write_bytes(msgspec.json.format(content, indent=1) + b"\n")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        _fill_in(Path(name))

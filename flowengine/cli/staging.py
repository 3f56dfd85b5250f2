"""What ``flow try`` is given, as a rehearsal takes it: workflows, the first event, tasks, cues."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from flowengine import project
from flowengine.cli import files, named_parts
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.given import pairs, parse_data, read_event
from flowengine.cli.real import play_for_real
from flowengine.definitions.catalog import Catalog, gather
from flowengine.definitions.check import bind
from flowengine.definitions.durations import parse_duration
from flowengine.definitions.model import CallTrigger, ManualTrigger, ScheduleTrigger, Workflow
from flowengine.definitions.parse import Document, read
from flowengine.engine.event import Event
from flowengine.engine.identity import keyed_event_id
from flowengine.engine.run import Failure
from flowengine.errors import DefinitionError, Problem
from flowengine.rehearsal.cues import Cues, Reply, Send
from flowengine.rehearsal.fakes import Cast, Fakes, read_fakes
from flowengine.tasks import registry

_FAIL = re.compile(r"([^=*]+)=([A-Za-z][A-Za-z0-9_]{0,99})(?:\*([0-9]{1,3}))?")
_SEND = re.compile(r"(?:\+(\S+)\s+)?([^\s=]+)(?:=(.*))?", re.DOTALL)
_STARTS = {
    ManualTrigger: "flowengine.manual",
    CallTrigger: "flowengine.call",
    ScheduleTrigger: "flowengine.schedule",
}
"""What a workflow without an event is started by, in this order."""


def workflows(file: Path, others: Sequence[Path]) -> tuple[Workflow, Catalog]:
    """The workflow of *file*, and all that take part: *others*, and those of the project.

    Raises:
        DefinitionError: one of these files has errors.
    """
    problems: list[Problem] = []
    documents: list[Document] = []
    for path in files.named([file, *others]):
        try:
            documents.append(read(files.content(path), path=str(path)))
        except DefinitionError as error:
            problems += error.problems
    found, clashes = gather(documents)
    if problems or clashes:
        raise DefinitionError((*problems, *clashes))
    known = {**project.catalog().workflows, **found.workflows}
    signatures = registry.signatures()
    catalog = Catalog({name: bind(workflow, signatures) for name, workflow in known.items()})
    return catalog.workflows[documents[0].workflow.name], catalog


def first_event(options: Namespace, workflow: Workflow, now: datetime) -> Event:
    """What starts it all: the event that was given, or a start by hand, a call, a tick.

    Raises:
        Stopped: it cannot be made out.
    """
    given = options.event
    if given is not None and Path(given).is_file():
        return read_event(Path(given), now=now)
    if given is not None:
        if given.endswith(".json"):
            raise Stopped(f"there is no {given}", exit_code=Exit.USAGE)
        data = {} if options.data is None else parse_data(options.data)
        return Event(id=keyed_event_id(given, "tried"), type=given, data=data, time=now)
    for kind, event_type in _STARTS.items():
        for at, trigger in enumerate(workflow.triggers):
            if isinstance(trigger, kind):
                is_tick = isinstance(trigger, ScheduleTrigger)
                return Event(
                    id=keyed_event_id(event_type, workflow.name),
                    type=event_type,
                    data={"schedule": at} if is_tick else pairs(options.input, "--input"),
                    time=now,
                    target=workflow.name,
                )
    raise Stopped(
        "what starts it? it is started by events",
        hint="--event order.json, or --event order.placed -d '{\"order_id\": 1}'",
        exit_code=Exit.USAGE,
    )


def cast(options: Namespace, known: Sequence[Workflow]) -> Cast:
    """Who plays the tasks.

    Raises:
        DefinitionError: the file of fakes has errors.
        Stopped: it cannot be read, or ``--fail`` cannot; or one names what is not there.
    """
    fakes = Fakes()
    if options.fake is not None:
        fakes = read_fakes(files.content(options.fake), path=str(options.fake))
        named_parts.faked(fakes, options.fake, known, registry.names())
    failing: dict[str, tuple[Failure | None, ...]] = {}
    for text in options.fail:
        match = _FAIL.fullmatch(text)
        if match is None:
            raise Stopped(f"--fail {text}: write --fail step=Code", exit_code=Exit.USAGE)
        step, code, count = match.groups()
        failure = Failure(code=code, message="as --fail says")
        failing[step] = (failure,) if count is None else ((failure,) * int(count) + (None,))
    named_parts.failing_steps(failing, known)
    return Cast(fakes=fakes, failing=failing, real=play_for_real if options.real else None)


def cues(options: Namespace, known: Sequence[Workflow]) -> Cues:
    """What comes from outside.

    Raises:
        Stopped: an option cannot be read, or names an approval that is not there.
    """
    forms = pairs(options.form, "--form")
    named_parts.asking_steps("--form", forms, known)
    said = [(each, True) for each in options.approve] + [(each, False) for each in options.reject]
    replies = []
    for number, (text, approved) in enumerate(said, 1):
        step, _, user = text.partition("=")
        form = forms.get(step, {})
        if not isinstance(form, dict):
            raise Stopped(f"--form {step}: it is a JSON object", exit_code=Exit.USAGE)
        reply = Reply(step=step, user=user or f"user-{number}", approved=approved, form=form)
        replies.append(reply)
        named_parts.asking_steps("--approve" if approved else "--reject", [step], known)
    return Cues(sends=[_send(text) for text in options.send], replies=replies)


def _send(text: str) -> Send:
    match = _SEND.fullmatch(text)
    if match is None:
        message = f"--send {text}: write --send type='{{\"id\": 1}}'"
        raise Stopped(message, exit_code=Exit.USAGE)
    after, event_type, data = match.groups()
    length = None if after is None else parse_duration(after)
    if after is not None and length is None:
        message = f"--send {text}: {after!r} is no duration; write --send '+2h type=…'"
        raise Stopped(message, exit_code=Exit.USAGE)
    value = {} if data is None else parse_data(data, where=f"--send {event_type}")
    return Send(type=event_type, data=value, after=length)

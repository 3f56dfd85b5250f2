"""Tell what each workflow says to an event, and which part of its filter said no."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from flowengine import project
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.given import parse_data, read_event
from flowengine.cli.terminal import Style, Terminal, clean, styled
from flowengine.definitions.drawing import start_in_words
from flowengine.definitions.expressions.reasons import Reason, Seen
from flowengine.engine.event import Event
from flowengine.engine.identity import keyed_event_id
from flowengine.orchestration.explain import Explained, Heard, as_json, explain, known
from flowengine.orchestration.masked import mask
from flowengine.store import events
from flowengine.store.clock import DatabaseClock

_GOOD = frozenset({"started", "queued", "debouncing", "match"})
_SHOWN_MAX = 80


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``explain``."""
    parser.add_argument(
        "event", metavar="EVENT", help="the id of a stored event, a JSON file, or an event's type"
    )
    parser.add_argument("-d", "--data", metavar="JSON|@FILE|-", help="the data, with a type")
    parser.add_argument("--workflow", metavar="NAME", help="only this one")
    parser.add_argument("--json", action="store_true", help="one JSON object per workflow")


def run(options: Namespace, terminal: Terminal) -> int:
    """Explain; 0 where some workflow started, or would start, a run."""
    now = DatabaseClock().now()
    event = _event(options, now, terminal.prog)
    found = explain(event, known(project.catalog().workflows), now)
    if options.workflow is not None:
        found = [each for each in found if each.workflow == options.workflow]
        if not found:
            raise Stopped(f"there is no workflow '{options.workflow}'", exit_code=Exit.USAGE)
    concerned = [each for each in found if each.outcome or each.recorded]
    if options.json:
        for each in found:
            terminal.json(mask().value(as_json(each)))
    else:
        terminal.data(f"{clean(event.type)} {event.id}  {_json(mask().value(event.data))}")
        for each in concerned:
            _show(each, terminal)
        _conclude(event, len(found) - len(concerned), terminal)
    return Exit.OK if any(_is_good(each) for each in concerned) else Exit.FAILED


def _event(options: Namespace, now: datetime, prog: str) -> Event:
    name = options.event
    try:
        event_id = UUID(name)
    except ValueError:
        pass
    else:
        stored = events.load([event_id])
        if not stored:
            raise Stopped(f"there is no event {event_id}", hint=f"{prog} events lists them")
        return stored[0]
    if Path(name).is_file():
        return read_event(Path(name), now=now)
    if name.endswith(".json"):
        raise Stopped(f"there is no {name}", exit_code=Exit.USAGE)
    data = {} if options.data is None else parse_data(options.data)
    return Event(id=keyed_event_id(name, "explained"), type=name, data=data, time=now)


def _is_good(each: Explained) -> bool:
    return (each.outcome if each.recorded is None else each.recorded.outcome) in _GOOD


def _show(each: Explained, terminal: Terminal) -> None:
    outcome = each.outcome if each.recorded is None else each.recorded.outcome
    detail = each.detail if each.recorded is None else each.recorded.detail
    style = Style.GREEN if _is_good(each) else Style.YELLOW
    said = styled(_words(outcome), style, Style.BOLD)
    terminal.data(f"{clean(each.workflow)}: {said}{'  ' + clean(detail) if detail else ''}")
    if each.recorded is not None:
        _show_recorded(each, terminal)
    for heard in each.heard:
        for line in _trigger(heard):
            terminal.data(line)
    for gate, value in each.keys.items():
        terminal.data(f"  {gate} key  {clean(value) or 'one for all'}")


def _show_recorded(each: Explained, terminal: Terminal) -> None:
    recorded = each.recorded
    assert recorded is not None, "the caller looked"
    run = f"  run {recorded.run_id}" if recorded.outcome in {"started", "queued"} else ""
    version = f" by version {recorded.digest[:8]}" if recorded.digest else ""
    terminal.data(f"  recorded {recorded.at:%Y-%m-%d %H:%M:%S}{version}{run}")
    if each.digest and recorded.digest and each.digest != recorded.digest:
        terminal.data(
            f"  version {each.digest[:8]}, which is active now, says: {_words(each.outcome)}"
        )


def _words(outcome: str) -> str:
    return outcome.replace("_", " ") or "starts on other events"


def _trigger(heard: Heard) -> Iterator[str]:
    mark = _mark(is_good=heard.answer == "match")
    yield f"  {mark} on[{heard.index}] {clean(start_in_words(heard.trigger))}"
    for reason in heard.reasons:
        yield f"    {'  ' * reason.depth}{_reason(reason)}"


def _reason(reason: Reason) -> str:
    text = clean(reason.seen.text)
    if not reason.was_asked:
        return styled(f"- {text}  was not asked", Style.DIM)
    looked_at = ", ".join(f"{seen.text} is {_value(seen)}" for seen in reason.looked_at)
    told = reason.seen.error or (f"({looked_at})" if looked_at else "")
    return f"{_mark(is_good=reason.is_true)} {text}  {styled(clean(told), Style.DIM)}".rstrip()


def _value(seen: Seen) -> str:
    return "missing" if seen.error else _json(mask().value({seen.text: seen.value})[seen.text])


def _mark(*, is_good: bool) -> str:
    return styled("✓", Style.GREEN) if is_good else styled("✗", Style.RED)


def _conclude(event: Event, others: int, terminal: Terminal) -> None:
    if others:
        what = "workflow starts" if others == 1 else "workflows start"
        terminal.say(f"{others} other {what} on other events")
    if event.causation_id:
        terminal.say(f"caused by {event.causation_id}, {event.hops} runs from the first event")


def _json(value: Any) -> str:
    text = clean(json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= _SHOWN_MAX else f"{text[: _SHOWN_MAX - 1]}…"

"""Emit an event, as emit() does; say which runs it starts, and follow them."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from typing import Any

from flowengine import project
from flowengine.cli.asking import add_reason, by
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.follow import follow
from flowengine.cli.given import parse_data
from flowengine.cli.terminal import Terminal
from flowengine.conf import settings
from flowengine.definitions.model import EventTrigger
from flowengine.models import WorkerRecord
from flowengine.orchestration import send_event
from flowengine.orchestration.emit import Emitted, emit
from flowengine.store.clock import DatabaseClock


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``emit``."""
    parser.add_argument("type", metavar="TYPE", help="the event's type, order.placed")
    parser.add_argument(
        "-d", "--data", default="{}", metavar="JSON|@FILE|-", help="its data (default: {})"
    )
    parser.add_argument("--subject", help="what it is about")
    parser.add_argument("--key", help="its name: the same type and key again are the same event")
    parser.add_argument("--actor", metavar="USER_KEY", help="who caused it, and may watch its runs")
    parser.add_argument(
        "--test",
        action="store_true",
        help="mark it as a test event, with --reason in the audit; --key names this sending",
    )
    add_reason(parser)
    parser.add_argument("--follow", action="store_true", help="show its runs until they end")
    parser.add_argument("--json", action="store_true", help="the ids as JSON")


def run(options: Namespace, terminal: Terminal) -> int:
    """Emit; with --follow, 0 only where every run succeeded."""
    data = parse_data(options.data)
    emitted = _test(options, data) if options.test else _plain(options, data)
    _tell(emitted, terminal, as_json=options.json)
    if not emitted.run_ids:
        _say_what_is_known(options.type, terminal)
        return Exit.OK
    if not _is_anybody_working():
        terminal.say("no worker is alive; the event waits until one is")
        terminal.say(f"  hint: {terminal.prog} dev, or {terminal.prog} worker")
    if options.follow:
        return follow(list(emitted.run_ids.values()), terminal)
    terminal.next(f"run {next(iter(emitted.run_ids.values()))} --follow")
    return Exit.OK


def _plain(options: Namespace, data: Any) -> Emitted:
    if options.reason or options.named:
        raise Stopped("--reason and --as are of --test", exit_code=Exit.USAGE)
    return emit(options.type, data, subject=options.subject, key=options.key, actor=options.actor)


def _test(options: Namespace, data: Any) -> Emitted:
    if options.actor is not None:
        raise Stopped("the actor of a test event is who sends it: --as", exit_code=Exit.USAGE)
    who = by(options, "send_test_event")
    name = options.key or os.urandom(8).hex()
    return send_event.send(options.type, data, name=name, subject=options.subject, by=who)


def _tell(emitted: Emitted, terminal: Terminal, *, as_json: bool) -> None:
    runs = {name: str(run_id) for name, run_id in emitted.run_ids.items()}
    if as_json:
        terminal.json({"event_id": str(emitted.event_id), "run_ids": runs})
        return
    terminal.data(f"event {emitted.event_id}")
    for name, run_id in runs.items():
        terminal.data(f"run {run_id} {name}")


def _say_what_is_known(name: str, terminal: Terminal) -> None:
    patterns = sorted(
        {
            pattern
            for workflow in project.catalog().workflows.values()
            for trigger in workflow.triggers
            if isinstance(trigger, EventTrigger)
            for pattern in trigger.patterns
        }
    )
    terminal.say(f"no workflow starts on '{name}'; it is stored, and that is all")
    if patterns:
        terminal.say(f"  hint: workflows start on {', '.join(patterns)}")


def _is_anybody_working() -> bool:
    workers = WorkerRecord.objects.using(settings().DATABASE)
    return workers.filter(due_at__gt=DatabaseClock().now()).exists()

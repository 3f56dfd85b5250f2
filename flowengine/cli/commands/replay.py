"""Send what died, ran or came through the line again: first the plan, then, if you agree, at a pace.

What is chosen is frozen; nothing is sent twice, and dead letters that are not sent stay open.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from flowengine.access import SEE
from flowengine.cli import asking, replay_lines
from flowengine.cli.arguments import share
from flowengine.cli.by_hand import add_by_hand, by_hand
from flowengine.cli.chosen import add_choice, freeze
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.given import parse_data
from flowengine.cli.replay_progress import add_no_follow, go_on
from flowengine.cli.terminal import Terminal, clean
from flowengine.orchestration import replay
from flowengine.orchestration.audit import wants_reason
from flowengine.orchestration.replay import Mode

_DEFAULT_MODE = {"dead_letter": Mode.RESUME, "run": Mode.RESUME, "event": Mode.EVENT}
_PACE = ("canary", "rate", "in_flight", "stop_percent", "stop_in_row")
_ITEMS_SHOWN = 20


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``replay``."""
    add_choice(parser)
    parser.add_argument(
        "--kind", choices=sorted(_DEFAULT_MODE), default="dead_letter", help="of what is chosen"
    )
    parser.add_argument(
        "--mode",
        choices=[each.value for each in Mode],
        help="event: admission again; restart: a new run; resume: from the failed step (default)",
    )
    _add_options(parser)
    _add_pace(parser)
    asking.add_reason(parser)
    asking.add_confirmation(parser)
    add_no_follow(parser)
    parser.add_argument("--json", action="store_true", help="the plan, or the replay, as JSON")


def run(options: Namespace, terminal: Terminal) -> int:
    """Plan; then replay, with 0 where all that was sent succeeded."""
    mode, how = replay.options_of(options.mode or _DEFAULT_MODE[options.kind], _options(options))
    by = asking.by(options, SEE[options.kind], *how.needs)
    if not options.dry_run:
        wants_reason(by)
    chosen = freeze(options, options.kind, by.who)
    plan = replay.plan(chosen.id, mode, how, limit=_ITEMS_SHOWN)
    if options.dry_run and options.json:
        terminal.json(replay_lines.plan_as_json(plan, str(chosen.id)))
        return Exit.OK
    terminal.say(clean(f"{chosen.count:,} chosen: {chosen.words}"))
    for line in replay_lines.plan_in_lines(plan):
        terminal.say(line)
    if options.dry_run:
        terminal.data(f"selection {chosen.id}")
        terminal.next(f"replay --selection {chosen.id} --mode {mode} --reason …")
        return Exit.OK
    if not plan.eligible and plan.looked_at == plan.total:
        raise Stopped("nothing of this can be replayed", exit_code=Exit.REFUSED)
    asking.confirm(f"Replay {plan.eligible:,} of {plan.total:,}?", options, terminal)
    begun = replay.start(
        chosen.id,
        mode,
        how,
        {name: getattr(options, name) for name in _PACE if getattr(options, name) is not None},
        by=by,
    )
    return go_on(begun, options, terminal, as_json=options.json)


def _add_options(parser: ArgumentParser) -> None:
    add_by_hand(parser).add_argument(
        "--edit", metavar="JSON|@FILE|-", help="a JSON Patch of the event's data, for each item"
    )
    parser.add_argument("--workflow", default="", help="event: only this one; '*' = all")
    parser.add_argument("--new-keys", action="store_true", help="other idempotency keys")
    parser.add_argument(
        "--even-if-succeeded", action="store_true", help="also what has succeeded since"
    )
    parser.add_argument("--suppress-notify", action="store_true", help="show it to nobody")


def _add_pace(parser: ArgumentParser) -> None:
    parser.add_argument("--canary", type=int, metavar="N", help="so many first (default: 0)")
    parser.add_argument("--rate", type=share, metavar="N", help="items per second (default: 10)")
    parser.add_argument("--in-flight", type=int, metavar="N", help="at once (default: 100)")
    parser.add_argument(
        "--stop-percent", type=share, metavar="N", help="stop when more fail (default: 20)"
    )
    parser.add_argument(
        "--stop-in-row", type=int, metavar="N", help="stop when so many fail in a row (default: 10)"
    )


def _options(options: Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {
        "workflow": options.workflow,
        "new_keys": options.new_keys,
        "even_if_succeeded": options.even_if_succeeded,
        "suppress_notify": options.suppress_notify,
        **by_hand(options),
    }
    if options.edit is not None:
        found["edit"] = parse_data(options.edit, where="--edit")
    return found

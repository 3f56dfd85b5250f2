"""Show one cause of dead letters, or do something about it: acknowledge, assign, merge, split …"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from uuid import UUID

from flowengine.access import user_key
from flowengine.cli import asking, people
from flowengine.cli.arguments import duration, id_of
from flowengine.cli.commands.dead_list import group_as_json
from flowengine.cli.exits import Exit, Stopped
from flowengine.cli.terminal import Style, Terminal, clean, styled
from flowengine.orchestration import dead, groups
from flowengine.orchestration.masked import mask
from flowengine.representations import instant
from flowengine.store.clock import DatabaseClock

_cause = id_of("cause", "dead list")
_BARS = " ▁▂▃▄▅▆▇█"


def add_arguments(parser: ArgumentParser) -> None:
    """The options of ``dead group``."""
    parser.add_argument("id", type=_cause, metavar="ID", help="its id")
    act = parser.add_mutually_exclusive_group()
    act.add_argument("--acknowledge", action="store_true", help="somebody has seen it")
    act.add_argument("--assign", metavar="USER", help="who sees to it: name or key; '' = nobody")
    act.add_argument("--note", metavar="TEXT", help="what is known about it")
    act.add_argument(
        "--snooze", type=duration, metavar="TIME", help="nobody wants to hear of it: 2h; 0s = again"
    )
    act.add_argument("--resolve", action="store_true", help="the cause is gone; needs --reason")
    act.add_argument(
        "--merge", type=_cause, nargs="+", metavar="ID", help="other causes that are the same"
    )
    act.add_argument("--split", metavar="FIELD", help="a cause for each value of this field")
    asking.add_reason(parser)
    parser.add_argument("--json", action="store_true", help="the cause as JSON")


def run(options: Namespace, terminal: Terminal) -> int:
    """Do what is asked for, and show how it stands."""
    if not dead.exists(options.id):
        raise Stopped(f"there is no cause {options.id}")
    _act(options)
    found = dead.group(options.id)
    assert found is not None, "causes are never deleted while they are looked at"
    if options.json:
        terminal.json(
            {
                **mask().value(group_as_json(found.group)),
                "rate": found.rate,
                "affected": found.affected,
                "common": [
                    {
                        "field": each.field,
                        "value": each.value,
                        "share": each.share,
                        "elsewhere": each.elsewhere,
                    }
                    for each in found.common
                ],
                "merged": [str(each) for each in found.merged],
            }
        )
        return Exit.OK
    for line in _lines(found):
        terminal.data(line)
    if found.group.open_count:
        terminal.next(f"replay --group {options.id}")
    return Exit.OK


def _act(options: Namespace) -> None:
    group: UUID = options.id
    by = asking.by(options, "view_dead_letter", "triage_dead_letter")
    if options.acknowledge:
        groups.acknowledge(group, by)
    elif options.assign is not None:
        owner = user_key(people.user(options.assign)) if options.assign else ""
        groups.assign(group, owner, by)
    elif options.note is not None:
        groups.note(group, options.note, by)
    elif options.snooze is not None:
        until = DatabaseClock().now() + options.snooze if options.snooze else None
        groups.snooze(group, until, by)
    elif options.resolve:
        groups.resolve(group, by)
    elif options.merge:
        groups.merge(options.merge, group, by)
    elif options.split is not None:
        groups.split(group, options.split, by)


def _lines(found: dead.Page) -> Iterator[str]:
    group, row = found.group, found.group.row
    yield clean(f"{row.kind} {row.id}: {row.state}")
    what = row.error_type or row.code
    yield f"  {styled(clean(f'{what}: {mask().text(row.title)}'), Style.RED)}"
    if row.place:
        yield clean(f"  at {row.place}")
    yield f"  {group.open_count} open of {group.count}, {found.rate[-1]} in this hour"
    yield f"  last 24 hours {spark(found.rate)}"
    yield f"  from {instant(row.first_at)} to {instant(row.last_at)}"
    for name, value in (
        ("owner", row.owner),
        ("note", row.note),
        ("snoozed until", instant(row.snoozed_until)),
        ("split by", row.split_by),
    ):
        if value:
            yield clean(f"  {name}: {value}")
    for each in found.common:
        elsewhere = "" if each.elsewhere is None else f", {each.elsewhere:.0%} elsewhere"
        yield clean(f"  in common: {each.field} is {each.value} in {each.share:.0%}{elsewhere}")


def spark(counts: tuple[int, ...]) -> str:
    """Numbers as a line of bars."""
    most = max(counts, default=0) or 1
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // most)] for count in counts)

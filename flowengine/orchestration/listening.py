"""What decisions say of waits, as rows: who begins to wait, who has got an event, who has stopped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from flowengine.engine.commands import Command, Listen, Unlisten
from flowengine.engine.messages import Arrived
from flowengine.engine.run import Item
from flowengine.store import waits
from flowengine.store.waits import OF_A_STEP, Wait

_Row = tuple[UUID, str, Item]


def write(
    runs: Sequence[tuple[UUID, Sequence[Command], Sequence[Arrived]]], now: datetime
) -> list[UUID]:
    """Write what the commands of these locked runs mean, and what events they took.

    Returns:
        The runs with waits that are to look back, in a transaction after this one.
    """
    opened: dict[tuple[UUID, str, Item, int], Wait] = {}
    closed: dict[_Row, None] = {}
    silent: dict[UUID, bool] = {}
    for run_id, commands, _arrived in runs:
        for command in commands:
            match command:
                case Listen():
                    wait = _wait(run_id, command)
                    opened[run_id, wait.step, wait.item, wait.entry] = wait
                case Unlisten(step="", is_over=is_over):
                    silent[run_id] = is_over
                    opened = {key: wait for key, wait in opened.items() if key[0] != run_id}
                case Unlisten(step=step, item=item):
                    closed[run_id, step, item] = None
                    opened.pop((run_id, step, item, OF_A_STEP), None)
                case _:
                    pass
    # First what was got, which stays known; only what is still open is closed.
    waits.got(
        [
            (run_id, said.step, said.item, _entry(said.cancel_on), said.event.id)
            for run_id, _commands, arrived in runs
            for said in arrived
        ]
    )
    waits.close(list(closed))
    waits.close_all(silent, over=[run_id for run_id, is_over in silent.items() if is_over])
    waits.insert(list(opened.values()), now)
    return list(dict.fromkeys(key[0] for key in opened))


def _wait(run_id: UUID, command: Listen) -> Wait:
    return Wait(
        run_id=run_id,
        step=command.step,
        item=command.item,
        entry=_entry(command.cancel_on),
        patterns=command.patterns,
        match=command.match,
    )


def _entry(cancel_on: int | None) -> int:
    return OF_A_STEP if cancel_on is None else cancel_on

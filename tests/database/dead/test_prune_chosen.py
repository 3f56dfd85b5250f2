"""What was chosen is deleted when it is old, and not as long as there is a replay of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from flowengine.errors import ReplayRefused
from flowengine.models import (
    ReplayItemRecord,
    ReplayRecord,
    SelectionItemRecord,
    SelectionRecord,
)
from flowengine.orchestration import prune, replay, selections
from flowengine.orchestration.prune import Pruned
from flowengine.store import prune as store
from tests.builders.dead import NOON, SOMEBODY, a_letter, bury, new_id

pytestmark = pytest.mark.django_db

OLD = NOON - timedelta(days=91)


def a_replay(selection: SelectionRecord, state: str, *, at: datetime = OLD) -> ReplayRecord:
    replay = ReplayRecord.objects.create(
        id=new_id(at), selection_id=selection.id, mode="event", state=state, created_at=at
    )
    item = SelectionItemRecord.objects.filter(selection_id=selection.id)[0]
    ReplayItemRecord.objects.create(
        replay_id=replay.id, object_id=item.object_id, n=1, state="succeeded"
    )
    return replay


def test_selections_and_replays_go_with_their_items_page_by_page() -> None:
    bury(*[a_letter() for _ in range(5)])
    selection = selections.freeze("dead_letter", "", "7")
    SelectionRecord.objects.update(created_at=OLD)
    a_replay(selection, "done")

    pruned = prune.run(NOON, limit=2)

    assert (pruned.selections, pruned.replays) == (6, 2)
    assert not SelectionItemRecord.objects.exists()
    assert not ReplayItemRecord.objects.exists()


def test_selection_stays_as_long_as_a_replay_of_it_is_kept() -> None:
    bury(a_letter())
    selection = selections.freeze("dead_letter", "", "7")
    SelectionRecord.objects.update(created_at=OLD)
    young = a_replay(selection, "done", at=NOON)

    prune.run(NOON)

    assert replay.status(young.id).kind == "dead_letter"
    ReplayRecord.objects.update(created_at=OLD)
    prune.run(NOON)
    assert not SelectionRecord.objects.exists()


def test_selection_that_is_replayed_while_it_is_about_to_be_deleted_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bury(a_letter())
    selection = selections.freeze("dead_letter", "", "7")
    SelectionRecord.objects.update(created_at=OLD)
    look = store._page

    def look_and_wait(what: str, *given: Any, **named: Any) -> Any:
        found = look(what, *given, **named)
        if what == "selections":
            a_replay(selection, "running", at=NOON)
        return found

    monkeypatch.setattr(store, "_page", look_and_wait)
    prune.run(NOON)

    assert SelectionItemRecord.objects.count() == SelectionRecord.objects.count() == 1


def test_selection_of_which_a_part_is_deleted_is_not_replayed_nor_discarded() -> None:
    bury(*[a_letter() for _ in range(5)])
    selection = selections.freeze("dead_letter", "", "7")
    SelectionRecord.objects.update(created_at=OLD)
    prune.Pass(NOON, limit=2).page()

    assert SelectionItemRecord.objects.count() == 3
    with pytest.raises(ReplayRefused, match="is not kept any more"):
        replay.start(selection.id, "restart", by=SOMEBODY)
    with pytest.raises(ReplayRefused, match="is not kept any more"):
        replay.discard(selection.id, SOMEBODY)


@pytest.mark.parametrize("state", ["proposed", "canary", "running", "paused"])
def test_replay_at_work_stays_with_its_selection(state: str) -> None:
    bury(a_letter())
    selection = selections.freeze("dead_letter", "", "7")
    SelectionRecord.objects.update(created_at=OLD)
    a_replay(selection, state)

    assert prune.run(NOON) == Pruned()

"""A shop that has been busy for a month: for what is to be seen, looked at or measured when it is full."""

from __future__ import annotations

from tests.e2e.operator import Operator
from tests.e2e.shop import Shop

LETTERS = "SELECT count(*) FROM flowengine_dead_letter WHERE state = 'open'"
_SEED = """
from flowengine.orchestration import replay, selections
from flowengine.orchestration.audit import By
from flowengine.store.clock import system_now
from tests.seeding.copies import seed
chosen = selections.freeze("dead_letter", "state:open", "1").id
replay.start(chosen, "event", by=By(who="1", reason="The bank has raised the limit."))
print(seed(events={events}, until=system_now()))
"""


def fill(operator: Operator, events: int) -> None:
    """Something of each kind: done, waiting, dead, replayed; and that many copies of all of it."""
    shop: Shop = operator.shop
    operator.order()
    operator.order("Many: the manager is asked")
    operator.order(product="Grand piano")
    shop.until(lambda: shop.number(LETTERS) == 1, what="the card is declined")
    operator.page.goto("about:blank")
    # Nobody else writes meanwhile: an SQLite file would be taken for longer than anybody waits.
    shop.stop()
    assert int(shop.manage(_SEED.format(events=events), limit_s=1_800)) > events
    shop.start()

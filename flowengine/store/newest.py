"""Looking for what has no index: in so many of the newest rows, and no further."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import BooleanField, Case, Model, Q, QuerySet, Value, When

Row = TypeVar("Row", bound=Model)
Thing = TypeVar("Thing")

# The one row more than is looked at says that there is one; numbers are given in the order of the rows.
_WANTED = """
SELECT * FROM (SELECT looked.*, row_number() OVER () AS looked_n FROM ({rows}) AS looked) AS found
WHERE (is_wanted AND looked_n <= %s) OR looked_n > %s ORDER BY {order} LIMIT %s"""


class Found(list[Thing]):
    """A page of rows, in order, and how far was looked for them."""

    searched: int | None = None
    """So many of the newest were looked at, too few of them were wanted, and there are older ones; None
    = there are none, or the page is full."""


def among_newest(newest: QuerySet[Row], wanted: Q, *, looked: int, limit: int) -> Found[Row]:
    """The first *limit* rows that are *wanted*, of the first *looked* of an ordered query. One statement.

    The rows are chosen by the query's own index, in its order, before they are looked at: as one
    condition more, what is wanted would let the planner read the whole table. It goes no further than
    the last row that is wanted.
    """
    is_wanted = Case(When(wanted, then=Value(True)), default=Value(False), output_field=_BOOLEAN)
    rows = newest.annotate(is_wanted=is_wanted)[: looked + 1]
    text, values = rows.query.get_compiler(using=newest.db).as_sql()
    order = ", ".join(_in_words(name) for name in newest.query.order_by)
    outer = _WANTED.format(rows=text, order=order)
    of_model: Any = newest.model._base_manager.using(newest.db)  # noqa: SLF001 - public in effect
    found: Found[Any] = Found(of_model.raw(outer, [*values, looked, looked, limit]))
    if found and found[-1].looked_n > looked:
        found.pop()
        found.searched = looked
    return found


_BOOLEAN = BooleanField()


def _in_words(name: Any) -> str:
    """One part of an order as SQL."""
    text = str(name)
    return f"found.{text[1:]} DESC" if text.startswith("-") else f"found.{text}"

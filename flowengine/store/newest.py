"""Looking for what has no index: in so many of the newest rows, and no further."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db.models import BooleanField, Case, Model, Q, QuerySet, Value, When

Row = TypeVar("Row", bound=Model)


def among_newest(newest: QuerySet[Row], wanted: Q, *, looked: int, limit: int) -> list[Row]:
    """The first *limit* rows that are *wanted*, of the first *looked* of an ordered query. One statement.

    The rows are chosen by the query's own index, in its order, before they are looked at: as one
    condition more, what is wanted would let the planner read the whole table.
    """
    is_wanted = Case(When(wanted, then=Value(True)), default=Value(False), output_field=_BOOLEAN)
    rows = newest.annotate(is_wanted=is_wanted)[:looked]
    text, values = rows.query.get_compiler(using=newest.db).as_sql()
    order = ", ".join(_in_words(name) for name in newest.query.order_by)
    outer = f"SELECT * FROM ({text}) AS found WHERE is_wanted ORDER BY {order} LIMIT %s"
    found: Any = newest.model._base_manager.using(newest.db)  # noqa: SLF001 - public in effect
    return [*found.raw(outer, [*values, limit])]


_BOOLEAN = BooleanField()


def _in_words(name: Any) -> str:
    """One part of an order as SQL."""
    text = str(name)
    return f"found.{text[1:]} DESC" if text.startswith("-") else f"found.{text}"

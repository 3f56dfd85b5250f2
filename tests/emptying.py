"""How the database is emptied after a test that commits: of what there is, and of nothing else.

Django truncates every table and has each application say again what it always says (its permissions, its
content types): that takes longer than most tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

KEPT = frozenset({"django_content_type", "auth_permission"})
"""What migrating wrote, and no test does."""
FOR_GOOD = "flowengine_audit"
"""Its rows cannot be deleted; on PostgreSQL it can be truncated."""


def after_each(case: TransactionTestCase) -> None:
    """In place of ``TransactionTestCase._fixture_teardown``, which a test that commits ends with."""
    for name in case._databases_names(include_mirrors=False):  # type: ignore[attr-defined]
        empty(connections[name])


def empty(connection: BaseDatabaseWrapper) -> None:
    """Delete every row of the project's tables, and of Django's own but those of ``KEPT``."""
    there = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = sorted(set(there) - KEPT)
    # Foreign keys are looked at when it commits: in which order rows go does not matter.
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Of a thread that has not committed yet nothing is seen: it is waited for.
            cursor.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE ROW EXCLUSIVE MODE")
        for table in _filled(cursor, tables):
            is_truncated = table == FOR_GOOD and connection.vendor == "postgresql"
            how = "TRUNCATE" if is_truncated else "DELETE FROM"
            cursor.execute(f"{how} {connection.ops.quote_name(table)}")


def _filled(cursor: Any, tables: Sequence[str]) -> list[str]:
    asked = [f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables]
    cursor.execute(" UNION ALL ".join(asked))
    return [table for (table,) in cursor.fetchall()]

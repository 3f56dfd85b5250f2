"""Pages of runs are filled by 60 %: a run is written again with each of its steps, and finds room there.

A row that is updated on its page, no index of which changes, costs no entry in any of the table's eleven
indexes. Rows that are there already stay where they are until the table is written anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import migrations

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def _forwards(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE flowengine_run SET (fillfactor = 60)")


def _backwards(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("ALTER TABLE flowengine_run RESET (fillfactor)")


class Migration(migrations.Migration):
    """A parameter of one table's storage."""

    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("flowengine", "0003_dead_letters_keep_what_died")
    ]
    operations: ClassVar[list[Any]] = [migrations.RunPython(_forwards, _backwards, elidable=False)]

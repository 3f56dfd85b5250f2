"""Audit rows can be added, and neither changed nor deleted.

On SQLite they can be deleted: Django empties tables by DELETE there, after each test of a project that
commits. Whoever has that file can do with it what he likes anyway; the chain shows what is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import migrations

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_POSTGRESQL = (
    """
CREATE FUNCTION flowengine_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'rows of flowengine_audit are never changed or deleted'
    USING ERRCODE = 'insufficient_privilege';
END $$""",
    """
CREATE TRIGGER flowengine_audit_stays BEFORE UPDATE OR DELETE ON flowengine_audit
FOR EACH ROW EXECUTE FUNCTION flowengine_audit_stays()""",
)
_POSTGRESQL_BACK = (
    "DROP TRIGGER IF EXISTS flowengine_audit_stays ON flowengine_audit",
    "DROP FUNCTION IF EXISTS flowengine_audit_stays()",
)
_SQLITE = (
    """
CREATE TRIGGER flowengine_audit_unchanged BEFORE UPDATE ON flowengine_audit
BEGIN SELECT RAISE(ABORT, 'rows of flowengine_audit are never changed or deleted'); END""",
)
_SQLITE_BACK = ("DROP TRIGGER IF EXISTS flowengine_audit_unchanged",)


def _forwards(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _POSTGRESQL if editor.connection.vendor == "postgresql" else _SQLITE:
        editor.execute(statement)


def _backwards(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    back = _POSTGRESQL_BACK if editor.connection.vendor == "postgresql" else _SQLITE_BACK
    for statement in back:
        editor.execute(statement)


class Migration(migrations.Migration):
    """The triggers."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("flowengine", "0001_initial")]
    operations: ClassVar[list[Any]] = [migrations.RunPython(_forwards, _backwards, elidable=False)]

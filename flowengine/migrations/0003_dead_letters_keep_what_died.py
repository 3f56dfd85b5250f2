"""What died stays as it was: the bytes, headers and failure of a dead letter are never changed.

Who sets other columns pays nothing for it. Letters can be deleted: closed ones are, after a while.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.db import migrations

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

_COLUMNS = ("body", "headers", "failure", "message", "kind", "code", "fingerprint")
_TOLD = "what died is kept as it was: no column of its cause is changed"
_OF = ", ".join(_COLUMNS)
_POSTGRESQL = (
    f"""
CREATE FUNCTION flowengine_dead_letter_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '{_TOLD}' USING ERRCODE = 'insufficient_privilege';
END $$""",
    f"""
CREATE TRIGGER flowengine_dead_letter_stays BEFORE UPDATE OF {_OF} ON flowengine_dead_letter
FOR EACH ROW WHEN ({" OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in _COLUMNS)})
EXECUTE FUNCTION flowengine_dead_letter_stays()""",
)
_POSTGRESQL_BACK = (
    "DROP TRIGGER IF EXISTS flowengine_dead_letter_stays ON flowengine_dead_letter",
    "DROP FUNCTION IF EXISTS flowengine_dead_letter_stays()",
)
_SQLITE = (
    f"""
CREATE TRIGGER flowengine_dead_letter_stays BEFORE UPDATE OF {_OF} ON flowengine_dead_letter
WHEN {" OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in _COLUMNS)}
BEGIN SELECT RAISE(ABORT, '{_TOLD}'); END""",
)
_SQLITE_BACK = ("DROP TRIGGER IF EXISTS flowengine_dead_letter_stays",)


def _forwards(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _POSTGRESQL if editor.connection.vendor == "postgresql" else _SQLITE:
        editor.execute(statement)


def _backwards(_apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    back = _POSTGRESQL_BACK if editor.connection.vendor == "postgresql" else _SQLITE_BACK
    for statement in back:
        editor.execute(statement)


class Migration(migrations.Migration):
    """The trigger."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("flowengine", "0002_audit_append_only")]
    operations: ClassVar[list[Any]] = [migrations.RunPython(_forwards, _backwards, elidable=False)]

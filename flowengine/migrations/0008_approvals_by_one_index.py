"""Without the index that the one before this replaces.

By itself: to drop an index keeps all others from its table, and they are not to wait until another is built.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    """The index that goes."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("flowengine", "0007_approvals_in_order")]
    operations: ClassVar[list[Any]] = [
        migrations.RemoveIndex(model_name="steprecord", name="flowengine_step_asked")
    ]

"""An index of approvals that wait, in the very order in which they are listed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations, models
from django.db.models.functions import Length


class Migration(migrations.Migration):
    """The index."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("flowengine", "0006_open_runs")]
    operations: ClassVar[list[Any]] = [
        migrations.AddIndex(
            model_name="steprecord",
            index=models.Index(
                *("due_at", "run_id", "step", Length("item"), "item"),
                name="flowengine_step_pressing",
                condition=models.Q(state="waiting", kind="approval"),
            ),
        )
    ]

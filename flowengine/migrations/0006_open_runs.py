"""An index of the runs that are open, by which those of each version are counted."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """The index."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("flowengine", "0005_attempt_log")]
    operations: ClassVar[list[Any]] = [
        migrations.AddIndex(
            model_name="runrecord",
            index=models.Index(
                fields=["workflow", "digest"],
                name="flowengine_run_open",
                condition=models.Q(
                    state__in=[
                        *("cancelling", "compensating", "held"),
                        *("queued", "running", "waiting"),
                    ]
                ),
            ),
        )
    ]

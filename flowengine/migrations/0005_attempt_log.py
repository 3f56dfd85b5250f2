"""A table for what attempts log, where a project keeps that of all attempts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """The table."""

    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("flowengine", "0004_runs_are_updated_in_place")
    ]
    operations: ClassVar[list[Any]] = [
        migrations.CreateModel(
            name="AttemptLogRecord",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "run_id",
                        "step",
                        "item",
                        "attempt",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("run_id", models.UUIDField()),
                ("step", models.TextField()),
                ("item", models.TextField(blank=True, default="")),
                ("attempt", models.IntegerField()),
                ("log", models.TextField()),
                ("written_at", models.DateTimeField()),
            ],
            options={
                "verbose_name": "log of an attempt",
                "verbose_name_plural": "logs of attempts",
                "db_table": "flowengine_attempt_log",
            },
        )
    ]

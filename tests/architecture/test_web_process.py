"""What a web process that only emits has to import: it must not pay for what workers do."""

from __future__ import annotations

import os
import subprocess
import sys

_EMITS = """
import sys
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "flowengine"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    FLOWENGINE={"BROKER_URL": "amqp://localhost"},
)
import django
django.setup()
from flowengine import emit, emits, register_event, task
print(*sys.modules)
"""
_NOT_NEEDED = (
    *("psycopg", "pika", "kombu", "yaml", "pydantic", "jsonschema_rs", "cronsim", "ninja"),
    *("flowengine.api", "flowengine.checks", "flowengine.project", "flowengine.worker"),
    *("flowengine.definitions.parse", "flowengine.definitions.check", "flowengine.engine.decide"),
    *("flowengine.orchestration.commit", "flowengine.live.hub", "flowengine.broker.rabbitmq"),
)


def test_process_that_emits_imports_neither_broker_nor_workflow_language_nor_engine() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _EMITS], capture_output=True, text=True, check=True, timeout=60
    )
    imported = set(done.stdout.split())

    assert "flowengine.orchestration.emit" in imported
    assert imported.isdisjoint(_NOT_NEEDED), sorted(imported.intersection(_NOT_NEEDED))


_OPENS = """
import sys, threading
import django
django.setup()
from django.urls import reverse
from flowengine.web import api
reverse("flowengine:dashboard")
print("ninja" in sys.modules)
api.import_ahead()
for thread in threading.enumerate():
    if thread is not threading.current_thread():
        thread.join()
print("flowengine.web.api.app" in sys.modules)
"""


def test_api_is_imported_ahead_and_not_before_somebody_wants_it() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-c", _OPENS]

    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60, env=environment
    )

    assert done.stdout.split() == ["False", "True"]

"""Settings of the processes that are measured: production's, on the services of this machine."""

from __future__ import annotations

import os
from pathlib import Path

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS, database

INSTALLED_APPS = [*INSTALLED_APPS, "tests.benchmarks"]

ROOT_URLCONF = "tests.benchmarks.urls"
DATABASES = {"default": database(os.environ["FLOWENGINE_TEST_DATABASE_URL"])}
if os.environ.get("FLOWENGINE_BENCH_KEEPS_CONNECTIONS"):
    DATABASES["default"]["CONN_MAX_AGE"] = 60
FLOWENGINE = {
    "BROKER_URL": os.environ["FLOWENGINE_TEST_BROKER_URL"],
    "WORKFLOW_DIRS": [
        str(Path(__file__).parent / "workflows"),
        *os.environ.get("FLOWENGINE_BENCH_WORKFLOWS", "").split(),
    ],
}
if os.environ.get("FLOWENGINE_BENCH_BY_HAND") == "":  # every step goes through the broker
    FLOWENGINE["STATIONS"] = {"default": {"HAND_TO_HAND": False}}
if os.environ.get("FLOWENGINE_TEST_REDIS_URL"):  # embedded, hints stay in the process
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [os.environ["FLOWENGINE_TEST_REDIS_URL"]]},
        }
    }
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}

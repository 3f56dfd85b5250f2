"""Settings of the processes under fault tests: real parts, and times short enough to wait for."""

from __future__ import annotations

import os

from tests.faults.settings_of import LEASE_S
from tests.settings import *  # noqa: F403
from tests.settings import database

DATABASES = {"default": database(os.environ["FLOWENGINE_TEST_DATABASE_URL"])}

FLOWENGINE = {
    "BROKER_URL": os.environ["FLOWENGINE_TEST_BROKER_URL"],
    "LEASE_S": LEASE_S,
    "OVERDUE_S": 2.0,
    "POLL_S": 0.25,
    "FENCE_S": 1.0,
    "GRACE_S": 5.0,
    # Killing is what these tests do: more often than a step may lose its worker, were this the default,
    # and a run that ends failed by it has lost nothing. That crashes are bounded is shown elsewhere.
    "CRASHES_MAX": 100,
    # What dies in these tests is to die.
    "STATIONS": {"till": {"BREAKER": False}},
}
if os.environ.get("FLOWENGINE_TEST_REDIS_URL"):
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [os.environ["FLOWENGINE_TEST_REDIS_URL"]]},
        }
    }
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}

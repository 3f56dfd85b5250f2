"""Settings of the web processes that these tests start: the database of the test, and a corner of Redis."""

from __future__ import annotations

import os

from tests.settings import *  # noqa: F403
from tests.settings import database

DATABASES = {"default": database(os.environ["FLOWENGINE_TEST_DATABASE_URL"])}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {
            "hosts": [os.environ["FLOWENGINE_TEST_REDIS_URL"]],
            "prefix": os.environ["FLOWENGINE_TEST_LIVE_PREFIX"],
        },
    }
}

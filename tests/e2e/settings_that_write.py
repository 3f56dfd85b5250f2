"""The shop's settings where it writes to its customers as well: e-mails, and pushes by a key of the tests."""

from __future__ import annotations

from flowengine.demo import settings as shop
from flowengine.demo.settings import *  # noqa: F403

TIME_ZONE = "Europe/Berlin"
FLOWENGINE = {
    **shop.FLOWENGINE,
    "INBOX_MAIL_AFTER_S": 3600.0,
    "PUSH_KEY": "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE",
    "PUSH_CONTACT": "mailto:ops@shop.example",
}

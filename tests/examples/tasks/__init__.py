"""Every task that the example workflows call."""

from tests.examples.tasks import billing, data, media, people, shop

__all__ = ["billing", "data", "media", "people", "shop"]

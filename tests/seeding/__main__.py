"""Fill the database of a Django project, which the environment names as for ``manage.py``.

    DATABASE_URL=… python -m tests.seeding --events 1000000

Without ``DJANGO_SETTINGS_MODULE`` it is the demo's. What it has is what is copied: order something of
each kind first. Once for a database: the ids of copies follow from what is copied.
"""

from __future__ import annotations

import argparse
import os
import time

import django


def main() -> None:
    """Fill it, and say how much that was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=50_000, help="so many, each with its runs")
    parser.add_argument("--days", type=float, default=30, help="spread over so many days")
    parser.add_argument("--seed", type=int, default=1, help="the same gives the same")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flowengine.demo.settings")
    django.setup()

    from flowengine.store.clock import system_now
    from tests.seeding.copies import seed

    began = time.monotonic()
    rows = seed(events=options.events, until=system_now(), days=options.days, seed=options.seed)
    print(f"{rows:,} rows in {time.monotonic() - began:.0f} s")  # noqa: T201 - for who has called it


if __name__ == "__main__":
    main()

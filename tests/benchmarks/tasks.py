"""Tasks that are measured by what they return."""

from __future__ import annotations

import time

from flowengine import task


@task(name="bench.when")
def when() -> float:
    """When it was called, in seconds since 1970: not when its begin was decided."""
    return time.time()

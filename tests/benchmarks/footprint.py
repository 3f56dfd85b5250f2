"""What flowengine adds to a web process that only emits: time to import, and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

from tests.faults.line import ROOT

_PROGRAM = """
import json, resource, sys, time
from django.conf import settings
began = time.perf_counter()
settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", *sys.argv[1:]],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    USE_TZ=True, SECRET_KEY="for the bench",
)
import django
django.setup()
if sys.argv[1:]:
    import flowengine
    flowengine.emit
seconds = time.perf_counter() - began
with open("/proc/self/statm") as pages:
    resident = int(pages.read().split()[1]) * resource.getpagesize()
print(json.dumps({"ms": seconds * 1000, "mb": resident / 1e6}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What is added to a Django project without it."""

    ms: float
    mb: float


def measure() -> Footprint:
    """One process with flowengine beside one without, the better of three each."""
    without, with_it = _best(), _best("flowengine")
    return Footprint(ms=with_it["ms"] - without["ms"], mb=with_it["mb"] - without["mb"])


def _best(*apps: str) -> dict[str, float]:
    found = [_once(*apps) for _ in range(3)]
    return {name: min(each[name] for each in found) for name in ("ms", "mb")}


def _once(*apps: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *apps],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    measured: dict[str, float] = json.loads(done.stdout)
    return measured

"""Doing a thing again whenever a file changes, comes or goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

LOOK_EVERY_S = 0.5
State = dict[Path, tuple[int, int]]


def watch(
    paths: Callable[[], Iterable[Path]],
    act: Callable[[], object],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> NoReturn:
    """Act now, and after each change of what *paths* gives; until ctrl-c (``KeyboardInterrupt``)."""
    while True:
        before = state(paths())
        act()
        while state(paths()) == before:
            sleep(LOOK_EVERY_S)


def state(paths: Iterable[Path]) -> State:
    """When each file was last changed, and its size; one that is gone is left out."""
    found: State = {}
    for path in paths:
        with suppress(OSError):
            status = path.stat()
            found[path] = (status.st_mtime_ns, status.st_size)
    return found

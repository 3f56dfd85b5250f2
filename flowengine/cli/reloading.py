"""Starting again when code or a workflow file changes, by Django's own reloader.

The parent process only starts the child that works, again and again. Django's own parent would kill
it at SIGTERM; this one passes the signal on, so that the child may hand its work back.
"""

from __future__ import annotations

import _thread
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from types import FrameType

from django.apps import apps
from django.utils import autoreload

from flowengine import project

CHANGED = 3
"""The exit code by which Django's reloader says that a file has changed."""
LOOK_EVERY_S = 1.0
END_WITHIN_S = 10.0
"""What has not ended by then, in order, is ended: threads of the project's own may run for ever."""
_CHILD = {autoreload.DJANGO_AUTORELOAD_ENV: "true"}


def is_child() -> bool:
    """This process does the work; its parent only starts it again."""
    return os.environ.get(autoreload.DJANGO_AUTORELOAD_ENV) == "true"


def serve(work: Callable[[], None]) -> int:
    """Do *work* on a thread, in a process that is started anew on each change (blocks)."""
    if not is_child():
        return _start_again_and_again()
    watch = _Watch()
    watch.start()
    try:
        autoreload.run_with_reloader(work)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    return CHANGED if watch.has_seen_change else 0


class _Watch(threading.Thread):
    """Ends the reloader when a workflow file changes, comes or goes, or code that was there changes.

    Django's reloader does not count a new file, nor what happens before its first look, which on a
    busy machine comes after the pages are served; this one compares with what there was at the start.
    """

    def __init__(self) -> None:
        super().__init__(name="flowengine-files", daemon=True)
        self.has_seen_change = False
        self._workflows = _workflow_files()
        self._code = _code_files()

    def run(self) -> None:
        # What is imported later is not there yet, and no change.
        while _workflow_files() == self._workflows and _stamps(self._code) == self._code:
            time.sleep(LOOK_EVERY_S)
        self.has_seen_change = True
        # As ctrl-c: the reloader lives on the main thread, and leaves its loop by that.
        _thread.interrupt_main()
        time.sleep(END_WITHIN_S)
        os._exit(CHANGED)


def _start_again_and_again() -> int:
    stopping: list[int] = []
    child: subprocess.Popen[bytes] | None = None

    def heard(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)
        # ctrl-c reaches the child by itself: it belongs to the same terminal.
        if child is not None and number == signal.SIGTERM:
            child.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, heard)
    has_worked = False
    while True:
        before = _files()
        arguments = autoreload.get_child_arguments()
        child = subprocess.Popen(arguments, env={**os.environ, **_CHILD}, close_fds=False)  # noqa: S603 - ourselves
        code = child.wait()
        if stopping or code == 0 or not (has_worked or code == CHANGED):
            return 0 if stopping else code
        has_worked = True
        if code != CHANGED:
            # What was saved does not even import: its traceback is there, and it will be mended.
            _say("waiting for a change")
            while not stopping and _files() == before:
                time.sleep(LOOK_EVERY_S)


def _files() -> dict[Path, int]:
    """What a change of which may mend a start that failed, with when it was last changed."""
    return {**_code_files(), **_workflow_files()}


def _code_files() -> dict[Path, int]:
    """The modules that are loaded, and all those of apps that are not installed packages."""
    found = set(autoreload.iter_all_python_module_files())
    for app in apps.get_app_configs():
        if "site-packages" not in app.path:
            found.update(Path(app.path).rglob("*.py"))
    return _stamps(found)


def _stamps(paths: Iterable[Path]) -> dict[Path, int]:
    """When each was last changed; those that are gone are left out."""
    found: dict[Path, int] = {}
    for path in paths:
        with suppress(OSError):
            found[path] = path.stat().st_mtime_ns
    return found


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _workflow_files() -> dict[Path, int]:
    """Every file, with when it was last changed."""
    return _stamps(path for folder in project.folders() for path in folder.glob("*.yaml"))

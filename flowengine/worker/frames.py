"""Frames of a traceback: which lines were the project's own, and which a library's."""

from __future__ import annotations

import sys
import sysconfig
from functools import cache
from pathlib import Path
from types import TracebackType

from flowengine.engine.printable import printable
from flowengine.engine.run import Frame

FRAMES_MAX = 50
"""Of a deep recursion the last ones are kept."""
_TEXT_MAX = 200
_INSTALLED = ("/site-packages/", "/dist-packages/")
_PYTHON = tuple(
    {f"{sysconfig.get_path(name)}/" for name in ("stdlib", "platstdlib")}
    | {f"{Path(sysconfig.__file__).parent}/"}
)
_ENGINE = f"{Path(__file__).parent.parent}/"
_DEMO = f"{_ENGINE}demo/"
"""The shop of the demo is somebody's own code, as a project's is."""


def frames_of(trace: TracebackType | None) -> tuple[Frame, ...]:
    """The frames from *trace* on, outermost first, the last fifty of them.

    No values of variables are looked at: they may be secret, and their ``repr`` is foreign code.
    """
    found: list[Frame] = []
    while trace is not None:
        code = trace.tb_frame.f_code
        file, is_own = _described(code.co_filename)
        name = printable(code.co_qualname[:_TEXT_MAX])
        found.append(Frame(file=file, line=trace.tb_lineno or 0, name=name, is_own=is_own))
        trace = trace.tb_next
    return tuple(found[-FRAMES_MAX:])


@cache
def _described(path: str) -> tuple[str, bool]:
    """The file as it is imported, and whether it is the project's own."""
    path = path.replace("\\", "/")
    if path.startswith("<"):
        return printable(path[:_TEXT_MAX]), False
    for part in _INSTALLED:
        if part in path:
            return printable(path.rpartition(part)[2][-_TEXT_MAX:]), False
    roots = [root for root in _PYTHON if path.startswith(root)]
    if roots:
        return printable(path.removeprefix(max(roots, key=len))[-_TEXT_MAX:]), False
    is_own = not path.startswith(_ENGINE) or path.startswith(_DEMO)
    entries = [f"{(entry or str(Path.cwd())).rstrip('/')}/" for entry in sys.path]
    within = [entry for entry in entries if path.startswith(entry)]
    short = path.removeprefix(max(within, key=len)) if within else path
    return printable(short[-_TEXT_MAX:]), is_own

"""The failures that the engine itself finds: their codes and their texts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec

from flowengine.engine.run import Failure
from flowengine.errors import ExpressionError

NEVER_TRIED_AGAIN = frozenset(
    {
        "InvalidInput",
        "InvalidOutput",
        "AmbiguousInput",
        "ExpressionError",
        "Rejected",
        "NoMatch",
        "PayloadTooLarge",
        "LoopSuspected",
    }
)
"""Codes for which another try can only end the same way. Language §2.6."""

_NAMES_SHOWN = 20


def no_value(key: str, error: ExpressionError) -> Failure:
    """The expression of *key* (``if``, ``with.amount``, ``output``) has no value."""
    hint = f" ({error.hint})" if error.hint else ""
    return Failure(
        code="ExpressionError",
        fe=error.code,
        message=f"in `{key}`: {error.message}{hint}",
        permanent=True,
        details={"key": key, "offset": error.offset},
    )


def unfilled(task: str, missing: Iterable[str], names: Iterable[str]) -> Failure:
    """Required parameters that nothing above, nor the run's inputs, has a value for."""
    wanted = " and ".join(repr(name) for name in missing)
    known = list(dict.fromkeys(names))
    shown = ", ".join(known[:_NAMES_SHOWN]) or "nothing"
    more = f" and {len(known) - _NAMES_SHOWN} more" if len(known) > _NAMES_SHOWN else ""
    return Failure(
        code="InvalidInput",
        fe="FE127",
        message=f"{task} needs {wanted}; nothing above returns it (there are: {shown}{more})",
        permanent=True,
    )


def unstorable(what: str, value: Any, *, size_max_bytes: int) -> Failure | None:
    """Why *value* (``the output of 'charge'``) cannot be kept; None where it can."""
    try:
        size = len(msgspec.json.encode(value))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        return Failure(
            code="InvalidOutput",
            fe="FE422",
            message=f"{what} is not JSON: {error}",
            permanent=True,
        )
    if size <= size_max_bytes:
        return None
    return Failure(
        code="PayloadTooLarge",
        fe="FE423",
        message=f"{what} is {size / 1024:.0f} KiB; the limit is {size_max_bytes / 1024:.0f} KiB",
        permanent=True,
    )


def worker_lost(crashes: int) -> Failure:
    """The step began that often in a worker that was lost."""
    return Failure(
        code="WorkerLost",
        message=f"its worker was lost {crashes} times while it ran",
        permanent=True,
    )


def run_timeout(timeout: timedelta) -> Failure:
    """The run was not done in its time."""
    return Failure(
        code="RunTimeout",
        message=f"the run was not done within {_written(timeout)}",
        permanent=True,
    )


def _written(duration: timedelta) -> str:
    """As a file has it: ``1h30m``."""
    rest = duration // timedelta(milliseconds=1)
    text = ""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, rest = divmod(rest, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"

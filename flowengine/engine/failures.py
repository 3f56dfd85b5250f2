"""The failures that the engine itself finds: their codes and their texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from flowengine.definitions.expressions.values import type_name
from flowengine.engine.printable import printable
from flowengine.engine.run import Counts, Failure
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

OF_UNKNOWN_OUTCOME = frozenset({"Timeout", "Cancelled"})
"""Codes of attempts that were ended from outside: nobody knows how far they came."""
REFUSED_OUTPUT = frozenset({"FE422", "FE423"})
"""Codes of the catalogue of attempts that returned what cannot be kept."""
WORKER_LOST = "WorkerLost"
WORKER_STOPPED = "WorkerStopped"
RETURNED = "Returned"
"""How else an attempt ends that may have taken effect; the last one surely has."""

_NAMES_SHOWN = 20


def no_value(key: str, error: ExpressionError) -> Failure:
    """The expression of *key* (``if``, ``with.amount``, ``output``) has no value."""
    hint = f" ({error.hint})" if error.hint else ""
    return Failure(
        code="ExpressionError",
        fe=error.code,
        message=printable(f"in `{key}`: {error.message}{hint}"),
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


def ambiguous(task: str, name: str, sources: Iterable[str]) -> Failure:
    """A required parameter that several branches of the nearest place have left."""
    *others, last = sources
    both = f"both {others[0]}" if len(others) == 1 else ", ".join(others)
    return Failure(
        code="AmbiguousInput",
        fe="FE127",
        message=f"{task} needs {name!r}; {both} and {last} return it: "
        f"write `with: {{{name}: ${{{{ … }}}}}}`",
        permanent=True,
    )


def unstorable(what: str, value: Any, *, size_max_bytes: int) -> Failure | None:
    """Why *value* (``the output of 'charge'``) cannot be kept; None where it can."""
    try:
        size = size_of(value)
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


def size_of(value: Any) -> int:
    """How many bytes plain JSON takes; null, of which nothing need be kept, takes none."""
    return 0 if value is None else len(msgspec.json.encode(value))


def too_much_kept(step: str, size: int, *, size_max_bytes: int) -> Failure:
    """With its output, of all that the steps of its run have left, there would be *size* bytes."""
    return Failure(
        code="PayloadTooLarge",
        fe="FE423",
        message=f"with that of {step!r} the outputs of the run are {size / 1024:.0f} KiB; "
        f"the limit is {size_max_bytes / 1024:.0f} KiB",
        permanent=True,
    )


def worker_lost(crashes: int) -> Failure:
    """The step began that often in a worker that was lost."""
    return Failure(
        code=WORKER_LOST,
        message=f"its worker was lost {crashes} times while it ran",
        permanent=True,
    )


def no_match(clauses: int) -> Failure:
    """No clause of a ``switch`` holds, and none takes what is left."""
    return Failure(
        code="NoMatch",
        message=f"none of the {clauses} clauses holds, and none is without `if`",
        permanent=True,
    )


def no_list(key: str, value: Any) -> Failure:
    """What should be a list is something else."""
    return Failure(
        code="ExpressionError",
        fe="FE402",
        message=f"in `{key}`: a list is wanted, not a {type_name(value)}",
        permanent=True,
        details={"key": key},
    )


def too_many_items(step: str, count: int, items_max: int) -> Failure:
    """A loop over more than it may have."""
    return Failure(
        code="PayloadTooLarge",
        fe="FE424",
        message=f"{step!r} has {count} items; the limit is {items_max}",
        permanent=True,
    )


def items_failed(step: str, counts: Counts, allowed: int) -> Failure:
    """More items of a loop have failed than may; ``details.failed`` says which, and why."""
    failed = [
        {"index": int(index), "error": {"code": code, "message": message}}
        for index, code, message in counts.failures
    ]
    return Failure(
        code="ForEachFailed",
        message=f"{counts.failed} of {counts.total} items of {step!r} failed; {allowed} may",
        permanent=True,
        details={"failed": failed},
    )


def in_rescue(failure: Failure, original: Failure) -> Failure:
    """A rescue clause failed: with its own error, and the first one in the details."""
    details = failure.details if isinstance(failure.details, Mapping) else {}
    if failure.details is not None and not details:
        details = {"details": failure.details}
    first = {
        "code": original.code,
        "message": original.message,
        "step": original.step,
        "attempts": original.attempts,
        "details": original.details,
    }
    return replace(failure, details={**details, "original": first})


def original_of(failure: Failure) -> Failure:
    """What a step was being rescued from when its clause failed; :func:`in_rescue` put it there."""
    first = failure.details["original"]
    return Failure(
        code=first["code"],
        message=first["message"],
        step=first["step"],
        attempts=first["attempts"],
        details=first["details"],
    )


def step_timeout(step: str, timeout: timedelta) -> Failure:
    """A step, with all that is inside it, was not done in its time."""
    return Failure(
        code="Timeout",
        message=f"{step!r} was not done within {_written(timeout)}",
        permanent=True,
    )


def misfit(key: str, wanted: str) -> Failure:
    """The value of a key is not what that key wants."""
    return Failure(
        code="ExpressionError",
        fe="FE402",
        message=f"in `{key}`: {wanted} is wanted",
        permanent=True,
        details={"key": key},
    )


def nothing_came(step: str, timeout: timedelta, awaited: str) -> Failure:
    """A wait was for nothing. *awaited* is the pattern of an event, or ``an answer``."""
    return Failure(
        code="Timeout",
        fe="FE426",
        message=f"{step!r} waited {_written(timeout)} for {awaited}; nothing came",
        permanent=True,
    )


def rejected(step: str, user: str, comment: str) -> Failure:
    """Somebody said no."""
    return Failure(
        code="Rejected",
        fe="FE427",
        message=f"{step!r} was rejected by {user}: {comment or 'no comment'}",
        permanent=True,
    )


def bad_event(event_type: str, problem: str) -> Failure:
    """The data of an event does not fit its registered type."""
    return Failure(
        code="InvalidOutput", fe="FE303", message=f"event {event_type}: {problem}", permanent=True
    )


def event_too_large(event_type: str, size: int, *, size_max_bytes: int) -> Failure:
    """The data of an event that a step publishes is of *size* bytes."""
    return Failure(
        code="PayloadTooLarge",
        fe="FE304",
        message=f"event {event_type}: its data is {size / 1024:.0f} KiB; "
        f"the limit is {size_max_bytes / 1024:.0f} KiB",
        permanent=True,
    )


def loop_suspected(event_type: str, count: int, root: str) -> Failure:
    """The event would be one too many of those that cause one another. *root* is the first one's id."""
    return Failure(
        code="LoopSuspected",
        fe="FE425",
        message=f"event {event_type} would be the {count}th of a chain started by {root}: a loop?",
        permanent=True,
    )


def too_deep(workflow: str, depth: int) -> Failure:
    """A child would be called by a child of a child … too often."""
    return Failure(
        code="LoopSuspected",
        fe="FE425",
        message=f"{workflow} would be a child {depth} deep: a loop?",
        permanent=True,
    )


def undo_failed(step: str, failure: Failure) -> Failure:
    """As a dead letter tells that the undo of *step* has failed for good."""
    tries = f"{failure.attempts} {'try' if failure.attempts == 1 else 'tries'}"
    text = f"undoing {step!r} failed after {tries}: {failure.code} {failure.message}"
    return replace(failure, fe="FE431", message=text)


def hook_failed(hook: str, failure: Failure) -> Failure:
    """As a dead letter tells that a hook has failed for good."""
    text = f"hook {hook!r} failed: {failure.code} {failure.message}"
    return replace(failure, fe="FE432", message=text)


def in_doubt(step: str, how: str, attempts: int) -> Failure:
    """As a dead letter tells that somebody must look whether *step* took effect."""
    return Failure(
        code=how,
        fe="FE433",
        message=f"an attempt of {step!r} ended in {how}; nobody knows if it took effect. "
        "Look, and undo it by hand if it did",
        permanent=True,
        step=step,
        attempts=attempts,
    )


def run_timeout(timeout: timedelta) -> Failure:
    """The run was not done in its time."""
    return Failure(
        code="RunTimeout",
        message=f"the run was not done within {_written(timeout)}",
        permanent=True,
    )


def hooks_timeout(timeout: timedelta) -> Failure:
    """The hooks of a run were not done in their time."""
    return Failure(
        code="HooksTimeout",
        message=f"the hooks were not done within {_written(timeout)}",
        permanent=True,
    )


def unwritable(cause: str) -> Failure:
    """What would follow in the run cannot be stored. *cause* is a name, such as that of an error."""
    return Failure(
        code="Unwritable",
        fe="FE901",
        message=f"the run cannot go on: what would follow cannot be stored: {cause}",
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

"""What is hidden from all who look, by the setting ``MASKED_NAMES``; and what they may not do about it.

Rows stay whole: replays and edits work on what is stored. So an edit never carries the mask back, and
never takes what is hidden to a place where it would be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from flowengine.conf import settings
from flowengine.errors import EditRefused
from flowengine.representations.masking import MASK, Mask, has_mask


def mask() -> Mask:
    """The mask in force."""
    return _mask(settings().MASKED_NAMES)


def check_given(*values: Any) -> None:
    """Refuse values that somebody has copied from where they were hidden.

    Raises:
        EditRefused: FE502.
    """
    if any(map(has_mask, values)):
        raise EditRefused(
            f"{MASK} stands for a value that is not shown: leave it out, or write another"
        )


def check_edit(operations: Iterable[Any]) -> None:
    """The same of the operations of a patch; none of them brings to light what is hidden.

    Raises:
        EditRefused: FE502.
    """
    for operation in operations:
        if not isinstance(operation, Mapping):
            continue  # refused when the patch is read
        check_given(operation.get("value"))
        source, path = str(operation.get("from", "")), str(operation.get("path", ""))
        if mask().hides(source) and not mask().hides(path):
            raise EditRefused(
                f"what stands at {source[:80]} is not shown, and would be at {path[:80]}"
            )


@cache
def _mask(names: tuple[str, ...]) -> Mask:
    return Mask(names)

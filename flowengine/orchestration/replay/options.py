"""What a replay is asked to do, as a door is given it: parsed and refused here, trusted inside."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from flowengine.conf import settings
from flowengine.engine import pace as paces
from flowengine.engine.pace import Pace
from flowengine.errors import EditRefused
from flowengine.orchestration.masked import check_edit, check_given

ALL = "*"
"""Of ``workflow``: each that wants the event."""
NEEDS_OF_EDITS = ("edit_dead_letter", "view_payload")
"""Permissions of who gives something by hand: who may not see what he changes does not change it."""


class Mode(StrEnum):
    """What happens to each item."""

    EVENT = "event"
    """The event goes through admission again, by the newest definitions."""
    RESTART = "restart"
    """A final run is begun anew, by the newest definition of its workflow."""
    RESUME = "resume"
    """A failed or held run goes on from where it failed, by its own definition."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How."""

    workflow: str = ""
    """Of ``event``: the one workflow that is asked; ``*`` = all. Empty = the one that a dead letter
    names, all where it names none."""
    edit: list[Any] = []
    """A JSON Patch (RFC 6902) of the event's data, for each item."""
    edits: dict[UUID, list[Any]] = {}
    """Further ones for single items, by the ids of what was selected."""
    set: dict[str, Any] = {}
    """Of ``resume``: corrected inputs of the failed step."""
    output: Any = msgspec.UNSET
    """Of ``resume``: what the failed step left, which was done by hand."""
    skip: bool = False
    """Of ``resume``: the failed step is skipped."""
    new_keys: bool = False
    """Tasks get other idempotency keys than the first time."""
    even_if_succeeded: bool = False
    """Also what has succeeded since it failed."""
    suppress_notify: bool = False
    """The new runs are shown to nobody whom ``notify`` names."""

    @property
    def is_edited(self) -> bool:
        """Something is given by hand."""
        by_hand = self.skip or self.is_done or bool(self.set)
        return by_hand or bool(self.edit or self.edits)

    @property
    def needs(self) -> tuple[str, ...]:
        """The permissions of ``flowengine`` without which nobody may ask for this, or approve it."""
        edits = NEEDS_OF_EDITS if self.is_edited else ()
        return ("replay", *edits, *(("replay_new_keys",) if self.new_keys else ()))

    @property
    def is_done(self) -> bool:
        """The failed step was done by hand."""
        return self.output is not msgspec.UNSET

    def patch_of(self, object_id: UUID) -> list[Any]:
        """The operations for that item; empty = its data stay as they are."""
        return [*self.edit, *self.edits.get(object_id, ())]

    def stored(self) -> str:
        """As the row keeps it."""
        return msgspec.json.encode(self).decode()

    @staticmethod
    def of_stored(text: str) -> Options:
        """From the row."""
        return msgspec.json.decode(text, type=Options)


def options_of(mode: str, given: Mapping[str, Any] | Options | None) -> tuple[Mode, Options]:
    """The options as values.

    Raises:
        EditRefused: FE502, with what does not fit, and why.
    """
    try:
        found_mode = Mode(mode)
    except ValueError:
        raise EditRefused(
            f"there is no replay '{mode[:40]}'; there are: {', '.join(Mode)}"
        ) from None
    found = given if isinstance(given, Options) else _converted(given or {})
    unfit = _unfit(found_mode, found)
    if unfit:
        raise EditRefused(unfit)
    _check_masks(found)
    limit = settings().EVENT_DATA_MAX_BYTES
    if len(found.stored()) > limit:
        raise EditRefused(f"all edits together are more than {limit / 1024:g} KiB")
    return found_mode, found


def pace_of(given: Mapping[str, Any] | Pace | None) -> Pace:
    """The pace as a value.

    Raises:
        EditRefused: FE502, with what does not fit, and why.
    """
    try:
        found = given if isinstance(given, Pace) else msgspec.convert(given or {}, Pace)
    except msgspec.ValidationError as error:
        raise EditRefused(f"this pace will not do: {error}") from error
    problem = paces.misfit(found)
    if problem:
        raise EditRefused(f"this pace will not do: {problem}")
    return found


def _check_masks(options: Options) -> None:
    check_given(options.set, options.output)
    for operations in (options.edit, *options.edits.values()):
        check_edit(operations)


def _converted(given: Mapping[str, Any]) -> Options:
    try:
        return msgspec.convert(dict(given), Options)
    except (msgspec.ValidationError, TypeError) as error:
        raise EditRefused(f"these options will not do: {error}") from error


def _unfit(mode: Mode, options: Options) -> str:
    """What is asked for and cannot be done in that mode; empty = all can."""
    by_hand = options.skip + options.is_done + bool(options.set)
    if mode is Mode.RESUME:
        if options.edit or options.edits:
            return "a resume takes 'set', 'output' or 'skip', and no patch: the run has its inputs"
        if options.new_keys or options.suppress_notify:
            return "a resumed run stays the run it is, with its keys; use restart"
        if by_hand > 1:
            return "give corrected inputs, or an output, or skip the step: one of them"
    elif by_hand:
        return f"'set', 'output' and 'skip' are of resume, not of {mode}"
    if options.workflow and mode is not Mode.EVENT:
        return f"'workflow' is of event, not of {mode}: a run has its workflow"
    return ""

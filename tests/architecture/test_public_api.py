"""What ``import flowengine`` offers is what the documentation promises, no more and no less."""

from __future__ import annotations

import pytest

import flowengine

PROMISED = {
    "Attempt",
    "AttemptCancelled",
    "Emitted",
    "NewEvent",
    "Permanent",
    "RetryAfter",
    "SoftTimeout",
    "aemit",
    "answer",
    "cancel",
    "emit",
    "emit_many",
    "emit_on",
    "emits",
    "give_up",
    "register_event",
    "resume",
    "start",
    "task",
}
"""A name leaves this list only after two minor releases of deprecation."""


def test_public_names_are_the_promised_ones() -> None:
    assert set(flowengine.__all__) == PROMISED


@pytest.mark.parametrize("name", sorted(PROMISED))
def test_public_name_resolves_and_is_documented(name: str) -> None:
    assert getattr(flowengine, name).__doc__


def test_unknown_name_is_refused_by_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'emitt'"):
        flowengine.emitt  # noqa: B018 - asking is the test

"""The bucket that bounds messages of a socket, and handshakes of a process."""

from __future__ import annotations

import pytest

from flowengine.live.handshakes import Rate
from flowengine.live.protocol import MESSAGES_BURST, MESSAGES_PER_S


@pytest.mark.parametrize(("number", "is_allowed"), [(39, True), (40, True), (41, False)])
def test_forty_at_once_are_allowed(number: int, *, is_allowed: bool) -> None:
    rate = Rate(MESSAGES_PER_S, MESSAGES_BURST)

    assert [rate.allows(5.0) for _ in range(number)][-1] is is_allowed


@pytest.mark.parametrize(("per_s", "is_refused"), [(19, False), (20, False), (21, True)])
def test_twenty_a_second_are_allowed_without_end(per_s: int, *, is_refused: bool) -> None:
    rate = Rate(MESSAGES_PER_S, MESSAGES_BURST)

    allowed = [rate.allows(n / per_s) for n in range(per_s * 60)]

    assert (False in allowed) is is_refused


def test_bucket_does_not_fill_beyond_its_size() -> None:
    rate = Rate(1.0, 3.0)
    rate.allows(0.0)

    assert [rate.allows(1000.0) for _ in range(4)] == [True, True, True, False]

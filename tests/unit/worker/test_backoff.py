from __future__ import annotations

from flowengine.worker.supervisor import _Place


def test_delay_between_failed_starts_doubles_up_to_half_a_minute() -> None:
    place = _Place()

    delays = [place.fail(100.0) for _ in range(9)]

    assert delays == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert place.starts_at == 130.0

"""Text for people, as every database takes it."""

from __future__ import annotations

import pytest

from flowengine.engine.printable import printable


@pytest.mark.parametrize("text", ["", "Order 42", "Grüße 🎁", "two\nlines\tand a tab"])
def test_text_that_a_database_takes_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_what_no_database_takes_is_replaced() -> None:
    assert printable("a\x00b\ud800c") == "a\N{REPLACEMENT CHARACTER}b?c"

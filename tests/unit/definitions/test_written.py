"""Where the characters of a string stand; more of it in ``refused/places-inside-strings.yaml``."""

from __future__ import annotations

import pytest

from flowengine.definitions.load import load
from flowengine.definitions.nodes import Place, Scalar
from flowengine.definitions.written import Written


def scalar(text: str) -> Scalar:
    """The one value of a file."""
    node = load(text, path="x").root.entries[0].value
    assert isinstance(node, Scalar)
    return node


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ("k: abc", 0, Place(1, 4)),
        ("k: abc", 2, Place(1, 6)),
        ("k: abc", 3, Place(1, 7)),
        ("k: abc", 99, Place(1, 7)),
        ("k: 'a''b'", 2, Place(1, 8)),
        (r'k: "a\u0041b"', 2, Place(1, 12)),
        ("k: a\n   b", 2, Place(2, 4)),
        ("k: |\n  ab\n  cd\n", 3, Place(3, 3)),
        ("k: >\n  ab\n  cd\n", 3, Place(3, 3)),
    ],
)
def test_character_stands_where_it_was_written(text: str, offset: int, place: Place) -> None:
    assert Written(scalar(text)).place(offset) == place


def test_places_may_be_asked_for_in_any_order() -> None:
    written = Written(scalar("k: abc"))

    assert [written.place(offset).column for offset in (2, 0, 3, 1)] == [6, 4, 7, 5]

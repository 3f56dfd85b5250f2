"""Text for people, as every database takes it."""

from __future__ import annotations


def printable(text: str) -> str:
    """*text* without NUL, which no database text can hold, and without halves of characters."""
    if text.isprintable():
        return text
    clean = text.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return clean.encode("utf-8", "replace").decode("utf-8")

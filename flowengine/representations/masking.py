"""Values that nobody is shown, told by the names under which they stand: passwords, tokens, card numbers.

A name is taken as its words, however it is written: ``card_number`` is ``cardNumber``, ``CARD-NUMBER``,
``X-Card-Number``, and ``number`` within ``card``. So one list of names speaks of JSON at any depth, of
paths of patches, of expressions, and of texts that quote either.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

MASK = "••••••"
"""What is shown instead; as long for every value, for a length tells."""
DEPTH_MAX = 200
"""Levels of a value; what is deeper is hidden, for no payload of ours is."""

Words = tuple[str, ...]

_BOUNDARY = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=[^\WA-Z_])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN = re.compile(r"[\W_]+")
_NAME = re.compile(r"[\w.-]++")
_SIGN = re.compile(r"""(?P<name>[\w.-]++)(\\?["'])?+[ \t]*+(?:={1,3}>?|!==?|:=?)[ \t]*+""")
_VALUE = re.compile(
    r"""(?P<quote>\\")(?:[^"\\]|\\[^"])*+(?:\\"|\Z)|(?P<double>")(?:[^"\\]|\\.)*+(?:"|\Z)|(?P<single>')(?:[^'\\]|\\.)*+(?:'|\Z)"""
    r"""|(?:(?:Basic|Bearer|Digest|Token)[ ]++)?[^\s,;&"')}\]]++""",
    re.IGNORECASE | re.DOTALL,
)
_NAMED = ("path", "clause", "field", "name", "key")
"""Members that say what the ``value`` beside them is: of operations of patches, of headers in a list."""


class Mask:
    """What is hidden, by a list of names."""

    def __init__(self, names: Iterable[str]) -> None:
        found = (_words(name) for name in names)
        self._patterns = frozenset(words for words in found if words)
        self._joined = frozenset(map("".join, self._patterns))
        self._reach = max(map(len, self._patterns), default=0)
        self._firsts = tuple({words[0] for words in self._patterns})
        # Payloads have the same few names over and over.
        self._has_hidden = lru_cache(maxsize=4096)(self._looked)

    def hides(self, name: str) -> bool:
        """Whether what stands under *name*, a key, a path or an expression, is hidden."""
        return self._has_hidden((), name)[0]

    def value(self, value: Any) -> Any:
        """A JSON value without what is hidden; *value* is not changed. True, false and null are shown."""
        return self._shown(value, (), 0) if self._patterns else value

    def text(self, text: str) -> str:
        """A text without the values of hidden names that it quotes: ``pin=1``, ``"pin": "1"``.

        One that is JSON is looked through as JSON; where nothing is hidden in it, it stays as it is.
        """
        lowered = text.lower()
        if not any(first in lowered for first in self._firsts):
            return text
        if text[:1] in {"{", "["}:
            try:
                value = json.loads(text)
            except (ValueError, RecursionError):
                pass
            else:
                shown = self.value(value)
                if shown != value:
                    return json.dumps(shown, ensure_ascii=False)
        parts, done = [], 0
        for start in self._names(text, lowered):
            sign = _SIGN.match(text, start)
            if start < done or sign is None or not self.hides(sign["name"]):
                continue
            value = _VALUE.match(text, sign.end())
            if value is not None:
                quote = value["quote"] or value["double"] or value["single"] or ""
                parts += [text[done : sign.end()], quote, MASK, quote]
                done = value.end()
        return "".join([*parts, text[done:]])

    def raw(self, body: bytes) -> bytes:
        """The same of bytes that should be text; what has nothing to hide is as it was."""
        text = body.decode("utf-8", "surrogateescape")
        return self.text(text).encode("utf-8", "surrogateescape")

    def _shown(self, value: Any, above: Words, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if depth > DEPTH_MAX:
            return MASK
        if isinstance(value, Mapping):
            return self._mapping(value, above, depth)
        if isinstance(value, list | tuple):
            return [self._shown(each, above, depth + 1) for each in value]
        return value

    def _mapping(self, value: Mapping[Any, Any], above: Words, depth: int) -> dict[Any, Any]:
        shown = {}
        for name, inner in value.items():
            is_hidden, words = self._has_hidden(above, str(name))
            shown[name] = _mask(inner) if is_hidden else self._shown(inner, words, depth + 1)
        if "value" in value and any(
            isinstance(value.get(name), str) and self.hides(value[name]) for name in _NAMED
        ):
            shown["value"] = _mask(value["value"])
        return shown

    def _names(self, text: str, lowered: str) -> Iterator[int]:
        """Where words of *text* begin that may be names of what is hidden: few, of a long traceback too."""
        if len(lowered) != len(text):  # of some letters the small one is two
            yield from (name.start() for name in _NAME.finditer(text))
            return
        end = 0
        for place in sorted({at for first in self._firsts for at in _places(first, lowered)}):
            if place < end:
                continue
            start = place
            while start > end and _NAME.match(text[start - 1]):
                start -= 1
            name = _NAME.match(text, start)
            end = place + 1 if name is None else name.end()
            yield start

    def _looked(self, above: Words, name: str) -> tuple[bool, Words]:
        """Whether *name* below these words is hidden, and the words above what is below it."""
        own = _words(name)
        if "".join(own) in self._joined:
            return True, ()
        words = (*above, *own)
        found = any(
            words[at : at + size] in self._patterns
            for size in range(1, self._reach + 1)
            for at in range(len(words) - size + 1)
        )
        return found, words[max(len(words) - self._reach + 1, 0) :]


def _places(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + len(part))


def _words(name: str) -> Words:
    """``X-ApiKeys[2]`` is ``x``, ``api``, ``key``: small, in the singular, without numbers."""
    words = _BETWEEN.split(_BOUNDARY.sub(" ", name).lower())
    return tuple(_singular(word) for word in words if word and not word.isdecimal())


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _mask(value: Any) -> Any:
    return value if value is None or isinstance(value, bool) else MASK


def has_mask(value: Any) -> bool:
    """Whether the mask stands in a JSON value: whoever gives it has copied what was shown to him."""
    if isinstance(value, str):
        return MASK in value
    if isinstance(value, Mapping):
        return any(map(has_mask, value.values()))
    return isinstance(value, list | tuple) and any(map(has_mask, value))

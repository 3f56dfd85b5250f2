r"""Regular expressions that end: the ``pattern`` of an input's schema.

A pattern is written by the author of a workflow, the text comes from anywhere. Python's ``re`` tries
one way after the other and may take years; this goes through the text once, in all ways at the same
time (Thompson 1968), so its time is bounded by length of text times size of pattern.

Understood: characters, ``.``, ``[a-z]``, ``[^a-z]``, ``( )``, ``(?: )``, ``|``, ``* + ? {n} {n,} {n,m}``,
``^``, ``$``, ``\d \w \s`` and their opposites, ``\t \n \r \uXXXX``. Nothing looks back or ahead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

LENGTH_MAX = 200
"""Characters of a pattern."""
TEXT_MAX = 2_048
"""Characters of a text that is compared with a pattern."""
_SIZE_MAX = 256
"""Places of a pattern with all its repetitions written out."""
_LEVELS_MAX = 16


class Unreadable(Exception):
    """The pattern is none, or says what is not understood here."""


@dataclass(frozen=True, slots=True)
class _Chars:
    """One character of these ranges, or one of all others."""

    ranges: tuple[tuple[str, str], ...]
    is_negated: bool = False

    def has(self, char: str) -> bool:
        return any(low <= char <= high for low, high in self.ranges) is not self.is_negated


@dataclass(frozen=True, slots=True)
class _Edge:
    """The start or the end of the text."""

    is_end: bool


@dataclass(frozen=True, slots=True)
class _Row:
    """One after another."""

    parts: tuple[_Part, ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    """One of two."""

    first: _Part
    second: _Part


@dataclass(frozen=True, slots=True)
class _Repeat:
    """Again and again."""

    part: _Part
    least: int
    most: int | None
    """None = without end."""


_Part = _Chars | _Edge | _Row | _Choice | _Repeat


@dataclass(frozen=True, slots=True)
class _Go:
    """On at any of these places."""

    places: tuple[int, ...]


_Op = _Chars | _Edge | _Go


def problem_of(pattern: str) -> str | None:
    """Why *pattern* cannot be used; None where it can."""
    try:
        _program(pattern)
    except Unreadable as error:
        return str(error)
    return None


def matches(pattern: str, text: str) -> bool:
    """Somewhere in *text*, of at most :data:`TEXT_MAX` characters, is what *pattern* says.

    Raises:
        Unreadable: :func:`problem_of` has something to say.
    """
    program = _program(pattern)
    found = len(program) - 1
    here: set[int] = set()
    for index in range(len(text) + 1):
        # The pattern may begin at every place, so the first is always among them.
        row = _followed(program, here | {0}, at_start=index == 0, at_end=index == len(text))
        if found in row:
            return True
        char = text[index : index + 1]
        here = {at + 1 for at in row if isinstance(op := program[at], _Chars) and op.has(char)}
    return False


def _followed(
    program: tuple[_Op, ...], places: set[int], *, at_start: bool, at_end: bool
) -> set[int]:
    """All places that are reached from *places* without a character."""
    row: set[int] = set()
    waiting = list(places)
    while waiting:
        at = waiting.pop()
        if at in row:
            continue
        row.add(at)
        op = program[at]
        if isinstance(op, _Go):
            waiting += op.places
        elif isinstance(op, _Edge) and (at_end if op.is_end else at_start):
            waiting.append(at + 1)
    return row


@lru_cache(maxsize=1024)
def _program(pattern: str) -> tuple[_Op, ...]:
    if len(pattern) > LENGTH_MAX:
        raise Unreadable(f"it is longer than {LENGTH_MAX} characters")
    part = _Reader(pattern).whole()
    if _size(part) > _SIZE_MAX:
        raise Unreadable("it says too much; use smaller numbers in { }")
    return (*_ops(part, 0), _Go(()))


def _size(part: _Part) -> int:
    """How many places it takes."""
    match part:
        case _Row(parts):
            return sum(map(_size, parts))
        case _Choice(first, second):
            return _size(first) + _size(second) + 2
        case _Repeat(each, least, most):
            once = _size(each)
            return once * least + (once + 2 if most is None else (once + 1) * (most - least))
        case _:
            return 1


def _ops(part: _Part, at: int) -> Iterator[_Op]:
    """The program of *part*, whose first place is *at*."""
    match part:
        case _Row(parts):
            for each in parts:
                yield from _ops(each, at)
                at += _size(each)
        case _Choice(first, second):
            other = at + _size(first) + 2
            yield _Go((at + 1, other))
            yield from _ops(first, at + 1)
            yield _Go((other + _size(second),))
            yield from _ops(second, other)
        case _Repeat(each, least, most):
            size = _size(each)
            for _ in range(least):
                yield from _ops(each, at)
                at += size
            if most is None:
                yield _Go((at + 1, at + size + 2))
                yield from _ops(each, at + 1)
                yield _Go((at,))
                return
            end = at + (size + 1) * (most - least)
            for _ in range(most - least):
                yield _Go((at + 1, end))
                yield from _ops(each, at + 1)
                at += size + 1
        case _:
            yield part


_DIGITS = (("0", "9"),)
_WORD = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
_SPACE = (("\t", "\r"), (" ", " "), ("\xa0", "\xa0"), ("\u2028", "\u2029"), ("\ufeff", "\ufeff"))
_ANY = _Chars((("\n", "\n"), ("\r", "\r"), ("\u2028", "\u2029")), is_negated=True)
_CLASSES = {
    **{name: _Chars(ranges) for name, ranges in zip("dws", (_DIGITS, _WORD, _SPACE), strict=True)},
    **{
        name: _Chars(ranges, is_negated=True)
        for name, ranges in zip("DWS", (_DIGITS, _WORD, _SPACE), strict=True)
    },
}
_LETTERS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v"}
_COUNT = re.compile(r"\{([0-9]{1,3})(?:(,)([0-9]{1,3})?)?\}")
_CODE = re.compile(r"u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})")


class _Reader:
    """Text -> parts, from the left, by recursive descent."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def whole(self) -> _Part:
        part = self.choice(0)
        if self.at < len(self.pattern):
            raise Unreadable("a ')' closes nothing")
        return part

    def choice(self, level: int) -> _Part:
        if level > _LEVELS_MAX:
            raise Unreadable("its brackets are too deep")
        part: _Part = self.row(level)
        while self.takes("|"):
            part = _Choice(part, self.row(level))
        return part

    def row(self, level: int) -> _Part:
        parts: list[_Part] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            parts.append(self.repeated(self.single(level)))
        return _Row(tuple(parts))

    def repeated(self, part: _Part) -> _Part:
        count = _COUNT.match(self.pattern, self.at)
        if count is not None:
            self.at = count.end()
            least = int(count[1])
            most = least if count[2] is None else int(count[3]) if count[3] else None
            if most is not None and most < least:
                raise Unreadable(f"{count[0]} counts backwards")
            return self.once(_Repeat(part, least, most))
        for sign, least, most in (("*", 0, None), ("+", 1, None), ("?", 0, 1)):
            if self.takes(sign):
                return self.once(_Repeat(part, least, most))
        return part

    def once(self, part: _Repeat) -> _Part:
        sign = self.pattern[self.at : self.at + 1]
        if sign in ("*", "+", "?", "{"):
            raise Unreadable(f"'{sign}' repeats a repetition")
        if isinstance(part.part, _Edge):
            raise Unreadable("'^' and '$' are not repeated")
        return part

    def single(self, level: int) -> _Part:
        char = self.next()
        match char:
            case "(":
                if self.takes("?") and not self.takes(":"):
                    raise Unreadable("of '(?' only '(?:' is understood")
                part = self.choice(level + 1)
                if not self.takes(")"):
                    raise Unreadable("a '(' is not closed")
                return part
            case "[":
                return self.members()
            case ".":
                return _ANY
            case "^" | "$":
                return _Edge(is_end=char == "$")
            case "\\":
                return self.escape()
            case "*" | "+" | "?" | "{":
                raise Unreadable(f"'{char}' repeats nothing")
            case _:
                return _Chars(((char, char),))

    def members(self) -> _Chars:
        """``[a-z_]``, behind its bracket."""
        is_negated = self.takes("^")
        ranges: list[tuple[str, str]] = []
        while not self.takes("]"):
            one = self.member()
            if one.is_negated:
                raise Unreadable("\\D, \\W and \\S are not understood inside [ ]")
            if self.pattern[self.at : self.at + 1] != "-" or self.pattern[self.at + 1 :][:1] == "]":
                ranges += one.ranges
                continue
            self.next()
            ranges.append(_range(one, self.member()))
        return _Chars(tuple(ranges), is_negated=is_negated)

    def member(self) -> _Chars:
        char = self.next("a '[' is not closed")
        return self.escape() if char == "\\" else _Chars(((char, char),))

    def escape(self) -> _Chars:
        code = _CODE.match(self.pattern, self.at)
        if code is not None:
            self.at = code.end()
            char = chr(int(code[1] or code[2], 16))
            return _Chars(((char, char),))
        char = self.next("nothing stands behind its last '\\'")
        if char in _CLASSES:
            return _CLASSES[char]
        if char.isalnum() and char not in _LETTERS:
            raise Unreadable(f"'\\{char}' is not understood")
        char = _LETTERS.get(char, char)
        return _Chars(((char, char),))

    def takes(self, char: str) -> bool:
        if not self.pattern.startswith(char, self.at):
            return False
        self.at += 1
        return True

    def next(self, otherwise: str = "") -> str:
        """The next character; where there is none, *otherwise* is what is wrong."""
        if self.at >= len(self.pattern):
            raise Unreadable(otherwise)
        self.at += 1
        return self.pattern[self.at - 1]


def _range(low: _Chars, high: _Chars) -> tuple[str, str]:
    """From one character to another."""
    ends = [each.ranges[0][0] for each in (low, high) if each.ranges == (each.ranges[0][:1] * 2,)]
    if len(ends) < 2 or ends[0] > ends[1]:
        raise Unreadable("a '-' inside [ ] stands between two characters, the smaller one first")
    return ends[0], ends[1]

"""Text -> tokens. Knows every character an expression may hold, and what people write by mistake."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from flowengine.errors import ExpressionError

INT_MAX = 2**63 - 1
INT_MIN = -(2**63)


class Kind(StrEnum):
    """What a token is."""

    INT = "int"
    FLOAT = "float"
    STRING = "string"
    NAME = "name"
    SIGN = "sign"
    END = "end"


class Token(NamedTuple):
    """One word of an expression."""

    kind: Kind
    text: str
    """The sign or the name; for numbers their digits; for strings what they mean."""
    start: int
    """Characters from the start of the whole text."""
    end: int


_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
      (?P<float>\d+\.\d+(?:[eE][+-]?\d+)?)
    | (?P<int>\d+)
    | (?P<raw>r'[^']*'|r"[^"]*")
    | (?P<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>&&|\|\||<=|>=|==|!=|[-+*/%<>!.,:()\[\]{}])
    )""",
    re.VERBOSE | re.ASCII,
)
_KINDS = {kind.value: kind for kind in Kind}
_BLANKS = re.compile(r"[ \t\r\n]*")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
_MISTAKES = (
    ("=", "'=' compares nothing; write =="),
    ("&", "write && for 'and'"),
    ("|", "write || for 'or'; there are no filters with |"),
    ("?", "there is no '? :'; write if(test, a, b)"),
    ("$", "no $ is needed inside an expression"),
    ("'", "the string is not closed by '"),
    ('"', 'the string is not closed by "'),
    ("#", "there are no comments inside an expression"),
)


def tokens(text: str, start: int = 0, *, embedded: bool = False) -> list[Token]:
    """The tokens from *start* on, an END last.

    Args:
        text: the whole text the expression stands in.
        start: where the expression starts.
        embedded: it stands inside ``${{ }}``: END is the ``}}`` that closes it, which is looked
            for outside of strings and of maps.

    Raises:
        ExpressionError: FE201 for what is no token, FE205 where ``}}`` is missing.
    """
    found: list[Token] = []
    depth = 0
    place = start
    while True:
        match = _TOKEN.match(text, place)
        if match is None:
            found.append(_end(text, place, start, embedded=embedded))
            return found
        token = _token(match)
        if token.text == "{" and token.kind is Kind.SIGN:
            depth += 1
        elif token.text == "}" and token.kind is Kind.SIGN:
            if embedded and depth == 0 and text.startswith("}}", token.start):
                found.append(Token(Kind.END, "}}", token.start, token.start + 2))
                return found
            if embedded and depth == 0:
                raise not_closed(start, "one } does not close it")
            depth -= 1
        found.append(token)
        place = token.end


def _token(match: re.Match[str]) -> Token:
    group = match.lastgroup or ""
    text = match[group]
    start, end = match.span(group)
    if group == "raw":
        return Token(Kind.STRING, text[2:-1], start, end)
    if group == "string":
        return Token(Kind.STRING, _unescaped(text[1:-1], start + 1), start, end)
    return Token(_KINDS[group], text, start, end)


def _unescaped(body: str, offset: int) -> str:
    if "\\" not in body:
        return body

    def meaning(match: re.Match[str]) -> str:
        escape = match[1]
        if len(escape) == 5:
            code = int(escape[1:], 16)
            if 0xD800 <= code <= 0xDFFF:
                raise ExpressionError(
                    f"\\{escape} is half a character; write the character itself",
                    code="FE201",
                    offset=offset + match.start(),
                )
            return chr(code)
        if escape not in _ESCAPES:
            raise ExpressionError(
                f"\\{escape} means nothing in a string",
                code="FE201",
                offset=offset + match.start(),
                hint=r"there are \n \t \r \\ \' \" \uXXXX; r'…' takes everything as it is",
            )
        return _ESCAPES[escape]

    return _ESCAPE.sub(meaning, body)


def _end(text: str, place: int, start: int, *, embedded: bool) -> Token:
    blanks = _BLANKS.match(text, place)
    place = blanks.end() if blanks is not None else place
    if place < len(text):
        raise _unknown(text, place)
    if embedded:
        raise not_closed(start)
    return Token(Kind.END, "", place, place)


def not_closed(start: int, hint: str = "") -> ExpressionError:
    """FE205; *start* is behind the ``${{``."""
    message = "${{ is not closed by }}"
    hint = hint or "write $${{ for the three characters themselves"
    return ExpressionError(message, code="FE205", offset=start - 3, hint=hint)


def _unknown(text: str, place: int) -> ExpressionError:
    here = text[place]
    if text.startswith("${{", place):
        return ExpressionError("${{ stands inside an expression", code="FE201", offset=place)
    for sign, message in _MISTAKES:
        if here == sign:
            return ExpressionError(message, code="FE201", offset=place)
    return ExpressionError(f"{here!r} has no place in an expression", code="FE201", offset=place)

"""The identity of a definition: SHA-256 of its canonical JSON (RFC 8785).

The form that is digested has its short forms written out and no defaults written in, so moving
lines, comments and short forms change nothing, and a changed default of the engine would.
"""

from __future__ import annotations

import hashlib
import json

from flowengine.definitions.expressions.tree import Json


def digest(form: Json) -> str:
    """64 hexadecimal digits."""
    return hashlib.sha256(canonical(form)).hexdigest()


def canonical(value: Json) -> bytes:
    """The one way to write *value*: RFC 8785, but for whole numbers, which keep all their digits."""
    return _text(value).encode()


def _text(value: Json) -> str:
    match value:
        case dict():
            keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
            return "{" + ",".join(f"{_string(key)}:{_text(value[key])}" for key in keys) + "}"
        case list():
            return "[" + ",".join(map(_text, value)) + "]"
        case str():
            return _string(value)
        case float():
            return _number(value)
        case _:
            return json.dumps(value)


_string = json.JSONEncoder(ensure_ascii=False).encode


def _number(number: float) -> str:
    """As ECMAScript writes it: no fraction of zeros, an exponent only from 1e21 on and below 1e-6."""
    if number.is_integer() and abs(number) < 1e21:
        return str(int(number))
    text = repr(number)
    mantissa, _, exponent = text.partition("e")
    if not exponent:
        return text
    power = int(exponent)
    if -7 < power < 0:
        return f"{number:.{len(mantissa.replace('.', '').lstrip('-')) - 1 - power}f}"
    mantissa = mantissa.removesuffix(".0")
    return f"{mantissa}e{'+' if power > 0 else '-'}{abs(power)}"

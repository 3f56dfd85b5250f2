"""What failures have in common: a fingerprint, so that two thousand of them show as three errors.

The text is stripped of what differs from case to case: ids, numbers, quoted values, hex, paths and
addresses. The fingerprint begins with the version of these rules; when they change, old dead letters
keep the group they were put in.
"""

from __future__ import annotations

import re
from hashlib import sha256

RULES = "1"
"""The version of the rules below."""

_LENGTH_MAX = 1000
"""Characters of a message that count; what comes later is detail."""

_HEX = r"[0-9a-fA-F]"
_REPLACED = (  # in this order: the longest thing first
    (re.compile(rf"\b{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}\b"), "<id>"),
    (re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]{0,19}://[^\s'\"<>]+"), "<url>"),
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+"), "<address>"),
    (re.compile(r"(?<!\w)'[^']*'(?!\w)|\"[^\"]*\"|`[^`]*`|«[^»]*»"), "<text>"),
    (re.compile(r"(?<![\w/])(?:[A-Za-z]:\\|~?/|\.\.?/)[^\s:,;()'\"<>]+"), "<path>"),
    (re.compile(rf"\b0[xX]{_HEX}+\b"), "<hex>"),
    (re.compile(rf"\b(?=[a-fA-F]*[0-9]){_HEX}{{8,}}\b"), "<hex>"),
    (re.compile(r"\d+(?:[.,:]\d+)*"), "<n>"),
    (re.compile(r"\s+"), " "),
)


def fingerprint(kind: str, code: str, message: str, step: str | None) -> str:
    """The same text for failures of one kind, code, step and cause; ``1:`` and 32 hex digits."""
    parts = (kind, code, step or "", normalised(message))
    joined = "\0".join(parts).encode("utf-8", "surrogatepass")
    return f"{RULES}:{sha256(joined).hexdigest()[:32]}"


def normalised(message: str) -> str:
    """The message with a name in place of everything that differs from case to case."""
    text = message[:_LENGTH_MAX]
    for pattern, name in _REPLACED:
        text = pattern.sub(name, text)
    return text.strip()

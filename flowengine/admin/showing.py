"""Values as admin pages show them; all foreign text is escaped."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.urls import NoReverseMatch, reverse
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from flowengine.engine.run import Failure
from flowengine.models import RunRecord

EMPTY = "-"
_failure = msgspec.json.Decoder(Failure).decode


def payload(encoded: Any) -> str:
    """Stored JSON, indented; bytes that are no JSON as they are."""
    if encoded is None:
        return EMPTY
    raw = bytes(encoded)
    try:
        text = json.dumps(json.loads(raw), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = raw.decode("utf-8", "backslashreplace")
    return preformatted(text)


def preformatted(text: str) -> SafeString:
    """Text whose lines and spaces count."""
    return format_html('<pre style="margin: 0; white-space: pre-wrap">{}</pre>', text)


def folded(summary: object, content: str) -> SafeString:
    """*content* that opens on a click."""
    return format_html("<details><summary>{}</summary>{}</details>", summary, content)


def failure_of(encoded: Any) -> Failure | None:
    """A stored failure."""
    return None if encoded is None else _failure(bytes(encoded))


def failure(encoded: Any, *, with_text: bool) -> str:
    """A stored failure: its code and step; message and traceback only *with_text*."""
    found = failure_of(encoded)
    if found is None:
        return EMPTY
    code = found.code if found.step is None else f"{found.code} in {found.step}"
    if not with_text:
        return code
    head = f"{code}: {found.message}"
    return folded(head, preformatted(found.traceback)) if found.traceback else head


def table(heads: Sequence[Any], rows: Sequence[Sequence[Any]]) -> str:
    """A table, which scrolls where it is too wide; cells that are no safe HTML are escaped."""
    if not rows:
        return EMPTY
    head = format_html_join("", "<th>{}</th>", [(each,) for each in heads])
    lines = [
        (format_html_join("", "<td>{}</td>", [(_cell(each),) for each in row]),) for row in rows
    ]
    body = format_html_join("", "<tr>{}</tr>", lines)
    return format_html(
        '<div style="overflow-x: auto; overflow-wrap: anywhere">'
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>",
        head,
        body,
    )


def _cell(value: Any) -> Any:
    """Instants as the rest of the admin shows them, to the second, in the project's time zone."""
    return localize(localtime(value)) if isinstance(value, datetime) else value


def link(site: str, model: str, key: Any, text: str = "") -> str:
    """A link to the admin page of a row; its key alone where the site has no such pages."""
    if key is None:
        return EMPTY
    try:
        url = reverse(f"{site}:flowengine_{model}_change", args=[key])
    except NoReverseMatch:
        return text or str(key)
    return format_html('<a href="{}">{}</a>', url, text or str(key))


def run_link(site: str, run_id: UUID | None) -> str:
    """A link to a run."""
    return link(site, RunRecord._meta.model_name or "", run_id)  # noqa: SLF001 - public in effect

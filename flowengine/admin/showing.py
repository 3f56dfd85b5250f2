"""Values as admin pages show them; all foreign text is escaped."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.contrib import admin
from django.urls import NoReverseMatch, reverse
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime

from flowengine.engine.run import Failure
from flowengine.models import RunRecord
from flowengine.orchestration.masked import mask

EMPTY = "-"
_failure = msgspec.json.Decoder(Failure).decode


def payload(encoded: Any) -> str:
    """Stored JSON, indented; bytes that are no JSON as they are. Both without what is masked."""
    if encoded is None:
        return EMPTY
    raw = encoded.encode() if isinstance(encoded, str) else bytes(encoded)
    try:
        text = json.dumps(mask().value(json.loads(raw)), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = mask().text(raw.decode("utf-8", "backslashreplace"))
    return preformatted(text)


def masked(name: str, title: Any) -> Callable[[Any, Any], str]:
    """A column of text that may quote payload, without what is masked."""

    @admin.display(description=title)
    def shown(_admin: Any, row: Any) -> str:
        return mask().text(getattr(row, name))

    return shown


def masked_json(name: str, title: Any) -> Callable[[Any, Any], str]:
    """A column of JSON, the same."""

    @admin.display(description=title)
    def shown(_admin: Any, row: Any) -> str:
        return payload(getattr(row, name))

    return shown


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
    head = mask().text(f"{code}: {found.message}")
    return folded(head, preformatted(mask().text(found.traceback))) if found.traceback else head


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


def instant(at: datetime | None) -> str:
    """As the rest of the admin shows instants, in the project's time zone."""
    return EMPTY if at is None else str(localize(localtime(at)))


def _cell(value: Any) -> Any:
    return instant(value) if isinstance(value, datetime) else value


def link(site: str, model: str, key: Any, text: str = "") -> str:
    """A link to the admin page of a row; its key alone where the site has no such pages."""
    if key is None:
        return EMPTY
    try:
        url = reverse(f"{site}:flowengine_{model}_change", args=[key])
    except NoReverseMatch:
        return text or str(key)
    return format_html('<a href="{}">{}</a>', url, text or str(key))


def screen_link(name: str, key: Any, text: Any) -> str:
    """A link to the dashboard's screen of a row; empty where the project's URLs have none."""
    try:
        url = reverse(f"flowengine:{name}", args=[key])
    except NoReverseMatch:
        return EMPTY
    return format_html('<a href="{}">{}</a>', url, text)


def picture(digest: str, text: object) -> str:
    """The line of a version, drawn; empty where the project's URLs have no API."""
    try:
        url = reverse("flowengine:api", args=[f"definitions/{digest}/drawing"])
    except NoReverseMatch:
        return EMPTY
    # The drawing goes by what the reader's system prefers, whatever the page does: so does its ground.
    style = "max-width: 100%; height: auto; background: Canvas; color-scheme: light dark"
    return format_html('<img src="{}" alt="{}" style="{}">', url, text, style)


def run_link(site: str, run_id: UUID | None) -> str:
    """A link to a run."""
    return link(site, RunRecord._meta.model_name or "", run_id)  # noqa: SLF001 - public in effect

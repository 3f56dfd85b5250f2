"""The tries of what failed for good, as the page of a dead letter shows them; all foreign text is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from flowengine.admin import showing
from flowengine.engine.run import Frame, Try
from flowengine.orchestration.masked import mask


def shown(encoded: Any) -> str:
    """Of a stored failure, each try: by whom and when, what it said, and where in the project's own code."""
    failure = showing.failure_of(encoded)
    if failure is None or not failure.tries:
        return showing.EMPTY
    return format_html_join("", "{}", [(_one(each),) for each in failure.tries])


def _one(each: Try) -> SafeString:
    times = f"{showing.instant(each.started_at)} - {showing.instant(each.ended_at)}"
    said = mask().text(f"{each.code}: {each.message}")
    told = (str(each.attempt), said, times, each.worker, each.version)
    texts = [mask().text(text) for text in (each.traceback, each.log) if text]
    inside = format_html_join("", "{}", [(showing.preformatted(text),) for text in texts])
    return showing.folded(
        " · ".join(filter(None, told)), format_html("{}{}", _frames(each.frames), inside)
    )


def _frames(frames: Sequence[Frame]) -> SafeString:
    """Own ones one by one, those of libraries between them counted."""
    return format_html("<ol>{}</ol>", format_html_join("", "<li>{}</li>", _lines(frames)))


def _lines(frames: Sequence[Frame]) -> Iterator[tuple[SafeString | str]]:
    for is_own, found in groupby(frames, lambda frame: frame.is_own):
        together = [*found]
        if not is_own:
            yield (_("%d of libraries") % len(together),)
            continue
        for frame in together:
            place = f"{frame.file}:{frame.line} {frame.name}"
            yield (format_html("<strong>{}</strong>", place),)

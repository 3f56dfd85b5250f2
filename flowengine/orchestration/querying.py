"""The language of lists: ``state:open kind:"failed run" workflow:order since:2h timeout``.

Words with a key ask for a value of one column; several values of one key, with commas or one after the
other, ask for any of them; ``*`` stands for any text. Words without a key are looked for in the text that
people see. All that is asked for must hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from flowengine.definitions.durations import parse_duration
from flowengine.definitions.likeness import near
from flowengine.errors import QueryRefused

QUERY_MAX = 2000
"""Characters of a query."""
VALUES_MAX = 100
"""Values of one key."""
STARS_MAX = 20
"""``*`` in all values together: what rows are compared with grows with them."""
SEARCHED_MAX = 10_000
"""A list looks at so many of the newest for what has no index: no list takes more than a tenth of a second."""

_WORD = re.compile(r"(?:([A-Za-z_]+):)?((?:\"(?:[^\"\\]|\\.)*\"|[^\s\",]+|,)+)")
_VALUE = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|([^\",]+)")
_SPACE = re.compile(r"\s*")


@dataclass(frozen=True, slots=True)
class Column:
    """What a key asks for."""

    name: str
    is_uuid: bool = False
    values: tuple[str, ...] = ()
    """All that there can be; empty = anything."""
    has_index: bool = False
    """The rows of one value are found without reading others."""
    is_labels: bool = False
    """A JSON object of labels; a value is ``name=value``."""


_KINDS = (
    *("unreadable", "unknown event", "bad event", "bad input", "overflow"),
    *("failed run", "failed undo", "failed hook", "needs review", "undelivered"),
)
_LETTER_STATES = ("open", "replaying", "resolved", "discarded")
_RUN_STATES = (
    *("queued", "running", "waiting", "held", "cancelling", "compensating"),
    *("succeeded", "failed", "cancelled", "expired"),
)
_ID = Column("id", is_uuid=True, has_index=True)
COLUMNS: Mapping[str, Mapping[str, Column]] = {
    "dead_letter": {
        "state": Column("state", values=_LETTER_STATES, has_index=True),
        "kind": Column("kind", values=_KINDS),
        "group": Column("group_id", is_uuid=True, has_index=True),
        "code": Column("code"),
        "workflow": Column("workflow", has_index=True),
        "digest": Column("digest"),
        "step": Column("step"),
        "event": Column("event_type"),
        "source": Column("source"),
        "version": Column("version"),
        "worker": Column("worker"),
        "run": Column("run_id", is_uuid=True, has_index=True),
        "replay": Column("replay_id", is_uuid=True, has_index=True),
        "id": _ID,
    },
    "run": {
        "state": Column("state", values=_RUN_STATES, has_index=True),
        "workflow": Column("workflow", has_index=True),
        "digest": Column("digest"),
        "actor": Column("actor", has_index=True),
        "event": Column("event_id", is_uuid=True, has_index=True),
        "parent": Column("parent_run", is_uuid=True, has_index=True),
        "replay_of": Column("replay_of", is_uuid=True, has_index=True),
        "label": Column("labels", is_labels=True),
        "id": _ID,
    },
    "event": {
        "state": Column("state", values=("pending", "published", "routed", "dead")),
        "type": Column("type", has_index=True),
        "source": Column("source"),
        "subject": Column("subject", has_index=True),
        "actor": Column("actor"),
        "key": Column("key"),
        "target": Column("target"),
        "correlation": Column("correlation_id"),
        "id": _ID,
    },
}
"""What can be asked of each kind, by key."""
TEXT: Mapping[str, str] = {"dead_letter": "message", "run": "title", "event": "type"}
"""Where words without a key are looked for."""
_TIMES = ("since", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is asked for; all of it must hold."""

    kind: str
    """dead_letter, run, event."""
    values: Mapping[str, tuple[str, ...]]
    """By key: any of these values; in each, ``*`` stands for any text."""
    texts: tuple[str, ...] = ()
    """Each is somewhere in the text that people see, whatever its case."""
    since: datetime | None = None
    until: datetime | None = None
    """Written before then."""

    @property
    def is_search(self) -> bool:
        """It asks for what has no index: rows have to be looked at one by one."""
        return bool(self.texts) or any(not self.has_index(key) for key in self.values)

    def has_index(self, key: str) -> bool:
        """What is asked for by that key is found without looking at others."""
        return COLUMNS[self.kind][key].has_index and not any("*" in v for v in self.values[key])

    @property
    def query(self) -> str:
        """A query that asks for the same, with times instead of durations."""
        parts = [
            f"{key}:{','.join(_quoted(value) for value in values)}"
            for key, values in self.values.items()
        ]
        parts += [_quoted(text) for text in self.texts]
        times = (("since", self.since), ("until", self.until))
        return " ".join([*parts, *(f"{key}:{at.isoformat()}" for key, at in times if at)])

    @property
    def words(self) -> str:
        """The same for people: ``dead letters: state is open, since 2026-03-02 12:00 UTC``."""
        parts = [
            f"{key} is {' or '.join(repr(value) for value in values)}"
            for key, values in self.values.items()
        ]
        parts += [f"with {text!r}" for text in self.texts]
        for name, at in (("since", self.since), ("until", self.until)):
            if at is not None:
                parts.append(f"{name} {at:%Y-%m-%d %H:%M:%S} UTC")
        return f"{self.kind.replace('_', ' ')}s: {', '.join(parts) or 'all'}"


def parse(query: str, kind: str, now: datetime) -> Filter:
    """What *query* asks for among the things of that *kind*: ``dead_letter``, ``run`` or ``event``.

    Times that are durations (``since:2h``) are counted back from *now*; others are ISO 8601, in UTC where
    they say nothing else.

    Raises:
        QueryRefused: with the word that cannot be understood, and the nearest that could.
    """
    if kind not in COLUMNS:
        raise QueryRefused(f"there is nothing of the kind {kind!r}: {', '.join(COLUMNS)}")
    if len(query) > QUERY_MAX:
        raise QueryRefused(f"the query has {len(query)} characters; the limit is {QUERY_MAX}")
    columns = COLUMNS[kind]
    values: dict[str, tuple[str, ...]] = {}
    texts: list[str] = []
    times: dict[str, datetime] = {}
    for key, given in _words(query):
        if not key:
            texts += given
        elif key in _TIMES:
            times[key] = _time(key, given, now)
        elif key in columns:
            checked = tuple(_checked(key, columns[key], value) for value in given)
            values[key] = tuple(dict.fromkeys(values.get(key, ()) + checked))
            if len(values[key]) > VALUES_MAX:
                raise QueryRefused(f"{key}: more than {VALUES_MAX} values")
        else:
            known = (*columns, *_TIMES)
            way = near(key, known) or f"there are: {', '.join(known)}"
            raise QueryRefused(f"there is no key {key!r} for {kind.replace('_', ' ')}s; {way}")
    if sum(value.count("*") for each in values.values() for value in each) > STARS_MAX:
        raise QueryRefused(f"more than {STARS_MAX} times '*'")
    return Filter(kind=kind, values=values, texts=tuple(texts), **times)


def _quoted(value: str) -> str:
    """The value as a query has it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _words(query: str) -> Iterator[tuple[str, list[str]]]:
    """Each word: its key, empty where it has none, and its values."""
    at = 0
    while True:
        space = _SPACE.match(query, at)
        at = at if space is None else space.end()
        if at == len(query):
            return
        word = _WORD.match(query, at)
        if word is None or (word.end() < len(query) and not query[word.end()].isspace()):
            raise QueryRefused(f"a quote is not closed: {query[at : at + 40]!r}")
        key, written = word.group(1) or "", word.group(2)
        values = [
            re.sub(r"\\(.)", r"\1", quoted) if bare is None else bare
            for quoted, bare in (match.groups() for match in _VALUE.finditer(written))
        ]
        if not key and re.fullmatch(r"[A-Za-z_]+:", written):
            key, values = written[:-1], []
        elif not key:
            values = ["".join(values)] if "," not in written else [written.replace('"', "")]
        if not values:
            raise QueryRefused(f"{key}: needs a value")
        yield key.lower(), values
        at = word.end()


def _checked(key: str, column: Column, value: str) -> str:
    if column.is_uuid:
        try:
            return str(UUID(value))
        except ValueError:
            raise QueryRefused(f"{key}: {value!r} is no id") from None
    if column.is_labels and not value.partition("=")[1]:
        raise QueryRefused(f"{key}: {value!r} is no label: write {key}:name=value")
    if column.values and "*" not in value and value not in column.values:
        way = near(value, column.values) or f"there are: {', '.join(column.values)}"
        raise QueryRefused(f"{key}: there is no {value!r}; {way}")
    return value.replace("\x00", "")


def _time(key: str, given: list[str], now: datetime) -> datetime:
    if len(given) == 1:
        ago = parse_duration(given[0])
        if ago is not None:
            return now - ago
        try:
            at = datetime.fromisoformat(given[0])
        except ValueError:
            pass
        else:
            return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
    raise QueryRefused(f"{key}: {','.join(given)!r} is neither a duration like 2h nor a time")

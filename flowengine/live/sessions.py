"""Is a socket's user still who they were: logged in, switched on, with the same password?

Asked every few seconds for all sockets of the process at once, in a number of queries that does not
grow with them (for Django's database sessions and its model back end; others are asked one by one).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user_model,
    load_backend,
)
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connections
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now
from django.http import parse_cookie
from django.utils.crypto import constant_time_compare

from flowengine.access import is_default, is_known, user_key
from flowengine.live.permitted import asks_only_django

_DJANGOS_HASH = AbstractBaseUser.get_session_auth_hash
_LOOKED_AT = frozenset({"password", "is_active", "is_superuser"})
"""The fields of a user that say who it still is, and whether it may see everything."""


@dataclass(frozen=True, slots=True)
class Credential:
    """By what a socket was let in."""

    user_key: str
    session_key: str | None
    """None = not by a session of Django: then only the user is looked at again."""


def credential(user: Any, session: Any) -> Credential:
    """The credential of the user and the session that a handshake came with."""
    key = user_key(user)
    is_ours = session is not None and str(session.get(SESSION_KEY)) == key
    return Credential(key, session.session_key if is_ours else None)


def session_key(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The key of the session that a handshake came with, by its headers; None = with none."""
    name = settings.SESSION_COOKIE_NAME
    for header, value in headers:
        if header == b"cookie":
            found = parse_cookie(value.decode("latin-1")).get(name)
            if found:
                return found
    return None


def users_of(keys: Sequence[str]) -> dict[str, Any]:
    """By session key, who is logged in; those that are nobody's, or no longer, are left out."""
    seen = Seen()
    found = _sessions(keys, seen)
    items = [
        Credential(str(content[SESSION_KEY]), key)
        for key, content in found.items()
        if SESSION_KEY in content
    ]
    users = _users({item.user_key: _backend(item, found) for item in items}, seen)
    valid = {
        item.session_key: _valid(item, found, users.get(item.user_key), seen) for item in items
    }
    return {key: user for key, user in valid.items() if key is not None and user is not None}


@dataclass(slots=True)
class Stored:
    """A session as it is stored, and what is in it."""

    text: str
    content: Mapping[str, Any]
    password: str | None = None
    """The user's, as it is stored, for which the session was found to be made."""
    user: Any = None
    """Whose it was found to be, as read at that time."""


@dataclass(frozen=True, slots=True)
class Lean:
    """A user of whom was read only what is looked at."""

    row: tuple[Any, ...]
    user: Any
    size: int
    """Attributes it had then; those that came since are what was learnt about it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a renewal saw: what is as it was need not be made, nor judged, again by the next one."""

    sessions: dict[str, Stored] = field(default_factory=dict)
    """By session key."""
    users: dict[str, Lean] = field(default_factory=dict)
    """By user key."""


def renew(credentials: Sequence[Credential], seen: Seen) -> list[Any | None]:
    """The user of each credential, read anew; None where it counts no longer.

    *seen* is what the last renewal saw, and is brought up to date: a session that is stored as it
    was need not be decoded again, nor compared with a password that is as it was. A user whose row is
    as it was may be the same object; what was learnt about it since is forgotten.
    """
    keys = {item.session_key for item in credentials if item.session_key is not None}
    sessions = _sessions(keys, seen)
    users = _users({item.user_key: _backend(item, sessions) for item in credentials}, seen)
    return [_valid(item, sessions, users.get(item.user_key), seen) for item in credentials]


def _valid(
    item: Credential, sessions: Mapping[str, Mapping[str, Any]], user: Any, seen: Seen
) -> Any | None:
    if user is None or not is_known(user):
        return None
    if item.session_key is None:
        return user
    kept = seen.sessions.get(item.session_key)
    if kept is not None and kept.user is user:
        return user  # Neither has changed since it was found to be valid.
    session = sessions.get(item.session_key, {})
    is_valid = (
        str(session.get(SESSION_KEY)) == item.user_key
        and session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and _is_made_for(user, session, kept)
    )
    if is_valid and kept is not None:
        kept.user = user
    return user if is_valid else None


def _is_made_for(user: Any, session: Mapping[str, Any], kept: Stored | None) -> bool:
    """The session was made for the password that the user has."""
    password = _password(user)
    if kept is not None and kept.password is not None and kept.password == password:
        return True
    is_same = _is_same_password(user, session.get(HASH_SESSION_KEY, ""))
    if kept is not None and is_same:
        kept.password = password
    return is_same


def _password(user: Any) -> str | None:
    """All that the hash in a session is made of; None where the project makes it in a way of its own."""
    is_djangos = getattr(type(user), "get_session_auth_hash", None) is _DJANGOS_HASH
    return user.password if is_djangos else None


def _is_same_password(user: Any, session_hash: str) -> bool:
    if not hasattr(user, "get_session_auth_hash"):
        return True
    hashes = [user.get_session_auth_hash()]
    if settings.SECRET_KEY_FALLBACKS:
        hashes += user.get_session_auth_fallback_hash()
    return any(constant_time_compare(session_hash, known) for known in hashes)


def _sessions(keys: Iterable[str], seen: Seen) -> dict[str, Mapping[str, Any]]:
    """The contents of the sessions that exist and have not expired."""
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore
    if issubclass(store, DatabaseStore):
        rows = store.get_model_class()._default_manager  # noqa: SLF001 - Django's documented name
        found = _among(rows.filter(expire_date__gt=Now()), "session_key", keys)
        stored = dict(found.values_list("session_key", "session_data"))
        decode = store().decode
        known = seen.sessions
        for key in known.keys() - stored.keys():
            del known[key]
        for key, text in stored.items():
            if key not in known or known[key].text != text:
                known[key] = Stored(text, decode(text))
        return {key: found.content for key, found in known.items()}
    return {key: store(key).load() for key in keys}


def _backend(item: Credential, sessions: Mapping[str, Mapping[str, Any]]) -> str | None:
    if item.session_key is None:
        return None
    return sessions.get(item.session_key, {}).get(BACKEND_SESSION_KEY)


def _users(backends: Mapping[str, str | None], seen: Seen) -> dict[str, Any]:
    """By key, the users as their back ends give them; those that are gone are left out."""
    found: dict[str, Any] = {}
    plain: list[str] = []
    own = {path: _own(path) for path in set(backends.values())}
    for key, path in backends.items():
        backend = own[path]
        if backend is None:
            plain.append(key)
            continue
        model = get_user_model()
        user = backend.get_user(model._meta.pk.to_python(key))  # noqa: SLF001 - Django's public API
        if user is not None:
            found[key] = user
    return found | _plain_users(plain, seen.users)


def _own(path: str | None) -> Any | None:
    """The back end at *path*, where it finds users in a way of its own."""
    if path is None or path not in settings.AUTHENTICATION_BACKENDS:
        return None
    backend = load_backend(path)
    return None if _is_plain(backend) else backend


def _is_plain(backend: Any) -> bool:
    """It finds users as Django's own back end does: by primary key, and that is all."""
    kind = type(backend)
    return (
        isinstance(backend, ModelBackend)
        and kind.get_user is ModelBackend.get_user
        and kind.user_can_authenticate is ModelBackend.user_can_authenticate
    )


def _plain_users(keys: Sequence[str], seen: dict[str, Lean]) -> dict[str, Any]:
    model = get_user_model()
    users = model._default_manager.all()  # noqa: SLF001 - as above
    has_djangos_hash = getattr(model, "get_session_auth_hash", None) is _DJANGOS_HASH
    if is_default() and has_djangos_hash and asks_only_django(model):
        return _lean_users(model, keys, seen)
    return {user_key(user): user for user in _among(users, model._meta.pk.name, keys)}  # noqa: SLF001 - as above


def _lean_users(model: Any, keys: Sequence[str], seen: dict[str, Lean]) -> dict[str, Any]:
    """No code of the project looks at these: the other columns would be read for nothing."""
    pk = model._meta.pk  # noqa: SLF001 - as above
    names = [
        each.attname
        for each in model._meta.concrete_fields  # noqa: SLF001 - as above
        if each is pk or each.name in _LOOKED_AT
    ]
    users = model._default_manager.all()  # noqa: SLF001 - as above
    place, before = names.index(pk.attname), dict(seen)
    seen.clear()
    for row in _among(users.values_list(*names), pk.name, keys):
        key = str(row[place])
        lean = before.get(key)
        if lean is None or lean.row != row:
            user = model.from_db(users.db, names, row)
            lean = Lean(row, user, len(vars(user)))
        learnt = vars(lean.user)
        while len(learnt) > lean.size:
            learnt.popitem()
        seen[key] = lean
    return {key: lean.user for key, lean in seen.items()}


def _among(rows: Any, name: str, keys: Iterable[str]) -> Any:
    """Those of the query *rows* whose field *name* has one of these values, which are given as texts.

    To PostgreSQL a thousand of them are one parameter, as they are not in Django's ``__in``.
    """
    connection = connections[rows.db]
    field = rows.model._meta.get_field(name)  # noqa: SLF001 - Django's public API
    values: Any = [field.to_python(key) for key in keys]
    if connection.vendor == "postgresql":
        each = f"SELECT unnest(%s::{field.rel_db_type(connection)}[])"
        given = [field.get_db_prep_value(value, connection) for value in values]
        values = RawSQL(each, [given])  # noqa: S611 - the type of a column, no text of anybody's
    return rows.filter(**{f"{name}__in": values})

"""Whether the users of open sockets are still who they were, whatever keeps their sessions."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from flowengine.live.sessions import Credential, Seen, credential, renew
from tests.builders.line import now

pytestmark = pytest.mark.django_db

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
DIRECTORY = "tests.database.live.test_sessions.Directory"


class Directory(ModelBackend):
    """A back end of a project, which knows who has left the company."""

    def get_user(self, user_id: Any) -> Any:
        user = super().get_user(user_id)
        return None if user is None or user.last_name == "left" else user


def a_session(user: User, settings: Any, backend: str = MODEL_BACKEND) -> Any:
    """A session in which *user* has logged in, in the engine of the settings."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = backend
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create() if hasattr(session, "create") else session.save()
    session.save()
    return session


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", password="secret")


@pytest.mark.parametrize(
    "engine",
    [
        "django.contrib.sessions.backends.db",
        "django.contrib.sessions.backends.cached_db",
        "django.contrib.sessions.backends.cache",
        "django.contrib.sessions.backends.signed_cookies",
    ],
)
def test_user_stays_as_long_as_the_password(ann: User, settings: Any, engine: str) -> None:
    settings.SESSION_ENGINE = engine
    held = credential(ann, a_session(ann, settings))
    seen = Seen()

    before = [renew([held], seen), renew([held], seen)]
    ann.set_password("another")
    ann.save()
    after = renew([held], seen)

    assert (before, after) == ([[ann], [ann]], [None])


def test_hash_that_a_project_makes_in_its_own_way_is_made_again_each_time(
    ann: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(User, "get_session_auth_hash", lambda user: user.password + user.email)
    held = credential(ann, a_session(ann, settings))
    seen = Seen()
    before = [renew([held], seen), renew([held], seen)]

    User.objects.update(email="ann@example.com")

    assert (before, renew([held], seen)) == ([[ann], [ann]], [None])


@pytest.mark.parametrize(
    "engine", ["django.contrib.sessions.backends.db", "django.contrib.sessions.backends.cache"]
)
def test_session_that_is_gone_counts_no_longer(ann: User, settings: Any, engine: str) -> None:
    settings.SESSION_ENGINE = engine
    session = a_session(ann, settings)
    held = credential(ann, session)
    seen = Seen()
    assert renew([held], seen) == [ann]

    session.flush()

    assert renew([held], seen) == [None]


def test_session_that_has_expired_counts_no_longer(ann: User, settings: Any) -> None:
    held = credential(ann, a_session(ann, settings))
    seen = Seen()
    renew([held], seen)

    Session.objects.update(expire_date=now() - timedelta(seconds=1))

    assert renew([held], seen) == [None]


def test_session_that_now_belongs_to_another_user_counts_no_longer(
    ann: User, settings: Any
) -> None:
    session = a_session(ann, settings)
    held = credential(ann, session)
    seen = Seen()
    renew([held], seen)

    session[SESSION_KEY] = str(User.objects.create_user("bob").pk)
    session.save()

    assert renew([held], seen) == [None]


def test_back_end_that_was_taken_out_of_the_settings_lets_nobody_stay(
    ann: User, settings: Any
) -> None:
    held = credential(ann, a_session(ann, settings))

    settings.AUTHENTICATION_BACKENDS = [DIRECTORY]

    assert renew([held], Seen()) == [None]


def test_back_end_of_the_project_has_its_say(ann: User, settings: Any) -> None:
    settings.AUTHENTICATION_BACKENDS = [DIRECTORY]
    held = credential(ann, a_session(ann, settings, DIRECTORY))
    before = renew([held], Seen())

    User.objects.update(last_name="left")

    assert (before, renew([held], Seen())) == ([ann], [None])


def test_user_who_came_without_a_session_is_looked_at_alone(ann: User) -> None:
    held = credential(ann, None)
    before = renew([held], Seen())

    User.objects.update(is_active=False)

    assert held == Credential(str(ann.pk), None)
    assert (before, renew([held], Seen())) == ([ann], [None])


def test_session_of_somebody_else_is_no_credential(ann: User, settings: Any) -> None:
    session = a_session(User.objects.create_user("bob"), settings)

    assert credential(ann, session).session_key is None
    assert credential(AnonymousUser(), session).session_key is None


def test_number_of_queries_does_not_depend_on_the_number_of_sockets(settings: Any) -> None:
    held = []
    for n in range(30):
        user = User.objects.create_user(f"user{n}")
        held.append(credential(user, a_session(user, settings)))

    with CaptureQueriesContext(connection) as queries:
        renewed = renew(held, Seen())

    assert (len(queries), None in renewed) == (2, False)


def test_user_whose_row_is_as_it_was_is_the_same_and_is_asked_again_what_he_may(
    ann: User, settings: Any
) -> None:
    held = credential(ann, a_session(ann, settings))
    seen = Seen()
    [first] = renew([held], seen)
    assert first is not None
    assert not first.has_perm("flowengine.view_run")

    ann.user_permissions.add(Permission.objects.get(codename="view_run"))
    [again] = renew([held], seen)

    assert again is first
    assert again.has_perm("flowengine.view_run")
    User.objects.update(is_superuser=True)
    [promoted] = renew([held], seen)
    assert promoted is not None
    assert promoted is not first
    assert promoted.is_superuser


def test_no_column_is_read_that_only_code_of_the_project_would_look_at(
    ann: User, settings: Any
) -> None:
    held = [credential(ann, None)]

    [lean] = renew(held, Seen())
    settings.FLOWENGINE = {"CAN_VIEW_RUN": "tests.database.live.test_sessions.is_ann"}
    [whole] = renew(held, Seen())

    assert lean is not None
    assert whole is not None
    assert {"email", "last_name"} <= lean.get_deferred_fields()
    assert whole.get_deferred_fields() == set()


def is_ann(user: Any, _run: Any) -> bool:
    """A predicate of a project."""
    return bool(user.username == "ann")

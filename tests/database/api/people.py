"""Users with permissions, and how they ask."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.test.utils import CaptureQueriesContext

API = "/flow/api/v1/"


def permit(user: User, *permissions: str) -> None:
    """Give *user* these permissions of flowengine, and no others."""
    found = Permission.objects.filter(
        codename__in=permissions, content_type__app_label="flowengine"
    )
    assert {each.codename for each in found} == set(permissions), permissions
    user.user_permissions.set(found)


def a_client(*permissions: str, name: str = "ann") -> Client:
    """Somebody with these permissions, who is signed in."""
    user = User.objects.create_user(name)
    permit(user, *permissions)
    client = Client()
    client.force_login(user)
    return client


def get(client: Client, place: str, **query: Any) -> Any:
    """The JSON that is at *place*, which is there."""
    answer = client.get(API + place, query)
    assert answer.status_code == 200, (answer.status_code, answer.content)
    return answer.json()


def own(asked: CaptureQueriesContext) -> list[str]:
    """The statements that were asked of our tables: without those that find out who asks."""
    statements = [each["sql"] for each in asked]
    return [text for text in statements if "flowengine_" in text and "EXPLAIN" not in text]


def post(client: Client, place: str, body: Any = None, **headers: str) -> Any:
    """The answer to a JSON body."""
    return client.post(
        API + place, {} if body is None else body, content_type="application/json", headers=headers
    )

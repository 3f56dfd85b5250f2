"""After a test that commits nothing is left of it."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.db import connection

from flowengine import emit
from flowengine.orchestration import audit
from flowengine.orchestration.audit import By
from flowengine.store import sql
from flowengine.testing import inline
from tests import emptying
from tests.builders.line import now


@pytest.mark.django_db(transaction=True)
def test_all_that_was_committed_goes_and_what_migrating_wrote_stays() -> None:
    permissions = set(Permission.objects.values_list("pk", flat=True))
    ann = User.objects.create_user("ann")
    ann.groups.add(Group.objects.create(name="night shift"))
    ann.user_permissions.set(permissions)
    with inline() as runner:
        emit("troubled.broken", {"order_id": 7})
        runner.run()
    with sql.writing():
        audit.record([audit.Entry(by=By(who="7", reason="x"), verb="station.pause")], now())
    assert {"auth_user_groups", "flowengine_audit", "flowengine_dead_letter"} <= _filled()

    emptying.empty(connection)

    assert _filled() == emptying.KEPT
    assert set(Permission.objects.values_list("pk", flat=True)) == permissions


def _filled() -> set[str]:
    models = apps.get_models(include_auto_created=True)
    return {model._meta.db_table for model in models if model._default_manager.exists()}

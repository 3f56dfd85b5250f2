"""Events from Django signals: which ones, with what data, and when not."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_in
from django.core import serializers
from django.db import transaction
from django.db.models import F
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import Signal

from flowengine.errors import AuthorError
from flowengine.models import EventRecord
from flowengine.orchestration import sources
from flowengine.orchestration.sources import emit_on, emits
from tests.builders.events import NOON
from tests.project.models import Order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _undeclared() -> Iterator[None]:
    """Forget what a test declared: its receivers would emit in every test that comes after."""
    before = [(signal, list(signal.receivers)) for signal in (user_logged_in, m2m_changed)]
    yield
    for signal, receivers in before:
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()
    sources._sources.clear()
    for model in sources._by_model:
        post_save.disconnect(sources._on_save, sender=model)
        post_delete.disconnect(sources._on_delete, sender=model)
    sources._by_model.clear()


def told() -> list[tuple[str, Any]]:
    """What was emitted since the last look."""
    records = EventRecord.objects.order_by("created_at", "type", "id")
    found = [(record.type, json.loads(bytes(record.data))) for record in records]
    records.delete()
    return found


def on_order(**options: Any) -> sources.Source:
    return emits("shop.order.{action}", model=Order, **{"fields": ["state"], **options})


def test_created_updated_and_deleted_each_tell() -> None:
    on_order(fields=["customer", "state"])

    order = Order.objects.create(customer="ann")
    order.state = "paid"
    order.save()
    pk = order.pk
    order.delete()

    subjects = set(EventRecord.objects.values_list("subject", flat=True))
    assert subjects == {str(pk)}
    assert told() == [
        ("shop.order.created", {"customer": "ann", "state": "placed"}),
        ("shop.order.updated", {"customer": "ann", "state": "paid", "changed": ["state"]}),
        ("shop.order.deleted", {"customer": "ann", "state": "paid"}),
    ]


def test_only_the_named_actions_tell() -> None:
    on_order(on=("deleted",))

    order = Order.objects.create(customer="ann")
    order.delete()

    assert [name for name, _ in told()] == ["shop.order.deleted"]


def test_save_that_changes_no_watched_field_tells_nothing() -> None:
    order = Order.objects.create(customer="ann")
    on_order()
    order = Order.objects.get(pk=order.pk)

    order.customer = "bob"
    order.save()
    order.save()

    assert told() == []


def test_decorated_function_gives_the_data_and_sees_the_changed_fields() -> None:
    @emits("shop.order.{action}", model=Order, fields=["state", "total_cents"])
    def order_data(order: Order, changed: list[str]) -> dict[str, Any] | None:
        return None if order.customer == "nobody" else {"id": order.pk, "because": changed}

    order = Order.objects.create(customer="ann")
    order.state, order.total_cents = "paid", 5
    order.save()
    Order.objects.create(customer="nobody")

    assert told() == [
        ("shop.order.created", {"id": order.pk, "because": []}),
        ("shop.order.updated", {"id": order.pk, "because": ["state", "total_cents"]}),
    ]
    assert order_data.model is Order


def test_decorator_without_fields_watches_every_column() -> None:
    @emits("shop.order.updated", model=Order, on=("updated",))
    def order_data(_order: Order, changed: list[str]) -> dict[str, Any]:
        return {"changed": changed}

    order = Order.objects.create(customer="ann")
    order.customer = "bob"
    order.save()

    assert told() == [("shop.order.updated", {"changed": ["customer"]})]


def test_change_is_told_once() -> None:
    on_order(on=("updated",), fields=["state"])
    order = Order.objects.create(customer="ann")

    order.state = "paid"
    order.save()
    order.save()

    assert len(told()) == 1


def test_each_of_two_sources_of_one_model_sees_the_change() -> None:
    on_order(on=("updated",))
    emits("audit.order.changed", model=Order, on=("updated",), fields=["state", "customer"])
    order = Order.objects.create(customer="ann")

    order.state = "paid"
    order.save()

    assert [name for name, _ in told()] == ["shop.order.updated", "audit.order.changed"]


def test_update_fields_limits_what_counts_as_changed() -> None:
    on_order(on=("updated",), fields=["state", "total_cents"])
    order = Order.objects.create(customer="ann")

    order.state, order.total_cents = "paid", 5
    order.save(update_fields=["state"])
    order.save()

    assert [data["changed"] for _, data in told()] == [["state"], ["total_cents"]]


def test_change_made_by_another_and_refreshed_is_not_told_again() -> None:
    on_order(on=("updated",))
    order = Order.objects.create(customer="ann")
    Order.objects.filter(pk=order.pk).update(state="paid")

    order.refresh_from_db()
    order.save()

    assert told() == []


def test_refreshing_one_field_keeps_an_unsaved_change_of_another() -> None:
    on_order(on=("updated",), fields=["state", "total_cents"])
    order = Order.objects.create(customer="ann")

    order.state = "paid"
    order.refresh_from_db(fields=["total_cents"])
    order.save()

    assert [data["changed"] for _, data in told()] == [["state"]]


def test_change_that_was_rolled_back_is_told_when_it_is_saved_again() -> None:
    on_order(on=("updated",))
    order = Order.objects.create(customer="ann")
    with transaction.atomic():
        order.state = "paid"
        order.save()
        transaction.set_rollback(True)
    assert told() == []

    order.save()

    assert [data["changed"] for _, data in told()] == [["state"]]


def test_change_in_a_kept_savepoint_is_not_told_again() -> None:
    on_order(on=("updated",))
    order = Order.objects.create(customer="ann")
    with transaction.atomic():
        order.state = "paid"
        order.save()

    order.save()

    assert len(told()) == 1


@pytest.mark.django_db(transaction=True)
def test_change_that_was_committed_is_not_told_again() -> None:
    on_order(on=("updated",))
    order = Order.objects.create(customer="ann")
    with transaction.atomic():
        order.state = "paid"
        order.save()

    order.save()

    assert len(told()) == 1


def test_instance_made_by_hand_counts_as_changed() -> None:
    on_order(on=("updated",))
    pk = Order.objects.create(customer="ann").pk

    Order(pk=pk, customer="ann", state="paid", created_at=NOON).save()

    assert [data["changed"] for _, data in told()] == [["state"]]


def test_deferred_field_is_neither_loaded_nor_changed(django_assert_num_queries: Any) -> None:
    @emits("shop.order.updated", model=Order, on=("updated",), fields=["state", "customer"])
    def order_data(_order: Order, changed: list[str]) -> dict[str, Any]:
        return {"changed": changed}

    pk = Order.objects.create(customer="ann").pk
    order = Order.objects.only("customer").get(pk=pk)

    order.customer = "bob"
    with django_assert_num_queries(2):  # the update and the event
        order.save()

    assert told() == [("shop.order.updated", {"changed": ["customer"]})]
    assert order_data.type == "shop.order.updated"


def test_expression_is_told_as_what_the_database_made_of_it() -> None:
    on_order(on=("updated",), fields=["total_cents"])
    order = Order.objects.create(customer="ann", total_cents=5)

    order.total_cents = F("total_cents") + 1
    order.save()

    assert told() == [("shop.order.updated", {"total_cents": 6, "changed": ["total_cents"]})]


@pytest.mark.parametrize("copied", [copy.copy, lambda order: pickle.loads(pickle.dumps(order))])
def test_copy_of_an_instance_remembers_by_itself(copied: Any) -> None:
    on_order(on=("updated",))
    order = Order.objects.create(customer="ann")
    twin = copied(order)

    twin.state = "paid"
    twin.save()
    order.save()

    assert [data["changed"] for _, data in told()] == [["state"]]


def test_fixture_that_is_loaded_tells_nothing() -> None:
    on_order()
    order = Order(pk=5, customer="ann", created_at=NOON)

    for restored in serializers.deserialize("json", serializers.serialize("json", [order])):
        restored.save()

    assert told() == []
    assert Order.objects.count() == 1


def test_bulk_operations_tell_nothing_until_they_are_said() -> None:
    source = on_order()
    orders = Order.objects.bulk_create([Order(customer="ann"), Order(customer="bob")])
    Order.objects.update(state="paid")
    assert told() == []

    source.emit(orders, "created")
    source.emit(Order.objects.all(), "updated", changed=["state"])

    assert [name for name, _ in told()] == ["shop.order.created"] * 2 + ["shop.order.updated"] * 2


def test_model_may_be_named_by_its_label() -> None:
    emits("shop.order.created", model="project.Order", on=("created",), fields=["customer"])

    Order.objects.create(customer="ann")

    assert told() == [("shop.order.created", {"customer": "ann"})]


def test_subject_and_actor_come_from_the_instance() -> None:
    on_order(on=("created",), subject=lambda o: f"order:{o.pk}", actor=lambda o: o.customer)

    order = Order.objects.create(customer="7")

    record = EventRecord.objects.get()
    assert (record.subject, record.actor) == (f"order:{order.pk}", "7")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"on": ("made",)}, "known actions: created, updated, deleted"),
        ({"on": ()}, "known actions"),
        ({"fields": ["colour"]}, "Order has no field 'colour'; known: id, customer"),
        ({"type": "shop.order"}, "several actions need '{action}'"),
        ({"type": "flowengine.{action}"}, "reserved"),
        ({"type": "shop order {action}"}, "not an event type"),
        ({"model": User, "fields": ["groups"]}, "use emit_on"),
    ],
)
def test_wrong_declaration_is_refused(arguments: dict[str, Any], message: str) -> None:
    given = {"type": "shop.order.{action}", "model": Order, "fields": ["state"], **arguments}

    with pytest.raises(AuthorError, match=message):
        emits(given.pop("type"), **given)


def test_source_refuses_an_unknown_action() -> None:
    with pytest.raises(AuthorError, match="'made' is no action"):
        on_order().emit([], "made")


def test_any_signal_may_emit(rf: Any) -> None:
    def data(*, user: User, **_kwargs: Any) -> dict[str, Any] | None:
        return {"name": user.username} if user.username != "bot" else None

    emit_on(user_logged_in, "auth.login", data, actor=lambda *, user, **_kwargs: user)
    ann, bot = User.objects.create_user("ann"), User.objects.create_user("bot")
    for user in (ann, bot):
        user_logged_in.send(sender=User, request=rf.get("/"), user=user)

    assert EventRecord.objects.get().actor == str(ann.pk)
    assert told() == [("auth.login", {"name": "ann"})]


def test_emit_on_decorates_and_keeps_to_its_sender() -> None:
    @emit_on(m2m_changed, "auth.groups", sender=User.groups.through)
    def groups(*, action: str, instance: User, **_kwargs: Any) -> dict[str, Any] | None:
        if action != "post_add":
            return None
        return {"groups": list(instance.groups.values_list("name", flat=True))}

    user = User.objects.create_user("ann")
    user.groups.add(Group.objects.create(name="staff"))

    assert told() == [("auth.groups", {"groups": ["staff"]})]


def test_subject_of_any_signal_comes_from_its_arguments() -> None:
    signal = Signal()
    emit_on(signal, "thing.done", lambda **_kwargs: {}, subject=lambda *, name, **_kwargs: name)

    signal.send(sender=None, name="this")

    assert EventRecord.objects.get().subject == "this"

"""Events from Django signals, declared once: :func:`emits` for models, :func:`emit_on` for any signal.

The event is emitted where the signal is sent, so it is in the transaction that the sender is in. A
``save()`` outside any transaction commits before ``post_save`` is sent: to have row and event both or
neither, save inside ``transaction.atomic()`` (or set ``ATOMIC_REQUESTS``).

``bulk_create`` and ``QuerySet.update`` send no signals; :meth:`Source.emit` says it for them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model
from django.db.models.signals import post_delete, post_save
from django.db.models.utils import make_model_tuple
from django.dispatch import Signal
from django.utils.encoding import is_protected_type

from flowengine.errors import AuthorError, EventRefused
from flowengine.orchestration import memory
from flowengine.orchestration.emit import Emitted, NewEvent, check_type, emit, emit_many

ACTIONS = ("created", "updated", "deleted")

DataFunction = Callable[[Any, list[str]], Mapping[str, Any] | None]
"""From the instance and the names of its changed fields (empty unless updated); None = no event."""

_sources: list[Source] = []
_signals: list[OnSignal] = []
_by_model: dict[type[Model], list[Source]] = {}


@dataclass(frozen=True, slots=True)
class OnSignal:
    """The event of a signal, as declared with :func:`emit_on`."""

    type: str
    data: str
    """The function that makes its data, by its dotted name."""


class Source:
    """The events of one model, as declared with :func:`emits`."""

    def __init__(
        self,
        *,
        type: str,  # noqa: A002 - CloudEvents' own word
        model: type[Model] | str,
        on: Sequence[str],
        fields: Sequence[str] | None,
        subject: Callable[[Any], str | None],
        actor: Callable[[Any], Any] | None,
        changed_as: str | None,
    ) -> None:
        self.type = type
        """With ``{action}`` where the action stands."""
        self.model = model
        """The class; its label until Django has loaded it."""
        self.on = tuple(on)
        self._names = None if fields is None else tuple(fields)
        self._subject = subject
        self._actor = actor
        self._changed_as = changed_as
        self._function: DataFunction | None = None
        self._attributes: dict[str, str] = {}
        """Attribute -> the name of the watched field, in the order of *fields*."""
        self._is_connected = False
        if fields is not None:
            self._connect()

    def __call__(self, function: DataFunction) -> Source:
        """Use *function* for the data; this is how ``@emits(…)`` decorates."""
        self._function = function
        self._connect()
        return self

    def events(
        self, instances: Iterable[Model], action: str, *, changed: Sequence[str] = ()
    ) -> list[NewEvent]:
        """The events that these instances are worth, not emitted yet."""
        if action not in ACTIONS:
            raise AuthorError(f"{action!r} is no action; known: {', '.join(ACTIONS)}")
        found = (self._event(instance, action, list(changed)) for instance in instances)
        return [event for event in found if event is not None]

    def emit(
        self,
        instances: Iterable[Model],
        action: str,
        *,
        changed: Sequence[str] = (),
        using: str | None = None,
    ) -> list[Emitted]:
        """Emit for instances of which Django told nobody: after ``bulk_create``, ``update`` …"""
        return emit_many(self.events(instances, action, changed=changed), using=using)

    def names_of(self, attributes: Collection[str]) -> list[str]:
        """The watched fields among these attributes, in the order of the declaration."""
        return [name for attribute, name in self._attributes.items() if attribute in attributes]

    def attached(self, model: type[Model]) -> None:
        """The class is loaded: watch it. Called once, by Django."""
        self.model = model
        options = model._meta  # noqa: SLF001 - Django's documented Meta API
        if options.abstract:
            raise AuthorError(
                f"@emits: {model.__name__} is abstract; name each model that has rows"
            )
        names = self._names
        if names is None:
            names = tuple(field.name for field in options.concrete_fields)
        self._attributes = {_field(model, name).attname: name for name in names}
        if model not in _by_model:
            _by_model[model] = []
            post_save.connect(_on_save, sender=model, weak=False)
            post_delete.connect(_on_delete, sender=model, weak=False)
        _by_model[model].append(self)
        memory.watch(model, self._attributes)

    def _connect(self) -> None:
        if not self._is_connected:
            self._is_connected = True
            _sources.append(self)
            apps.lazy_model_operation(self.attached, make_model_tuple(self.model))

    def _event(self, instance: Model, action: str, changed: list[str]) -> NewEvent | None:
        if self._function is not None:
            data = self._function(instance, changed)
        else:
            data = self._fields_of(instance)
            if action == "updated" and self._changed_as is not None:
                data = {**data, self._changed_as: changed}
        if data is None:
            return None
        return NewEvent(
            self.type.replace("{action}", action),
            data,
            subject=self._subject(instance),
            actor=None if self._actor is None else self._actor(instance),
        )

    def _fields_of(self, instance: Model) -> dict[str, Any]:
        model = type(instance)
        return {name: _value(_field(model, name), instance) for name in self._attributes.values()}


def emits(
    type: str,  # noqa: A002 - CloudEvents' own word
    *,
    model: type[Model] | str,
    on: Sequence[str] = ACTIONS,
    fields: Sequence[str] | None = None,
    subject: Callable[[Any], str | None] | None = None,
    actor: Callable[[Any], Any] | None = None,
    changed_as: str | None = "changed",
) -> Source:
    """Emit an event whenever an instance of *model* is created, updated or deleted.

    As a decorator of a function ``(instance, changed) -> data``, or called alone with *fields*, whose
    values are the data then. An update is told only when a watched field really changed.

    Args:
        type: the event type; ``{action}`` in it becomes the action. Needed where *on* has several.
        model: the class, or its label ``app.Model``. Subclasses and proxies are models of their own.
        on: of ``created``, ``updated``, ``deleted``.
        fields: the fields to watch for changes. None = all that have a column (decorator only).
        subject: from the instance to the event's subject; its primary key unless given.
        actor: from the instance to who did it: a user, or a user's key. None = unknown.
        changed_as: without a function, the key of the data under which an update names the changed
            fields; None = nowhere.

    Raises:
        AuthorError: the declaration is wrong.
    """
    wrong = [action for action in on if action not in ACTIONS]
    if wrong or not on:
        raise AuthorError(f"@emits('{type}'): on={on!r}; known actions: {', '.join(ACTIONS)}")
    if len(on) > 1 and "{action}" not in type:
        raise AuthorError(f"@emits('{type}'): several actions need '{{action}}' in the type")
    try:
        check_type(type.replace("{action}", on[0]))
    except EventRefused as refusal:
        if refusal.code == "FE309":  # an unknown type may be registered later than this line
            raise AuthorError(f"@emits: {refusal.message}", code=refusal.code) from refusal
    return Source(
        type=type,
        model=model,
        on=on,
        fields=fields,
        subject=subject or _primary_key,
        actor=actor,
        changed_as=changed_as,
    )


def emit_on(
    signal: Signal,
    type: str,  # noqa: A002 - CloudEvents' own word
    data: Callable[..., Any] | None = None,
    *,
    sender: Any = None,
    subject: Callable[..., str | None] | None = None,
    actor: Callable[..., Any] | None = None,
) -> Callable[..., Any]:
    """Emit an event whenever *signal* is sent: ``user_logged_in``, ``m2m_changed`` …

    *data*, *subject* and *actor* are called with the signal's arguments by name, as a receiver is;
    data that is None makes no event. Without *data* it is a decorator of that function.

    Returns:
        The data function (or the decorator that takes it).
    """

    def connect(function: Callable[..., Any]) -> Callable[..., Any]:
        def receive(**arguments: Any) -> None:
            found = function(**arguments)
            if found is not None:
                emit(
                    type,
                    found,
                    subject=None if subject is None else subject(**arguments),
                    actor=None if actor is None else actor(**arguments),
                )

        signal.connect(receive, sender=sender, weak=False)
        _signals.append(OnSignal(type, f"{function.__module__}.{function.__qualname__}"))
        return function

    return connect if data is None else connect(data)


def declared() -> tuple[Source, ...]:
    """All sources of this process."""
    return tuple(_sources)


def on_signals() -> tuple[OnSignal, ...]:
    """What this process emits on signals."""
    return tuple(_signals)


def _on_save(
    sender: type[Model],
    instance: Model,
    *,
    created: bool,
    raw: bool,
    using: str,
    update_fields: Collection[str] | None,
    **_kwargs: Any,
) -> None:
    changed = memory.changed(instance, update_fields)
    memory.remember_save(instance, update_fields, using)
    if raw:  # a fixture restores facts; it makes none
        return
    action = "created" if created else "updated"
    for source in _by_model[sender]:
        names = [] if created else source.names_of(changed)
        if action in source.on and (created or names):
            _settle_expressions(instance, using)
            emit_many(source.events([instance], action, changed=names))


def _on_delete(sender: type[Model], instance: Model, **_kwargs: Any) -> None:
    for source in _by_model[sender]:
        if "deleted" in source.on:
            emit_many(source.events([instance], "deleted"))


def _settle_expressions(instance: Model, using: str) -> None:
    """Replace ``F("count") + 1`` and its like by what the database made of it."""
    options = instance._meta  # noqa: SLF001 - Django's documented Meta API
    open_ones = [
        field.name
        for field in options.concrete_fields
        if hasattr(instance.__dict__.get(field.attname), "resolve_expression")
    ]
    if open_ones:
        instance.refresh_from_db(using=using, fields=open_ones)


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    options = model._meta  # noqa: SLF001 - Django's documented Meta API
    try:
        field = options.get_field(name)
    except FieldDoesNotExist:
        known = ", ".join(field.name for field in options.concrete_fields)
        raise AuthorError(
            f"@emits: {model.__name__} has no field {name!r}; known: {known}"
        ) from None
    if not isinstance(field, Field) or field.many_to_many or not field.concrete:
        raise AuthorError(
            f"@emits: {model.__name__}.{name} has no column; for many-to-many fields use"
            " emit_on(m2m_changed, …)"
        )
    return field


def _value(field: Field[Any, Any], instance: Model) -> Any:
    """The field's value as Django's serialisers give it: JSON types, or text."""
    value: Any = field.value_from_object(instance)
    is_json: bool = is_protected_type(value)
    return value if is_json else field.value_to_string(instance)


def _primary_key(instance: Model) -> str:
    return str(instance.pk)

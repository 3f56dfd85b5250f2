"""What a model instance held when it was last in the database: the base of change detection.

Values are remembered when an instance is loaded, refreshed or saved. A save inside a transaction
counts only for as long as that transaction, or savepoint, is not rolled back: otherwise the next save
of the same instance would miss a change that never reached the database.

Django sends no signal when it has loaded or refreshed an instance (``post_init`` cannot tell one that
was loaded from one made by hand), so both methods of a watched model are wrapped.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from functools import wraps
from typing import Any

from django.db import connections, transaction
from django.db.models import Model

_ATTRIBUTE = "_flowengine_memory"
_watched: dict[type[Model], set[str]] = {}
"""By model: the attributes to remember, as they are called in ``instance.__dict__``."""


class _Saved:
    """One save: its values, and whether its transaction still stands. Called by the commit."""

    __slots__ = ("alias", "is_committed", "values")

    def __init__(self, alias: str, values: Mapping[str, Any]) -> None:
        self.alias = alias
        self.values = values
        self.is_committed = False

    def __call__(self) -> None:
        self.is_committed = True

    @property
    def stands(self) -> bool:
        """It is committed, or its transaction is still open with this save in it.

        A rollback, to a savepoint too, takes what was to run on commit out of the connection's list.
        """
        pending = connections[self.alias].run_on_commit
        return self.is_committed or any(entry[1] is self for entry in reversed(pending))


class _Memory:
    """Of one instance: by attribute, what the database held."""

    __slots__ = ("loaded", "owner", "saves")

    def __init__(self, owner: int, loaded: Mapping[str, Any]) -> None:
        self.owner = owner
        """The identity of the instance; a copy of an instance must not share its memory."""
        self.loaded = loaded
        self.saves: list[_Saved] = []

    def base(self) -> Mapping[str, Any]:
        """What the database holds now, as far as this instance knows."""
        while self.saves and not self.saves[-1].stands:
            self.saves.pop()
        if not self.saves:
            return self.loaded
        newest = self.saves[-1]
        if newest.is_committed:
            self.loaded, self.saves = newest.values, []
        return newest.values


def watch(model: type[Model], attributes: Iterable[str]) -> None:
    """Remember these attributes of *model*'s instances, besides those watched already."""
    if model not in _watched:
        _watched[model] = set()
        _wrap_from_db(model)
        _wrap_refresh_from_db(model)
    _watched[model] |= set(attributes)


def changed(instance: Model, update_fields: Collection[str] | None) -> set[str]:
    """The watched attributes whose written value differs from the one in the database.

    Args:
        instance: the one that has just been saved, and is not remembered yet.
        update_fields: the names of the fields that were written; None = all.
    """
    base = _memory(instance).base()
    missing = object()
    return {
        name
        for name, value in _written(instance, update_fields).items()
        if base.get(name, missing) != value
    }


def remember_save(instance: Model, update_fields: Collection[str] | None, alias: str) -> None:
    """*instance* has just been saved: what was written is the base from now on."""
    memory = _memory(instance)
    save = _Saved(alias, {**memory.base(), **_written(instance, update_fields)})
    memory.saves.append(save)
    if connections[alias].in_atomic_block:
        transaction.on_commit(save, using=alias)
    else:
        save()


def _remember_load(instance: Model, attributes: Iterable[str]) -> None:
    memory = _memory(instance)
    memory.loaded = {**memory.base(), **_values(instance, attributes)}
    memory.saves = []


def _wrap_from_db(model: type[Model]) -> None:
    original = model.from_db.__func__  # type: ignore[attr-defined]

    @wraps(original)
    def from_db(cls: type[Model], *args: Any, **kwargs: Any) -> Model:
        instance: Model = original(cls, *args, **kwargs)
        _remember_load(instance, _watched[model])
        return instance

    model.from_db = classmethod(from_db)  # type: ignore[assignment]


def _wrap_refresh_from_db(model: type[Model]) -> None:
    original = model.refresh_from_db

    @wraps(original)
    def refresh_from_db(
        self: Model, using: str | None = None, fields: Any = None, **kwargs: Any
    ) -> None:
        original(self, using, fields, **kwargs)
        # Fields that were not asked for may hold values that were never saved.
        names = _watched[model] if fields is None else _attributes(self, fields)
        _remember_load(self, names & _watched[model])

    model.refresh_from_db = refresh_from_db  # type: ignore[method-assign, assignment]


def _memory(instance: Model) -> _Memory:
    memory: _Memory | None = instance.__dict__.get(_ATTRIBUTE)
    if memory is None or memory.owner != id(instance):
        memory = _Memory(id(instance), {} if memory is None else memory.base())
        instance.__dict__[_ATTRIBUTE] = memory
    return memory


def _written(instance: Model, update_fields: Collection[str] | None) -> dict[str, Any]:
    names = _watched[type(instance)]
    if update_fields is not None:
        names = names & _attributes(instance, update_fields)
    return _values(instance, names)


def _values(instance: Model, attributes: Iterable[str]) -> dict[str, Any]:
    """The present values; deferred ones are left out, which asks the database nothing."""
    held = instance.__dict__
    return {name: _kept(held[name]) for name in attributes if name in held}


def _kept(value: Any) -> Any:
    return copy.deepcopy(value) if isinstance(value, dict | list | set) else value


def _attributes(instance: Model, fields: Iterable[str]) -> set[str]:
    found = set()
    for name in fields:
        field = instance._meta.get_field(name)  # noqa: SLF001 - Django's documented Meta API
        found.add(getattr(field, "attname", name))
    return found

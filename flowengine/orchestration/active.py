"""The workflows that take new runs, as the open transaction sees them."""

from __future__ import annotations

from flowengine.definitions.catalog import Catalog
from flowengine.store import definitions

_CATALOGS_MAX = 8

_catalogs: dict[tuple[int, ...], Catalog] = {}
"""By the identities of their workflows, which a catalogue keeps alive."""


def catalog() -> Catalog:
    """The active version of each enabled workflow; one statement, but for versions that are new here.

    Raises:
        DefinitionError: a newer process stored a definition that this one cannot read.
    """
    active = definitions.active()
    loaded = definitions.load(frozenset(active.values()))
    workflows = {name: loaded[digest] for name, digest in active.items() if digest in loaded}
    key = tuple(map(id, workflows.values()))
    if key not in _catalogs:
        if len(_catalogs) >= _CATALOGS_MAX:
            _catalogs.clear()
        _catalogs[key] = Catalog(workflows)
    return _catalogs[key]

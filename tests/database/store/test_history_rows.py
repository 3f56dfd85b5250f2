"""What one row of the history holds."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from flowengine.engine.transitions import Transition, public
from flowengine.store.history import encoded
from tests.unit.engine.test_transitions import VALUES

PRIVATE = {"input": {"card": "4242"}, "output": {"id": 1}, "values": ({"iban": "DE02"},)}


@pytest.mark.parametrize("kind", get_args(Transition), ids=lambda each: each.__name__)
def test_row_holds_the_public_form_and_nothing_else(kind: Any) -> None:
    names = [field.name for field in msgspec.structs.fields(kind)]
    transition = kind(**{name: {**VALUES, **PRIVATE}[name] for name in names})

    assert encoded((transition,)) == msgspec.json.encode([public(transition)])

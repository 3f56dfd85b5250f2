"""One thing of each kind, to be asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from flowengine.testing import Runner
from tests.database.api.given import EACH_IS_ASKED, all_kinds


@pytest.fixture
def things(settings: Any, flow_runner: Runner) -> Mapping[str, Mapping[str, str]]:
    """The ids of what is asked for; runs that order 13 caused are foreign to everybody."""
    settings.FLOWENGINE = EACH_IS_ASKED
    return all_kinds(flow_runner)

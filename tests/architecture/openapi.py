"""The OpenAPI document of the API, as it is committed.

Write it anew with ``uv run python -m tests.architecture.openapi``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


def written() -> str:
    """What is committed."""
    return PAGE.read_text(encoding="utf-8")


def made() -> str:
    """What the source says."""
    from flowengine.web.api.app import document

    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    PAGE.write_text(made(), encoding="utf-8")

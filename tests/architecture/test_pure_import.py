"""The pure modules, imported alone, bring no framework and no broker library with them.

The import contracts do not count what a parent package's ``__init__`` imports; this test does.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FRAMEWORKS = ("django", "channels", "asgiref", "pika", "kombu")

_IMPORT_ALL = """
import importlib, pkgutil, sys
top = importlib.import_module(sys.argv[1])
for found in pkgutil.walk_packages(getattr(top, "__path__", []), top.__name__ + "."):
    importlib.import_module(found.name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def _pure_modules() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [contract] = [
        contract
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract["id"] == "pure"
    ]
    modules: list[str] = contract["source_modules"]
    return modules


@pytest.mark.parametrize("module", _pure_modules())
def test_pure_module_imported_alone_brings_no_framework(module: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", _IMPORT_ALL, module],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert result.returncode == 0, result.stderr
    assert set(result.stdout.split()).isdisjoint(FRAMEWORKS)

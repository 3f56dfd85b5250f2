"""No file passes 400 lines and no function 60; exceptions stand here, each with its reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FOLDERS = ("flowengine", "tests", "docs")
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60

LONG_FILES: Mapping[str, str] = {}
"""Path: why it stays whole."""
LONG_FUNCTIONS: Mapping[str, str] = {}
"""Path::name: why it stays whole."""


def test_no_file_passes_its_lines() -> None:
    sizes = {name: len(source.splitlines()) for name, source in _sources()}

    too_long = {name: size for name, size in sizes.items() if size > FILE_LINES_MAX}

    assert too_long.keys() == LONG_FILES.keys(), too_long


def test_no_function_passes_its_lines() -> None:
    sizes = {
        f"{name}::{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for name, source in _sources()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }

    too_long = {name: size for name, size in sizes.items() if size > FUNCTION_LINES_MAX}

    assert too_long.keys() == LONG_FUNCTIONS.keys(), too_long


def _sources() -> Iterator[tuple[str, str]]:
    yield "hatch_build.py", (ROOT / "hatch_build.py").read_text(encoding="utf-8")
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "migrations" not in path.parts and "node_modules" not in path.parts:
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")

"""Problems of workflow files for machines: JSON, GitHub's annotations, SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

import flowengine
from flowengine.cli.terminal import Terminal
from flowengine.definitions.findings import is_warning
from flowengine.errors import Problem

FORMATS = ("human", "json", "github", "sarif")
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def report(problems: Sequence[Problem], report_format: str, terminal: Terminal) -> None:
    """Write *problems* to stdout, as a machine reads them."""
    match report_format:
        case "json":
            terminal.json([as_json(problem) for problem in problems])
        case "github":
            for problem in problems:
                terminal.data(as_annotation(problem))
        case _:
            terminal.json(as_sarif(problems))


def as_json(problem: Problem) -> dict[str, str | int]:
    """A problem as ``--format json`` gives it; these members stay."""
    return {
        "file": problem.file,
        "line": problem.line,
        "column": problem.column,
        "code": problem.code,
        "message": problem.message,
        "hint": problem.hint,
        "path": problem.path,
    }


def as_annotation(problem: Problem) -> str:
    """A workflow command of GitHub Actions: the problem is shown at its line of the change."""
    where = {"file": problem.file, "line": problem.line, "col": problem.column}
    named = {**where, "title": f"flowengine {problem.code}"}
    properties = ",".join(f"{key}={str(v).translate(_PROPERTY)}" for key, v in named.items())
    return f"::{_level(problem)} {properties}::{_text(problem).translate(_DATA)}"


def as_sarif(problems: Sequence[Problem]) -> dict[str, Any]:
    """A log of one run, for code scanning and editors."""
    codes = sorted({problem.code for problem in problems})
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "flowengine",
                        "semanticVersion": flowengine.__version__,
                        "rules": [{"id": code} for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(problem, codes.index(problem.code)) for problem in problems],
            }
        ],
    }


def _result(problem: Problem, rule: int) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": quote(PurePath(problem.file).as_posix())},
        "region": {"startLine": problem.line, "startColumn": problem.column},
    }
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": _level(problem),
        "message": {"text": _text(problem)},
        "locations": [{"physicalLocation": place}],
    }


def _level(problem: Problem) -> str:
    return "warning" if is_warning(problem) else "error"


def _text(problem: Problem) -> str:
    return f"{problem.message} ({problem.hint})" if problem.hint else problem.message

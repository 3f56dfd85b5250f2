"""Print the JSON Schema of workflow files: for editors, as yaml-language-server reads it."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from flowengine.cli.exits import Exit
from flowengine.cli.terminal import Terminal
from flowengine.definitions.json_schema import json_schema


def add_arguments(parser: ArgumentParser) -> None:
    """``schema`` has no options of its own."""


def needs_project(_options: Namespace) -> bool:
    """The language is the same everywhere."""
    return False


def run(_options: Namespace, terminal: Terminal) -> int:
    """Print it; the same text is in the package, as ``definitions/workflow.schema.json``."""
    terminal.data(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return Exit.OK

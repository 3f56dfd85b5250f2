"""Hatchling's hook: puts the built frontend into the wheel.

From a checkout the bundle is built with npm; from an sdist it is already there, so building a
wheel from one needs no Node.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

MANIFEST = Path("flowengine/static/flowengine/manifest.json")


class FrontendHook(BuildHookInterface[BuilderConfig]):
    """Builds ``frontend/`` unless its result is there or nothing is to be shipped."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatch's
        """Run before each target is built."""
        root = Path(self.root)
        if version == "editable" or (root / MANIFEST).exists():
            return
        if not (root / "frontend/package.json").exists():
            return
        npm = shutil.which("npm")
        if npm is None:
            raise RuntimeError(
                f"{MANIFEST} is missing and npm is not on PATH: run `make build`, which brings its "
                "own Node, or install Node 20.19 or newer"
            )
        for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run([npm, *command], cwd=root / "frontend", check=True)  # noqa: S603 - npm

"""Sphinx: how the documentation is built (``make docs``)."""

from __future__ import annotations

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

import flowengine

project = "flowengine"
author = "the flowengine authors"
copyright = "2026, the flowengine authors"  # noqa: A001 - Sphinx's name
version = release = flowengine.__version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "changes", "decisions/template.md"]

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
nitpicky = True

html_theme = "furo"
html_title = f"flowengine {release}"


def setup(app: Sphinx) -> None:
    """Mermaid's diagrams are drawn where the source is read; here they stay text."""
    app.add_lexer("mermaid", TextLexer)

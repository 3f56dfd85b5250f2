"""The tables of the reference that are made from the source.

``uv run python -m tests.architecture.reference_tables`` writes them into their pages.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from flowengine import conf
from flowengine.definitions.expressions.functions import FUNCTIONS, METHODS, Form
from flowengine.definitions.input_schemas import KEYWORDS
from flowengine.definitions.keys.table import KeyRow, file_rows, kind_rows, step_rows
from flowengine.definitions.text_formats import FORMATS

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
Row = tuple[str, ...]


def settings_table() -> str:
    """Every setting: its name, type, default and docstring."""
    meanings = _field_docstrings(conf, "Settings")
    rows = [
        (
            f"`{item.name}`",
            f"`{str(item.type).replace('|', 'or')}`",
            f"`{getattr(conf.Settings(), item.name)!r}`",
            meanings[item.name],
        )
        for item in dataclasses.fields(conf.Settings)
    ]
    return _table(("setting", "type", "default", "meaning"), rows)


def keys_table() -> str:
    """Every key of a workflow file but those of steps."""
    return _keys(file_rows())


def step_keys_table() -> str:
    """The keys that every kind of step has, or every one that may loop."""
    return _keys(step_rows())


def kind_keys_table() -> str:
    """The keys of each kind of step."""
    heads = ("kind", "key", "value", "default", "meaning")
    return _table(heads, [(f"`{kind}`", *_key(row)) for kind, row in kind_rows()])


def keywords_table() -> str:
    """The keywords of JSON Schema that an input may use."""
    return _list(KEYWORDS)


def formats_table() -> str:
    """The values that ``format`` may have there."""
    return _list(FORMATS)


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names)) + "\n"


def _keys(rows: Iterable[KeyRow]) -> str:
    return _table(("key", "value", "default", "meaning"), map(_key, rows))


def _key(row: KeyRow) -> Row:
    return (f"`{row.path}`", row.type, row.default, row.meaning)


def functions_table() -> str:
    """What is called by its name."""
    return _forms(FUNCTIONS)


def methods_table() -> str:
    """What is written after a value."""
    return _forms(METHODS)


def operations_table() -> str:
    """Every operation of the API, from its document."""
    paths = json.loads((REFERENCE / "openapi.json").read_text(encoding="utf-8"))["paths"]
    rows = []
    for path, methods in paths.items():
        for method, operation in methods.items():
            place = path.removeprefix("/flow/api/v1/")
            needs = operation["x-needs"].removeprefix("flowengine.")
            shown = needs if " " in needs else f"`{needs}`"
            rows.append((method.upper(), f"`{place}`", _inline(operation["summary"]), shown))
    return _table(("", "below `api/v1/`", "", "needs"), rows)


TABLES: Mapping[str, tuple[str, Callable[[], str]]] = {
    "operations": ("http.md", operations_table),
    "settings": ("settings.md", settings_table),
    "keys": ("yaml.md", keys_table),
    "step-keys": ("yaml.md", step_keys_table),
    "kind-keys": ("yaml.md", kind_keys_table),
    "schema-keywords": ("yaml.md", keywords_table),
    "schema-formats": ("yaml.md", formats_table),
    "functions": ("expressions.md", functions_table),
    "methods": ("expressions.md", methods_table),
}
"""By the name in the page's comment: the page, and what makes the table."""


def written(name: str) -> str:
    """What the page holds between the two comments of that table."""
    return _block(name, _page(name).read_text(encoding="utf-8"))[1]


def write() -> None:
    """Put every table into its page."""
    for name, (_page_name, make) in TABLES.items():
        page = _page(name)
        text = page.read_text(encoding="utf-8")
        before, _old, after = _block(name, text)
        page.write_text(f"{before}{make()}{after}", encoding="utf-8")


def _page(name: str) -> Path:
    return REFERENCE / TABLES[name][0]


def _block(name: str, text: str) -> tuple[str, str, str]:
    opening, closing = f"<!-- table: {name} -->\n\n", f"\n<!-- end: {name} -->"
    before, _, rest = text.partition(opening)
    inside, found, after = rest.partition(closing)
    assert found, f"{_page(name)} has no place for the table {name!r}"
    return before + opening, inside, closing + after


def _forms(forms: Mapping[str, Form]) -> str:
    rows = []
    for name, form in sorted(forms.items()):
        meaning = " ".join(form.meaning.split())
        call = re.match(r"``(.+?)``", meaning)
        assert call is not None, f"{name} has no example"
        rest = meaning[call.end() :].lstrip(":. ")
        others = re.match(r"(, ``.+?``)+", meaning[call.end() :])
        if others is not None:
            rest = meaning[call.end() + others.end() :].lstrip(":. ")
        shown = f"`{call[1]}`" + (_inline(others[0]) if others is not None else "")
        rows.append((shown, form.gives or "", _inline(rest)))
    return _table(("call", "gives", "meaning"), rows)


def _field_docstrings(module: object, name: str) -> dict[str, str]:
    """The text below each field of a class of *module*."""
    tree = ast.parse(inspect.getsource(module))  # type: ignore[arg-type] # a module is one
    found = next(n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == name)
    texts: dict[str, str] = {}
    for field, below in zip(found.body, found.body[1:], strict=False):
        if not isinstance(field, ast.AnnAssign) or not isinstance(field.target, ast.Name):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            texts[field.target.id] = _inline(" ".join(str(below.value.value).split()))
    return texts


def _inline(text: str) -> str:
    return text.replace("``", "`")


def _table(heads: Row, rows: Iterable[Row]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    write()

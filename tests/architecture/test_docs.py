"""The reference is complete and true: each name of the source is on its page, and none besides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest
from django.dispatch import Signal

import flowengine
from flowengine import checks, signals
from flowengine.cli.program import COMMANDS
from flowengine.definitions.parse import parse
from flowengine.live import protocol
from tests.architecture.reference_tables import TABLES, written

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCE = ROOT / "flowengine"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
TEXTS = {path: path.read_text(encoding="utf-8") for path in PAGES if "_build" not in path.parts}
REFERENCE = {path.stem: text for path, text in TEXTS.items() if path.parent.name == "reference"}


def code_blocks(language: str) -> Iterator[tuple[str, str]]:
    """The blocks in that language, each with its page and line."""
    for path, text in TEXTS.items():
        for block in re.finditer(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            line = text.count("\n", 0, block.start()) + 1
            yield f"{path.relative_to(ROOT)}:{line}", block[1]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_table_is_what_the_source_says(name: str) -> None:
    """Write it anew with ``uv run python -m tests.architecture.reference_tables``."""
    assert written(name) == TABLES[name][1]()


def test_every_error_code_of_the_source_is_explained_and_no_other() -> None:
    used = set()
    for path in SOURCE.rglob("*.py"):
        used |= set(re.findall(r"\bFE[0-9]{3}\b", path.read_text(encoding="utf-8")))
    rows = re.findall(r"^\| `(FE[0-9]{3})` \|", REFERENCE["errors"], re.MULTILINE)

    assert used - set(rows) == set()
    assert set(rows) - used == set()
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_its_section(command: str) -> None:
    assert f"\n## {command}\n" in REFERENCE["cli"]


def test_every_signal_has_its_row_and_no_other() -> None:
    sent = {name for name, value in vars(signals).items() if isinstance(value, Signal)}

    assert set(re.findall(r"^\| `(\w+)` \|", REFERENCE["signals"], re.MULTILINE)) == sent


@pytest.mark.parametrize("name", sorted(flowengine.__all__))
def test_every_public_name_has_its_section(name: str) -> None:
    assert f"\n## {name}\n" in REFERENCE["api"]


def test_every_system_check_is_listed() -> None:
    known = set(re.findall(r'id="(flowengine\.[EW][0-9]{3})"', Path(checks.__file__).read_text()))

    assert set(re.findall(r"`(flowengine\.[EW][0-9]{3})`", REFERENCE["settings"])) == known


def test_every_frame_close_code_and_limit_of_the_socket_is_on_its_page() -> None:
    page = " ".join(REFERENCE["websocket-protocol"].split())
    frames = {
        str(msgspec.inspect.type_info(kind).tag)  # type: ignore[attr-defined] # a tagged struct's
        for kind in protocol.ClientFrame.__args__
    }
    documented = protocol.__doc__ or ""
    to_client = set(re.findall(r"^``(\w+)``", documented.partition("to client")[2], re.MULTILINE))

    assert {name for name in frames if f'{{"t": "{name}"' not in page} == set()
    assert {name for name in to_client if f"| `{name}` |" not in page} == set()
    assert {code.value for code in protocol.Close if f"| {code.value} |" not in page} == set()
    assert f"{protocol.SUBSCRIPTIONS_MAX} topics for a socket" in page
    assert f"{protocol.FRAME_MAX_BYTES // 1024} KiB for a frame" in page
    rate, burst = protocol.MESSAGES_PER_S, protocol.MESSAGES_BURST
    assert f"{rate:g} messages per second with {burst:g} at once" in page


def test_every_workflow_on_these_pages_can_be_parsed() -> None:
    blocks = code_blocks("yaml")
    whole = {place: text for place, text in blocks if re.search("^workflow: ", text, re.MULTILINE)}

    assert len(whole) >= 3
    for place, text in whole.items():
        parse(text, path=place)


def test_every_python_example_can_be_compiled() -> None:
    for place, text in code_blocks("python"):
        compile(text, place, "exec")


def test_every_test_that_a_guarantee_names_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", TEXTS[DOCS / "explanation" / "delivery-guarantees.md"]))
    there: set[str] = set()
    for path in (ROOT / "tests").rglob("*.py"):
        there |= set(re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8")))

    assert named - there == set()
    assert len(named) > 30


def test_every_link_between_pages_leads_somewhere() -> None:
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path, text in TEXTS.items()
        for target in re.findall(r"\]\(([^)#\s]+)", text)
        if "://" not in target and not (path.parent / target).exists()
    ]

    assert broken == []


def test_every_picture_is_there_and_shown() -> None:
    shown = {
        (path.parent / target).resolve()
        for path, text in TEXTS.items()
        for target in re.findall(r"(?:^```\{image\} |!\[[^]]*\]\()([^)\s]+)", text, re.MULTILINE)
    }
    there = {path for path in (DOCS / "_static").rglob("*") if path.is_file()}

    assert shown == there


def test_the_picture_can_be_drawn() -> None:
    picture = ET.parse(DOCS / "_static" / "line.svg").getroot()

    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert picture.find("{http://www.w3.org/2000/svg}desc") is not None

"""Of a traceback, one's own lines are told from those of libraries."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import msgspec
import pytest

from flowengine.engine.run import Frame
from flowengine.worker.frames import FRAMES_MAX, frames_of


def frames(error: BaseException) -> list[Frame]:
    return list(frames_of(error.__traceback__))


def charge(text: str) -> None:
    json.loads(text)


def deep(levels: int) -> None:
    if levels:
        deep(levels - 1)
    raise ValueError


def test_own_frames_are_marked_and_those_of_python_are_not() -> None:
    with pytest.raises(ValueError, match="Expecting") as raised:
        charge("{")

    _test, own, *library = frames(raised.value)
    assert (own.file, own.name, own.is_own) == ("tests/unit/worker/test_frames.py", "charge", True)
    assert own.line == charge.__code__.co_firstlineno + 1
    assert [(frame.file, frame.is_own) for frame in library[:2]] == [
        ("json/__init__.py", False),
        ("json/decoder.py", False),
    ]


def test_frames_of_installed_packages_are_not_own() -> None:
    with pytest.raises(ValueError, match="nothing") as raised:
        pytest.importorskip("packaging.version").Version("nothing")

    last = frames(raised.value)[-1]
    assert (last.file, last.is_own) == ("packaging/version.py", False)


def test_frames_of_the_engine_are_not_own() -> None:
    from flowengine.conf import parse
    from flowengine.errors import SettingsError

    with pytest.raises(SettingsError) as raised:
        parse(3)

    last = frames(raised.value)[-1]
    assert (last.file, last.name, last.is_own) == ("flowengine/conf.py", "parse", False)


def test_code_without_a_file_is_not_own() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        exec("1 / 0")

    assert frames(raised.value)[-1] == Frame(file="<string>", line=1, name="<module>")


def test_of_a_deep_recursion_the_last_frames_are_kept() -> None:
    with pytest.raises(ValueError) as raised:
        deep(200)

    assert len(frames(raised.value)) == FRAMES_MAX


def test_exception_that_was_never_raised_has_no_frames() -> None:
    assert frames(ValueError()) == []


def test_file_is_shown_without_where_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shoplike.py").write_text("def charge():\n    raise ValueError\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    with pytest.raises(ValueError) as raised:
        importlib.import_module("shoplike").charge()

    assert frames(raised.value)[-1] == Frame(file="shoplike.py", line=2, name="charge", is_own=True)
    assert msgspec.json.decode(msgspec.json.encode(frames(raised.value)), type=list[Frame])

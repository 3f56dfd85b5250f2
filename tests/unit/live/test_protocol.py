"""The frames that come from browsers."""

from __future__ import annotations

import json

import pytest

from flowengine.live.protocol import (
    FRAME_MAX_BYTES,
    Close,
    FrameRefused,
    Ping,
    Position,
    Subscribe,
    SubscribeAll,
    Unsubscribe,
    UnsubscribeAll,
    parse,
)

RUN = "run:01930000-0000-5000-8000-00000000000a"


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        (f'{{"t":"sub","c":"{RUN}","p":null}}', Subscribe(c=RUN)),
        (f'{{"t":"sub","c":"{RUN}"}}', Subscribe(c=RUN)),
        (
            f'{{"t":"sub","c":"{RUN}","p":{{"e":"7f3","o":41}}}}',
            Subscribe(c=RUN, p=Position(e="7f3", o=41)),
        ),
        (f'{{"t":"sub","c":"{RUN}","g":"a.b.c"}}', Subscribe(c=RUN, g="a.b.c")),
        (f'{{"t":"subs","m":{{"{RUN}":null}}}}', SubscribeAll(m={RUN: None})),
        (f'{{"t":"subs","m":{{"{RUN}":null}},"g":["a"]}}', SubscribeAll(m={RUN: None}, g=["a"])),
        (f'{{"t":"unsub","c":"{RUN}"}}', Unsubscribe(c=RUN)),
        (f'{{"t":"unsubs","m":["{RUN}"]}}', UnsubscribeAll(m=[RUN])),
        ('{"t":"ping"}', Ping()),
        ('{"t":"ping","of":"a later version"}', Ping()),
    ],
)
def test_frame_of_this_version_is_read(text: str, frame: object) -> None:
    assert parse(text) == frame


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "17",
        '"sub"',
        '{"t":"publish"}',
        '{"t":"sub"}',
        '{"t":"subs","m":["run:x"]}',
        '{"t":"unsubs","m":{}}',
        '{"t":"sub","c":17}',
        '{"t":"sub","c":"run:x","g":17}',
        '{"t":"subs","m":{},"g":"a.b.c"}',
        '{"t":"sub","c":"run:x","p":41}',
        '{"t":"sub","c":"run:x","p":{"e":"7f3"}}',
        '{"t":"sub","c":"run:x","p":{"e":"7f3","o":"41"}}',
        '{"t":"sub","c":"run:x","p":{"e":"7f3","o":1.5}}',
        '{"t":"sub","c":"run:x","p":{"e":"7f3","o":99999999999999999999999999}}',
        '{"t":"sub","c":"run:x","p":{"e":"7f3","o":-1}}',
        "[" * 60_000,
    ],
)
def test_json_that_is_no_frame_is_refused_and_the_socket_stays(text: str) -> None:
    with pytest.raises(FrameRefused) as refused:
        parse(text)

    assert refused.value.close is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "NaN",
        "\ud800",
        '{"t":"ping"}x',
        '{"t":"ping","x":' + "[" * 60_000,
        '{"t":"ping","x":' + '{"x":' * 10_000,
        b"\x00\x01",
        None,
    ],
)
def test_what_is_no_json_text_ends_the_socket(text: str | bytes | None) -> None:
    with pytest.raises(FrameRefused) as refused:
        parse(text)

    assert refused.value.close is Close.UNREADABLE


@pytest.mark.parametrize(
    ("size", "is_too_large"), [(FRAME_MAX_BYTES, False), (FRAME_MAX_BYTES + 1, True)]
)
def test_frame_over_the_limit_ends_the_socket(size: int, *, is_too_large: bool) -> None:
    text = json.dumps({"t": "ping", "x": ""})
    text = text.replace('""', '"' + "x" * (size - len(text)) + '"')

    if is_too_large:
        with pytest.raises(FrameRefused) as refused:
            parse(text)
        assert refused.value.close is Close.TOO_LARGE
    else:
        assert parse(text) == Ping()


def test_limit_counts_bytes_not_characters() -> None:
    with pytest.raises(FrameRefused) as refused:
        parse(json.dumps({"t": "ping", "x": "é" * (FRAME_MAX_BYTES // 2)}, ensure_ascii=False))

    assert refused.value.close is Close.TOO_LARGE

"""Workflows as pictures: what is drawn, as Mermaid text and as SVG."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from flowengine.definitions.drawing import Box, drawing
from flowengine.definitions.mermaid import mermaid
from flowengine.definitions.parse import parse
from flowengine.definitions.svg import svg

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "tests" / "examples" / "workflows").glob("*.yaml"))
EVERYTHING = """\
workflow: checkout
description: From cart to <parcel> & back.
on:
  - {event: [order.paid, order.late], if: "event.data.total > 0"}
  - {schedule: "0 6 1 * *", timezone: Europe/Berlin}
  - manual: {groups: [finance]}
  - call: true
steps:
  - {id: reserve, task: stock.reserve, compensate: stock.release}
  - parallel:
      a: x.a
      b: {needs: [a], task: x.b}
      gift: {if: event.data.gift, steps: [x.pick, x.print], timeout: 1h30m}
    max_parallel: 2
    timeout: 500ms
  - id: verified
    wait_for: {event: email.verified, match: {id: 1}}
    timeout: 24h
    rescue:
      - errors: [Timeout, Gone]
        steps: [x.remind, {fail: {error: NeverVerified, message: no}}]
      - steps: []
  - switch:
      - if: event.data.x == "y"
        steps: [x.one]
      - steps: []
  - {id: bill, task: x.bill, for_each: "${{ event.data.items }}", max_parallel: 3}
  - {id: each, for_each: [1, 2], workflow: employee-setup, timeout: 1d}
  - sleep: 2d
  - sleep: {until: "${{ event.time }}"}
  - {emit: order.shipped, with: {}}
  - id: sign_off
    title: Sign ${{ event.data.name }} off
    approval: {ask: ok, groups: [finance]}
    timeout: 3d
  - {approval: {ask: ok, users: [1]}, timeout: 10s}
  - {workflow: news, detach: true, id: news}
on_failure: [x.ticket]
finally: [x.heartbeat]
"""


def boxes() -> dict[str, Box]:
    found: dict[str, Box] = {}

    def add(box: Box) -> None:
        found[box.id] = box
        for lane in (*box.lanes, *box.rescues):
            for inner in lane.boxes:
                add(inner)

    for box in drawing(parse(EVERYTHING)).line.boxes:
        add(box)
    return found


def test_drawing_tells_what_starts_a_run() -> None:
    assert drawing(parse(EVERYTHING)).starts == (
        "order.paid, order.late if event.data.total > 0",
        "schedule 0 6 1 * * Europe/Berlin",
        "by hand: finance",
        "called by a workflow",
    )
    plain = "workflow: w\non: [{manual: true}, {schedule: '0 6 1 * *'}, a.b]\nsteps: [a.b]\n"
    assert drawing(parse(plain)).starts == ("by hand", "schedule 0 6 1 * *", "a.b")


@pytest.mark.parametrize(
    ("step", "title", "notes"),
    [
        ("reserve", "reserve", ("stock.reserve", "undone by stock.release")),
        ("parallel 1", "parallel 1", ("2 at a time", "500ms at most")),
        ("gift", "gift", ("if event.data.gift", "1h30m at most")),
        ("verified", "verified", ("waits for email.verified, 1d at most",)),
        ("fail 1", "fails with NeverVerified", ()),
        ("switch 1", "switch 1", ()),
        ("bill", "bill", ("x.bill", "for each event.data.items, 3 at a time")),
        ("each", "each", ("runs employee-setup", "for each of 2, 10 at a time", "1d at most")),
        ("sleep 1", "sleeps 2d", ()),
        ("sleep 2", "until event.time", ()),
        ("emit 1", "emits order.shipped", ()),
        ("sign_off", "Sign ${{ event.data.name }} off", ("asks finance, 3d at most",)),
        ("approval 2", "asks people, 10s at most", ()),
        ("news", "news", ("starts news",)),
    ],
)
def test_box_tells_what_its_step_does(step: str, title: str, notes: tuple[str, ...]) -> None:
    box = boxes()[step]

    assert (box.title, box.notes) == (title, notes)


def test_blocks_hold_their_lanes_and_steps_their_rescues() -> None:
    found = boxes()

    assert [lane.after for lane in found["parallel 1"].lanes] == [(), (0,), ()]
    assert [lane.label for lane in found["switch 1"].lanes] == ['if event.data.x == "y"', "else"]
    assert [lane.label for lane in found["verified"].rescues] == ["rescue Timeout, Gone", "rescue"]
    assert [box.id for box in found["gift"].lanes[0].boxes] == ["pick", "print"]
    assert [hook.label for hook in drawing(parse(EVERYTHING)).hooks] == ["on failure", "finally"]


def test_mermaid_nests_blocks_as_subgraphs_and_joins_them_from_outside() -> None:
    text = """\
workflow: w
on: a.b
steps:
  - x.first
  - parallel:
      a: {task: x.a, rescue: [{errors: [Gone], steps: [x.mend]}]}
      b: {needs: [a], steps: [x.c, x.d]}
  - switch:
      - {if: "event.data.n > 1", steps: []}
finally: [x.last]
"""

    assert (
        mermaid(drawing(parse(text)))
        == """\
flowchart TB
  start0(["a.b"])
  s1["first<br/>x.first"]
  subgraph s2["parallel 1"]
    direction TB
    s3["a<br/>x.a"]
    subgraph s3r0["rescue Gone"]
      direction TB
      s4["mend<br/>x.mend"]
    end
    subgraph s5["b"]
      direction TB
      s6["c<br/>x.c"]
      s7["d<br/>x.d"]
    end
  end
  subgraph s8["switch 1"]
    direction TB
    subgraph s8c0["if event.data.n #gt; 1"]
      direction TB
      s9["nothing"]
    end
  end
  subgraph hook0["finally"]
    direction TB
    s10["last<br/>x.last"]
  end
  start0 --> s1
  s3 -.-> s3r0
  s6 --> s7
  s3 --> s5
  s1 --> s2
  s2 --> s8
"""
    )


def test_mermaid_text_cannot_leave_its_quotes() -> None:
    title = 'a"] --> b["`<img>` #35;' + "x" * 100
    text = f"workflow: w\non: a.b\nsteps: [{{task: x.a, title: '{title}'}}]\n"

    drawn = mermaid(drawing(parse(text)))

    [line] = [line for line in drawn.splitlines() if "x.a" in line]
    assert line.startswith('  s1["a#quot;] --#gt; b[#quot;#96;#lt;img#gt;#96; #35;35;xxx')
    assert line.endswith('…<br/>x.a"]')
    assert line.count('"') == 2


def test_mermaid_shapes_tell_the_kinds_apart() -> None:
    drawn = mermaid(drawing(parse(EVERYTHING)))

    for shape in ('>"emits', '(["sleeps', '[/"Sign', '[["news', '{{"fails', '["reserve'):
        assert shape in drawn


def test_rescued_step_goes_on_from_itself_and_from_each_rescue() -> None:
    drawn = mermaid(drawing(parse(EVERYTHING)))

    [name] = [line.split("(")[0].strip() for line in drawn.splitlines() if "verified<br" in line]
    after = [line for line in drawn.splitlines() if line.startswith(f"  {name}") and "-->" in line]
    assert len(after) == 3
    assert len({line.split("--> ")[1] for line in after}) == 1


def test_svg_is_a_picture_with_every_title_a_name_and_a_description() -> None:
    picture = ET.fromstring(svg(drawing(parse(EVERYTHING))))

    space = "{http://www.w3.org/2000/svg}"
    words = {each.text for each in picture.iter(f"{space}text")}
    assert picture.get("class") == "flow"
    assert picture.findtext(f"{space}title") == "checkout"
    assert picture.findtext(f"{space}desc") == "From cart to <parcel> & back."
    assert {box.title for box in boxes().values()} <= words
    assert {"on failure", "finally", "nothing", "rescue", "else"} <= words


def test_svg_takes_its_colours_from_the_page_and_from_the_readers_scheme() -> None:
    drawn = svg(drawing(parse(EVERYTHING)))

    assert "currentColor" in drawn
    assert "prefers-color-scheme: dark" in drawn
    assert "var(--flow-ink" in drawn


def test_svg_cuts_long_text_and_keeps_it_for_the_pointer() -> None:
    title = "A title that is far too long to be written into one box of a picture"
    text = f"workflow: w\non: a.b\nsteps: [{{task: x.a, title: {title}}}]\n"

    drawn = svg(drawing(parse(text)))

    assert f"<title>{title}</title>A title that is far too long to be written…</text>" in drawn


def test_svg_keeps_every_box_inside_the_picture() -> None:
    picture = ET.fromstring(svg(drawing(parse(EVERYTHING))))
    width, height = float(picture.get("width", 0)), float(picture.get("height", 0))

    places = list(_rects(picture, 0, 0))

    assert len(places) > 25
    for left, top, wide, high in places:
        assert left >= 0
        assert top >= 0
        assert left + wide <= width
        assert top + high <= height


def test_branches_stand_in_rows_below_what_they_need() -> None:
    text = """\
workflow: w
on: a.b
steps:
  - parallel:
      last: {needs: [middle, first], task: x.y}
      middle: {needs: [first], task: x.y}
      first: x.y
"""
    picture = ET.fromstring(svg(drawing(parse(text))))

    tops = dict(_titles(picture, 0))

    assert tops["first"] < tops["middle"] < tops["last"]


ROWS = """\
workflow: w
on: a.b
steps:
  - parallel:
      last: {needs: [middle, first, third], task: x.y}
      middle: {needs: [first], task: x.y}
      first: x.y
      third: [x.y, {task: x.long_name_of_a_task, id: k}]
      fifth: {needs: [last], task: x.y}
      sixth: {needs: [last, first], task: x.y}
"""


@pytest.mark.parametrize(
    "text",
    [ROWS, *(file.read_text() for file in EXAMPLES)],
    ids=["rows", *(file.stem for file in EXAMPLES)],
)
def test_no_line_goes_through_a_box(text: str) -> None:
    picture = ET.fromstring(svg(drawing(parse(text))))

    boxes = _rects(picture, 0, 0, style="box")

    assert boxes
    for x, y in _points(picture, 0, 0):
        for left, top, wide, high in boxes:
            assert not (left + 1 < x < left + wide - 1 and top + 1 < y < top + high - 1)


def test_picture_in_the_documentation_is_what_is_drawn() -> None:
    """``flowengine graph tests/examples/workflows/02-order-fulfilment.yaml -o docs/_static/order-fulfilment.svg``"""
    source = ROOT / "tests/examples/workflows/02-order-fulfilment.yaml"

    drawn = svg(drawing(parse(source.read_text())))

    assert drawn == (ROOT / "docs/_static/order-fulfilment.svg").read_text()


def test_every_step_is_found_in_the_picture_by_its_id() -> None:
    text = (ROOT / "tests/examples/workflows/02-order-fulfilment.yaml").read_text()
    picture = ET.fromstring(svg(drawing(parse(text))))

    found = [step for each in picture.iter() if (step := each.get("data-step"))]

    assert len(found) == len(set(found))
    assert {f"id: {step}" for step in found if " " not in step} >= set(re.findall(r"id: \w+", text))


def test_same_workflow_gives_the_same_picture() -> None:
    first, second = drawing(parse(EVERYTHING)), drawing(parse(EVERYTHING))

    assert (svg(first), mermaid(first)) == (svg(second), mermaid(second))


def _moved(element: ET.Element) -> tuple[float, float]:
    moved = element.get("transform", "translate(0 0)")[len("translate(") : -1].split()
    return float(moved[0]), float(moved[1])


def _rects(
    element: ET.Element, x: float, y: float, style: str = ""
) -> list[tuple[float, float, float, float]]:
    dx, dy = _moved(element)
    x, y = x + dx, y + dy
    found = []
    for child in element:
        if child.tag.endswith("rect") and style in child.get("class", ""):
            found.append((x, y, float(child.get("width", 0)), float(child.get("height", 0))))
        found += _rects(child, x, y, style)
    return found


def _points(element: ET.Element, x: float, y: float) -> Iterator[tuple[float, float]]:
    """Points of every line: of a curve, thirty."""
    dx, dy = _moved(element)
    x, y = x + dx, y + dy
    for child in element:
        if child.tag.endswith("path") and "way" in child.get("class", ""):
            numbers = [float(number) for number in re.findall(r"-?[0-9.]+", child.get("d", ""))]
            if len(numbers) == 3:  # straight down
                numbers = [*numbers[:2], *numbers[:2], *(numbers[0], numbers[2]) * 2]
            for part in range(31):
                t = part / 30
                weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
                yield (
                    x + sum(w * n for w, n in zip(weights, numbers[::2], strict=True)),
                    y + sum(w * n for w, n in zip(weights, numbers[1::2], strict=True)),
                )
        yield from _points(child, x, y)


def _titles(element: ET.Element, y: float) -> list[tuple[str, float]]:
    y += _moved(element)[1]
    found = []
    for child in element:
        if child.tag.endswith("text"):
            found.append((child.text or "", y))
        found += _titles(child, y)
    return found

import { describe, expect, it } from "vitest";
import { placeOf, readJson } from "../../src/dashboard/pages/events/json-places";
import {
  type Event,
  isLate,
  isUnmatched,
  whyUnmatched,
} from "../../src/dashboard/pages/events/pipeline";
import { heights } from "../../src/dashboard/pages/events/rate";
import { meant, mended, rangeOf } from "../../src/dashboard/pages/sandbox/marks";

const broken = (text: string) => {
  const read = readJson(text);
  return read.kind === "broken" ? `${read.at.line}:${read.at.column} ${read.says}` : read.value;
};

describe("JSON that somebody types", () => {
  it.each([
    ['{"a": 1}', { a: 1 }],
    [' [true, null, -1.5e3, "\\u00e9\\n"] ', [true, null, -1500, "é\n"]],
    ["{}", {}],
    ["[]", []],
    ['"text"', "text"],
  ])("is read: %s", (text, value) => {
    expect(broken(text)).toEqual(value);
  });

  it.each([
    ["", "1:1 a value is missing at the end"],
    ['{"a": 1,}', '1:9 a name in "…" is missing before }'],
    ['{"a" 1}', "1:6 a colon is missing before 1"],
    ['{\n  "a": 1\n  "b": 2\n}', '3:3 a comma or } is missing before "b"'],
    ["[1 2]", "1:4 a comma or ] is missing before 2"],
    ["[1,]", "1:4 a value is missing before ]"],
    ["[1", "1:3 a comma or ] is missing at the end"],
    ["{'a': 1}", "1:2 'a': is no JSON"],
    ["01", "1:1 01 is no JSON"],
    ['"a\tb"', '1:1 "a is no JSON'],
    ["{} {}", "1:4 there is more after the end"],
    ["NaN", "1:1 NaN is no JSON"],
    [`${"[".repeat(300)}`, "1:201 it is too deep"],
  ])("is broken at a place: %s", (text, says) => {
    expect(broken(text)).toBe(says);
  });

  it("has the place of each path, or of what is nearest around it", () => {
    const text = '{\n  "lines": [\n    {"sku": "x"},\n    {"sku": 7}\n  ]\n}';

    expect(placeOf(text, "$.lines[1].sku")).toEqual({ line: 4, column: 13 });
    expect(placeOf(text, "$.lines[1].price")).toEqual({ line: 4, column: 5 });
    expect(placeOf(text, "$.total")).toEqual({ line: 1, column: 1 });
    expect(placeOf("{", "$.total")).toBe(undefined);
    expect(placeOf(text, "something else")).toBe(undefined);
  });
});

const event = (more: Partial<Event>): Event => ({
  id: "e1",
  type: "order.placed",
  source: null,
  external_id: null,
  subject: null,
  actor: null,
  key: null,
  state: "routed",
  target: null,
  replay: 0,
  hops: 0,
  tries: 0,
  correlation_id: "e1",
  causation_id: null,
  time: "2026-03-02T12:00:00Z",
  created_at: "2026-03-02T12:00:00Z",
  routed_at: "2026-03-02T12:00:00Z",
  due_at: null,
  is_test: false,
  is_heard: true,
  near: null,
  answers: [],
  ...more,
});
const answer = (outcome: string, run: string | null = null) => ({
  workflow: "order",
  digest: "d",
  replay: 0,
  outcome,
  run_id: run,
  decided_at: "2026-03-02T12:00:00Z",
  detail: "",
});

describe("an event that started nothing", () => {
  it("is one that nobody listens to, or to which everybody said no", () => {
    expect(isUnmatched(event({ is_heard: false }))).toBe(true);
    expect(isUnmatched(event({ answers: [answer("no_match")] }))).toBe(true);
    expect(whyUnmatched(event({ is_heard: false }))).toBe("nobody listens");
    expect(whyUnmatched(event({ answers: [answer("no_match")] }))).toBe("order: no match");
    expect(whyUnmatched(event({ answers: [answer("x"), answer("y")] }))).toBe(
      "2 workflows said no",
    );
  });

  it("is none that a run waits for, that is still on its way, or that started something", () => {
    expect(isUnmatched(event({}))).toBe(false);
    expect(isUnmatched(event({ state: "published", is_heard: false }))).toBe(false);
    expect(isUnmatched(event({ answers: [answer("started", "r1")] }))).toBe(false);
  });
});

describe("an event that is not routed", () => {
  const due = { state: "published", due_at: "2026-03-02T12:00:00Z" };
  const [soon, later] = ["2026-03-02T12:00:05Z", "2026-03-02T12:00:15Z"].map(Date.parse);

  it("is late when the floor says so too, and not while it may still be on its way", () => {
    expect(isLate(event(due), soon ?? 0)).toBe(false);
    expect(isLate(event(due), later ?? 0)).toBe(true);
    expect(isLate(event({ ...due, state: "routed" }), later ?? 0)).toBe(false);
    expect(isLate(event({ ...due, due_at: null }), later ?? 0)).toBe(false);
  });
});

describe("bars", () => {
  it("show one event among many, and nothing where none came", () => {
    expect(heights([0, 1, 100], 100)).toEqual([0, 2, 32]);
  });
});

describe("a problem of a text", () => {
  const text = "workflow: 𝒜 x\nsteps:\n  - task: a.b\n    timeuot: 1d\n";
  const at = (line: number, column: number, hint = "") => ({
    line,
    column,
    hint,
    code: "FE110",
    message: "",
    path: "",
    is_warning: false,
  });

  it("stands at a word, whatever characters are before it", () => {
    const { from, to } = rangeOf(text, at(1, 13));
    expect(text.slice(from, to)).toBe("x");
    const place = rangeOf(text, at(4, 5));
    expect(text.slice(place.from, place.to)).toBe("timeuot");
  });

  it("stands at the end where the text ends before", () => {
    expect(rangeOf(text, at(9, 1))).toEqual({ from: text.length, to: text.length });
  });

  it("is mended by the word that was meant, and by no other hint", () => {
    const problem = at(4, 5, "did you mean 'timeout'?");
    expect(mended(text, problem)).toBe(text.replace("timeuot", "timeout"));
    expect(meant(at(4, 5, "write it as a list"))).toBe(undefined);
    expect(mended(text, at(4, 5, "write it as a list"))).toBe(text);
  });
});

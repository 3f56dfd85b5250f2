import { describe, expect, it } from "vitest";
import { commandOf, refusal, type Standing, type Verb } from "../../src/dashboard/pages/run/acts";
import { type Bar, busyOf, heard, inWords, wholeOf } from "../../src/dashboard/pages/run/bars";
import { forChat } from "../../src/dashboard/pages/run/chat";
import { textOf } from "../../src/dashboard/pages/run/compare";
import { type Kin, treeOf } from "../../src/dashboard/pages/run/family";
import { scaleOf, ticksOf } from "../../src/dashboard/pages/run/scale";
import { allLogs } from "../../src/dashboard/pages/run/tries";

const VERBS: readonly Verb[] = [
  ...(["resume", "skip", "answer", "hold", "release", "cancel", "giveUp", "replay"] as const),
];
const NOON = Date.parse("2026-03-02T12:00:00Z");
const at = (second: number) => new Date(NOON + second * 1_000).toISOString();
const HOUR = 3_600_000;

const segment = (
  kind: string,
  from: number,
  to: number | null,
  more: Partial<Bar["segments"][number]> = {},
) => ({
  ...{ kind, begin: at(from), end: to === null ? null : at(to), attempt: null, result: "" },
  ...more,
});
const bar = (title: string, segments: Bar["segments"], more: Partial<Bar> = {}): Bar => ({
  ...{ step: title.toLowerCase(), item: "", kind: "task", title, total: null, segments },
  ...more,
});

describe("a picture of time", () => {
  it("is in proportion where nothing is idle for long", () => {
    const scale = scaleOf({ begin: 0, end: 10_000 }, [{ begin: 0, end: 9_000 }], true);
    expect(scale.pieces).toHaveLength(1);
    expect(scale.at(2_500)).toBeCloseTo(0.25);
  });

  it("cuts what is idle for longer than half of what is done, and says how long that was", () => {
    const busy = [
      { begin: 0, end: 4_000 },
      { begin: HOUR, end: HOUR + 4_000 },
    ];
    const scale = scaleOf({ begin: 0, end: HOUR + 4_000 }, busy, true);
    const [before, cut, after] = scale.pieces;
    expect(cut).toMatchObject({ isCut: true, begin: 4_000, end: HOUR });
    expect((cut?.to ?? 0) - (cut?.from ?? 0)).toBeCloseTo(0.09);
    expect((before?.to ?? 0) - (before?.from ?? 0)).toBeCloseTo(0.455);
    expect(after?.to).toBeCloseTo(1);
    expect(scale.at(HOUR + 2_000)).toBeCloseTo(0.7725);
  });

  it("cuts nothing where the reader wants to see all, nor what is short", () => {
    const busy = [{ begin: 0, end: 10 }];
    expect(scaleOf({ begin: 0, end: HOUR }, busy, false).pieces).toHaveLength(1);
    expect(scaleOf({ begin: 0, end: 1_900 }, busy, true).pieces).toHaveLength(1);
  });

  it("leaves room for what is done, however many stretches are cut", () => {
    const busy = Array.from({ length: 30 }, (_, n) => ({ begin: n * HOUR, end: n * HOUR + 9 }));
    const { pieces } = scaleOf({ begin: 0, end: 30 * HOUR }, busy, true);
    const cut = pieces.filter(({ isCut }) => isCut).reduce((sum, p) => sum + p.to - p.from, 0);
    expect(cut).toBeCloseTo(0.4);
  });

  it("stands at its edges for what is outside, and is not empty where nothing has happened", () => {
    const scale = scaleOf({ begin: 5, end: 5 }, [], true);
    expect([scale.at(0), scale.at(99)]).toEqual([0, 1]);
  });

  it("has round distances, apart from one another, and none inside a cut", () => {
    const plain = ticksOf(scaleOf({ begin: NOON, end: NOON + 10_000 }, [], false));
    expect(plain.map(({ offset }) => offset)).toEqual([0, 2_000, 4_000, 6_000, 8_000]);
    const busy = [
      { begin: 0, end: 4_000 },
      { begin: HOUR, end: HOUR + 4_000 },
    ];
    const cut = ticksOf(scaleOf({ begin: 0, end: HOUR + 4_000 }, busy, true));
    expect(cut.every(({ offset }) => offset <= 4_000 || offset >= HOUR)).toBe(true);
    expect(cut.every(({ at: one }, n) => n === 0 || one - (cut[n - 1]?.at ?? 0) >= 0.11)).toBe(
      true,
    );
  });
});

describe("the bars of a run", () => {
  const now = NOON + 60_000;
  const charge = bar("Charge", [
    segment("queued", 0, 2),
    segment("running", 2, 5, { attempt: 1, result: "failed" }),
    segment("delay", 5, 9),
    segment("running", 9, null, { attempt: 2 }),
  ]);

  it("go from the first thing to the last, or to now", () => {
    expect(wholeOf([charge], now)).toEqual({ begin: NOON, end: now });
    expect(wholeOf([bar("A", [segment("queued", 1, 3)])], now)).toEqual({
      begin: NOON + 1_000,
      end: NOON + 3_000,
    });
    expect(wholeOf([], now)).toEqual({ begin: now, end: now });
  });

  it("are busy while somebody works or is waited for, not while they wait for the next try", () => {
    expect(busyOf([charge], now).map(({ begin, end }) => [begin - NOON, end - NOON])).toEqual([
      [0, 2_000],
      [2_000, 5_000],
      [9_000, 60_000],
    ]);
  });

  it("are said in words", () => {
    expect(heard(charge, now)).toBe(
      "Charge: queued, 2.0 s; attempt 1, 3.0 s, failed; waits for its next try, 4.0 s; attempt 2, 51 s, goes on.",
    );
    expect(heard(bar("Told", []), now)).toBe("Told: done at once.");
    expect(inWords(segment("running", 0, 1, { attempt: 3, result: "lost" }), now)).toBe(
      "attempt 3, 1.0 s, its worker was lost",
    );
  });
});

const event = (id: string, caused_by: string | null = null, made_by: string | null = null) => ({
  ...{ id, caused_by, made_by, created_at: at(0), type: "", subject: null, state: "" },
});
const run = (id: string, event_id: string) => ({
  ...{ id, event_id, workflow: "w", title: "", state: "running", parent_run: null },
  ...{ replay_of: null, created_at: at(0), finished_at: null },
});
const told = (kin: readonly Kin[]): unknown[] =>
  kin.map((each) => [each.kind === "run" ? each.run.id : each.event.id, ...told(each.inside)]);

describe("a family", () => {
  it("goes from event to run to the events that it made", () => {
    const events = [event("e1"), event("e2", "e1", "r1"), event("e3", "e2", "r2")];
    const runs = [run("r1", "e1"), run("r2", "e2"), run("r3", "e1")];
    expect(told(treeOf({ events, runs, is_cut: false }))).toEqual([
      ["e1", ["r1", ["e2", ["r2", ["e3"]]]], ["r3"]],
    ]);
  });

  it("puts under the event what no known run has made", () => {
    const events = [event("e1"), event("e2", "e1"), event("e3", "e1", "of somebody else")];
    expect(told(treeOf({ events, runs: [run("r1", "e1")], is_cut: false }))).toEqual([
      ["e1", ["r1"], ["e2"], ["e3"]],
    ]);
  });

  it("has a root for what is caused from outside, and tells a chain that goes round once", () => {
    const outside = [event("e1", "of another system")];
    expect(told(treeOf({ events: outside, runs: [], is_cut: false }))).toEqual([["e1"]]);
    const round = [event("e1", "e2"), event("e2", "e1")];
    expect(told(treeOf({ events: round, runs: [], is_cut: false }))).toEqual([["e1", ["e2"]]]);
  });
});

describe("what can be done with a run", () => {
  const standing = { state: "running", hasFailed: false, isHolding: false, isAsking: false };
  const possible = (more: Partial<Standing>) =>
    VERBS.filter((verb) => refusal(verb, { ...standing, ...more }) === "");

  it("follows from how it stands", () => {
    expect(possible({})).toEqual(["hold", "cancel"]);
    expect(possible({ isHolding: true })).toEqual(["release", "cancel"]);
    expect(possible({ state: "waiting", isAsking: true })).toEqual(["answer", "hold", "cancel"]);
    expect(possible({ state: "held", hasFailed: true })).toEqual([
      ...["resume", "skip", "cancel", "giveUp"],
    ]);
    expect(possible({ state: "held" })).toEqual(["release", "cancel"]);
    expect(possible({ state: "failed", hasFailed: true })).toEqual(["resume", "skip", "replay"]);
    expect(possible({ state: "succeeded" })).toEqual(["replay"]);
    expect(possible({ state: "cancelling" })).toEqual([]);
  });

  it("says why something cannot be done", () => {
    expect(refusal("resume", { ...standing, state: "held" })).toBe(
      "It is held by hand: release it.",
    );
    expect(refusal("hold", { ...standing, state: "compensating" })).toBe(
      "It is compensating already.",
    );
    expect(refusal("replay", standing)).toBe("It is running: a replay is of what has ended.");
  });

  it("is a command, too", () => {
    expect(commandOf("answer", "r1", "manager.3")).toBe(
      "python manage.py flow run answer r1 manager.3 --approve",
    );
    expect(commandOf("replay", "r1")).toBe(
      'python manage.py flow replay --kind run --q id:r1 --reason "…"',
    );
  });
});

describe("a run for a chat", () => {
  const failure = { code: "CardDeclined", step: "charge" };

  it("is one line with its state, its link and why, and nothing of what it carries", () => {
    const told = { workflow: "order", title: "Order [7] *now*", failure: said(failure) };

    expect(forChat(told, "failed", "https://shop/flow/runs/7")).toBe(
      "**failed** [Order \\[7\\] \\*now\\*](https://shop/flow/runs/7) · `CardDeclined` at `charge`",
    );
    expect(forChat({ ...told, title: "", failure: null }, "succeeded", "/x")).toBe(
      "**done** [order](/x)",
    );
  });

  function said({ code, step }: typeof failure) {
    const rest = { message: "card 4242", traceback: "", details: null, version: "" };
    return { ...rest, code, step, fe: "FE421", item: "", attempts: 3, frames: [], tries: [] };
  }
});

describe("values that are compared", () => {
  it("are the same whatever the order of their members", () => {
    expect(textOf({ b: [{ d: 1, c: 2 }], a: null })).toBe(textOf({ a: null, b: [{ c: 2, d: 1 }] }));
    expect(textOf([1, 2])).not.toBe(textOf([2, 1]));
  });
});

describe("what attempts have logged", () => {
  const tried = (attempt: number, log: string) => ({
    ...{ attempt, code: "Declined", frames: [], worker: "w", version: "" },
    ...{ started_at: null, ended_at: null, message: "no", traceback: "", log },
  });
  const kept = (attempt: number, log: string) => ({ attempt, log, written_at: at(attempt) });

  it("is shown once for each attempt, the last attempt first", () => {
    const found = allLogs([tried(1, "one"), tried(3, "")], [kept(1, "ONE"), kept(4, "four")]);
    expect(found).toEqual([
      { attempt: 4, code: "", log: "four" },
      { attempt: 1, code: "Declined", log: "one" },
    ]);
  });
});

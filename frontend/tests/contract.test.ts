/** The golden frames of `tests/contract`, which the server's own tests hold it to. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Fields } from "../src/client/fields";
import { type Kind, RUN, RUNS } from "../src/client/kinds";
import { type Frame, parseFrame } from "../src/client/protocol";
import type { StepState } from "../src/client/views";
import { RUN_GLYPHS, STEP_GLYPHS } from "../src/elements/glyphs";
import { itemNote } from "../src/model/items";
import { percentOf } from "../src/model/percent";
import { headline, outlook, place, type RunState, stepNote } from "../src/model/run";

interface Scenario {
  readonly about: string;
  readonly frames: readonly unknown[];
  readonly said: readonly (readonly string[])[];
  readonly after: unknown;
}

const SCENARIOS = [
  "run_succeeds",
  "run_is_tried_again",
  "run_fails",
  "run_is_cancelled",
  "run_goes_side_by_side",
  "run_waits",
  "run_is_rescued",
  "run_is_taken_back",
  "run_is_held",
];

function golden<T>(name: string): T {
  return JSON.parse(readFileSync(`../tests/contract/${name}.json`, "utf8"));
}

function frameOf(value: unknown): Frame {
  return parseFrame(JSON.stringify(value));
}

function stateOf<T>(kind: Kind<T>, frame: Frame): T {
  if (frame.t !== "snap") throw new Error(`a snapshot, not ${frame.t}`);
  return kind.read(frame.s);
}

/** What a page passes through, one per frame. */
function statesOf<T>(kind: Kind<T>, { frames }: Scenario): readonly T[] {
  let state = stateOf(kind, frameOf(frames[0]));
  const states = [state];
  for (const value of frames.slice(1)) {
    const frame = frameOf(value);
    if (frame.t !== "pub") throw new Error(frame.t);
    for (const { t, ...part } of frame.d) {
      const next = kind.after(state, t, part);
      if (next === null) throw new Error("cannot be applied");
      state = next;
    }
    states.push(state);
  }
  return states;
}

function every(steps: readonly StepState[]): readonly StepState[] {
  return steps.flatMap((step) => [step, ...step.lines.flatMap((line) => every(line.steps))]);
}

/** What a page says of a view, times as the instant itself. */
function wordsOf(view: RunState): readonly string[] {
  const steps = every([...view.steps, ...view.hooks]);
  const notes = [
    ...steps.map((step) => stepNote(step, (at) => at)),
    ...steps.flatMap((step) => step.items.map((item) => itemNote(item, step.triesMax, (at) => at))),
  ];
  return [headline(view), place(view), ...notes.filter((note) => note !== "")];
}

describe("every golden frame", () => {
  const frames = golden<Record<string, unknown>>("frames");

  it.each([
    ["hello", "hello"],
    ["heartbeat", "hb"],
    ["heartbeat without the database", "hb"],
    ["pending", "pending"],
    ["newer grant", "grant"],
    ["ended", "end"],
    ["refused topic", "err"],
    ["refused frame", "err"],
  ])("«%s» is read", (name, kind) => {
    expect(frameOf(frames[name]).t).toBe(kind);
  });
});

describe.each(SCENARIOS)("%s", (name) => {
  const scenario = golden<Scenario>(name);

  it("told by changes ends in the view of one who joins late", () => {
    expect(statesOf(RUN, scenario).at(-1)).toEqual(stateOf(RUN, frameOf(scenario.after)));
  });

  it("is as far as the server says", () => {
    const { state, steps, percent } = stateOf(RUN, frameOf(scenario.after));

    expect(percentOf(state, steps)).toBe(percent);
  });

  it("is told in the words of the server's page", () => {
    expect(statesOf(RUN, scenario).map(wordsOf)).toEqual(scenario.said);
  });
});

describe.each([["runs", RUNS] as const])("%s", (name, kind) => {
  it("told by changes ends in the list of one who joins late", () => {
    const scenario = golden<Scenario>(name);

    expect(statesOf(kind, scenario).at(-1)).toEqual(stateOf(kind, frameOf(scenario.after)));
  });
});

describe("the page and the script", () => {
  it("say the same of the time that a run takes", () => {
    const { cases } = golden<{ cases: { view: Fields; now: string; said: string }[] }>("outlook");

    const said = cases.map(({ view, now }) => {
      const run = RUN.read({ id: "x", percent: 0, ...view });
      return outlook(run, Date.parse(now), (at) => at.slice(11, 16));
    });

    expect(said).toEqual(cases.map((each) => each.said));
  });

  it("draw the same signs", () => {
    const signs = golden<Record<string, Record<string, string>>>("words");

    expect(signs["run_glyphs"]).toEqual(RUN_GLYPHS);
    expect(signs["step_glyphs"]).toEqual(STEP_GLYPHS);
  });
});

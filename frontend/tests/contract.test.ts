/** The golden frames of `tests/contract`, which the server's own tests hold it to. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Frame, parseFrame } from "../src/client/protocol";
import type { StepView } from "../src/client/views";
import { RUN_GLYPHS, STEP_GLYPHS } from "../src/elements/glyphs";
import { percentOf } from "../src/model/percent";
import { reduceAll } from "../src/model/reduce";
import { headline, itemNote, place, type RunView, stepNote } from "../src/model/run";
import { WORDS } from "../src/model/words";

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

function viewOf(frame: Frame): RunView {
  if (frame.kind !== "snapshot") throw new Error(`a snapshot, not ${frame.kind}`);
  return frame.view;
}

/** The views that a page passes through, one per frame. */
function viewsOf({ frames }: Scenario): readonly RunView[] {
  let view = viewOf(frameOf(frames[0]));
  const views = [view];
  for (const value of frames.slice(1)) {
    const frame = frameOf(value);
    if (frame.kind !== "changes") throw new Error(frame.kind);
    const next = reduceAll(view, frame.entries);
    if (next === null) throw new Error("cannot be applied");
    view = next;
    views.push(view);
  }
  return views;
}

function every(steps: readonly StepView[]): readonly StepView[] {
  return steps.flatMap((step) => [step, ...step.lines.flatMap((line) => every(line.steps))]);
}

/** What a page says of a view, times as the instant itself. */
function wordsOf(view: RunView): readonly string[] {
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
    ["heartbeat", "heartbeat"],
    ["heartbeat without the database", "heartbeat"],
    ["pending", "pending"],
    ["ended", "ended"],
    ["refused topic", "refused"],
    ["refused frame", "refused"],
  ])("«%s» is read", (name, kind) => {
    expect(frameOf(frames[name]).kind).toBe(kind);
  });
});

describe.each(SCENARIOS)("%s", (name) => {
  const scenario = golden<Scenario>(name);

  it("told by changes ends in the view of one who joins late", () => {
    expect(viewsOf(scenario).at(-1)).toEqual(viewOf(frameOf(scenario.after)));
  });

  it("is as far as the server says", () => {
    const { state, steps, percent } = viewOf(frameOf(scenario.after));

    expect(percentOf(state, steps)).toBe(percent);
  });

  it("is told in the words of the server's page", () => {
    expect(viewsOf(scenario).map(wordsOf)).toEqual(scenario.said);
  });
});

describe("the page and the script", () => {
  const words = golden<Record<string, Record<string, string>>>("words");

  it("use the same words", () => {
    expect(words["words"]).toEqual(WORDS);
  });

  it("draw the same signs", () => {
    expect(words["run_glyphs"]).toEqual(RUN_GLYPHS);
    expect(words["step_glyphs"]).toEqual(STEP_GLYPHS);
  });
});

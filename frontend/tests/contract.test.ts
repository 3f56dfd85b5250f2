/** The golden frames of `tests/contract`, which the server's own tests hold it to. */

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Frame, parseFrame } from "../src/client/protocol";
import { RUN_GLYPHS, STEP_GLYPHS } from "../src/elements/glyphs";
import { reduceAll } from "../src/model/reduce";
import { RUN_WORDS, type RunView, STEP_WORDS } from "../src/model/run";

interface Scenario {
  readonly about: string;
  readonly frames: readonly unknown[];
  readonly after: unknown;
}

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

describe("a run told by changes ends in the view of one who joins late", () => {
  it.each(["run_succeeds", "run_is_tried_again", "run_is_cancelled"])("%s", (name) => {
    const { frames, after } = golden<Scenario>(name);

    let view = viewOf(frameOf(frames[0]));
    for (const value of frames.slice(1)) {
      const frame = frameOf(value);
      if (frame.kind !== "changes") throw new Error(frame.kind);
      const next = reduceAll(view, frame.changes);
      expect(next).not.toBeNull();
      view = next ?? view;
    }

    expect(view).toEqual(viewOf(frameOf(after)));
  });

  it("a failure is told whole, with a text for customers", () => {
    const { after } = golden<Scenario>("run_fails");

    const view = viewOf(frameOf(after));

    expect(view.state).toBe("failed");
    expect(view.message).toBe("Something went wrong in «Charge».");
    expect(view.steps.map((step) => step.state)).toEqual(["succeeded", "failed", "not_reached"]);
  });
});

describe("the page and the script", () => {
  const words = golden<Record<string, Record<string, string>>>("words");

  it("use the same words", () => {
    expect(words["run_words"]).toEqual(RUN_WORDS);
    expect(words["step_words"]).toEqual(STEP_WORDS);
  });

  it("draw the same signs", () => {
    expect(words["run_glyphs"]).toEqual(RUN_GLYPHS);
    expect(words["step_glyphs"]).toEqual(STEP_GLYPHS);
  });
});

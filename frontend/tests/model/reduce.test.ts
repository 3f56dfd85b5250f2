import { describe, expect, it } from "vitest";
import { type Change, type Progress, parseFrame } from "../../src/client/protocol";
import { reduceAll } from "../../src/model/reduce";
import { duration, headline, percentOf, place, type RunView, stepNote } from "../../src/model/run";
import { changes, snapshot, step, succeeded } from "../fakes/frames";

function aView(fields: object = {}): RunView {
  const frame = parseFrame(JSON.stringify(snapshot(1, fields)));
  if (frame.kind !== "snapshot") throw new Error();
  return frame.view;
}

function changesOf(...items: object[]): readonly (Change | Progress)[] {
  const frame = parseFrame(JSON.stringify(changes(1, items.length, items)));
  if (frame.kind !== "changes") throw new Error();
  return frame.changes;
}

function told(view: RunView, ...items: object[]): RunView {
  const found = reduceAll(view, changesOf(...items));
  if (found === null) throw new Error("cannot be applied");
  return found;
}

describe("changes", () => {
  it("that come twice change nothing the second time", () => {
    const once = told(aView(), succeeded("reserve"), { t: "step.ready", step: "ship" });

    expect(told(once, succeeded("reserve"), { t: "step.ready", step: "ship" })).toEqual(once);
  });

  it("about a step that is not shown ask for everything", () => {
    expect(reduceAll(aView(), changesOf(succeeded("elsewhere")))).toBeNull();
  });

  it("after the end of a run change nothing", () => {
    const done = told(aView(), succeeded("reserve"), succeeded("ship"), { t: "run.succeeded" });

    expect(told(done, { t: "step.started", step: "ship", attempt: 2 })).toEqual(done);
  });

  it("say when a step is tried again, and forget it when it is", () => {
    const waiting = told(aView(), {
      t: "step.retrying",
      step: "reserve",
      attempt: 1,
      tries: 1,
      due_at: "2026-03-02T12:00:05Z",
    });
    const running = told(waiting, { t: "step.started", step: "reserve", attempt: 2 });

    expect(waiting.steps[0]).toMatchObject({ state: "retrying", dueAt: "2026-03-02T12:00:05Z" });
    expect(running.steps[0]).toMatchObject({ state: "running", attempt: 2, dueAt: null });
  });

  it("never touch the view they were given", () => {
    const view = aView();
    const copy = structuredClone(view);

    told(view, succeeded("reserve"), { t: "run.failed" });

    expect(view).toEqual(copy);
  });
});

describe("the percentage", () => {
  it("is a hundred only when the run has succeeded", () => {
    const all = told(aView(), succeeded("reserve"), succeeded("ship"));

    expect(all.percent).toBe(99);
    expect(told(all, { t: "run.succeeded" }).percent).toBe(100);
    expect(told(all, { t: "run.cancelled" }).percent).toBe(99);
  });

  it("counts by weight what steps say of themselves", () => {
    const steps = aView({
      steps: [
        step("a", "succeeded"),
        step("b", "running", { progress: 0.5, weight: 3 }),
        step("c"),
      ],
    }).steps;

    expect(percentOf("running", steps)).toBe(50);
  });

  it("is nothing where there are no steps", () => {
    expect(percentOf("running", [])).toBe(0);
  });
});

describe("the words", () => {
  it("name the step at work and its place", () => {
    const view = told(aView(), succeeded("reserve"), { t: "step.ready", step: "ship" });

    expect([headline(view), place(view)]).toEqual(["ship", "Step 2 of 2"]);
  });

  it("say at the end how it ended", () => {
    const done = aView({ state: "succeeded", finished_at: "2026-03-02T12:00:42.000Z" });

    expect([headline(done), place(done)]).toEqual(["All done.", "Took 42 s"]);
    expect(headline(aView({ state: "failed", message: "Your card was declined." }))).toBe(
      "Your card was declined.",
    );
    expect(headline(aView({ state: "failed" }))).toBe("Something went wrong.");
    expect(headline(aView({ state: "cancelled" }))).toBe("This was cancelled.");
  });

  it("say when a step is tried again, and how often it may be", () => {
    const [shown] = aView({
      steps: [step("a", "retrying", { tries: 1, due_at: "2026-03-02T12:00:05Z" })],
    }).steps;

    expect(shown && stepNote(shown, (at) => at.slice(11, 19))).toBe("again at 12:00:05 (2 of 3)");
  });

  it.each([
    [0.04, "<0.1 s"],
    [9.96, "10.0 s"],
    [42.4, "42 s"],
    [130, "2 min"],
    [7200, "2 h"],
  ])("give %d seconds as %s", (seconds, text) => {
    const end = new Date(Date.parse("2026-03-02T12:00:00Z") + seconds * 1000).toISOString();

    expect(duration("2026-03-02T12:00:00Z", end)).toBe(text);
  });
});

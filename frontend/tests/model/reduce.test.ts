import { afterEach, describe, expect, it } from "vitest";
import { RUN } from "../../src/client/kinds";
import { parseFrame } from "../../src/client/protocol";
import { approvalsWaiting, childrenAtWork, withChildren } from "../../src/model/children";
import { percentOf } from "../../src/model/percent";
import { headline, place, type RunState, stepNote } from "../../src/model/run";
import { say, speak } from "../../src/model/words";
import {
  CHILD,
  changes,
  item,
  line,
  loop,
  parallel,
  run,
  snapshot,
  step,
  succeeded,
  told,
} from "../fakes/frames";
import { words } from "../words";

function aView(fields: object = {}): RunState {
  const frame = parseFrame(JSON.stringify(snapshot(1, fields)));
  if (frame.t !== "snap") throw new Error();
  return RUN.read(frame.s);
}

/** The view after these; null where one cannot be applied. */
function reduced(view: RunState, ...items: object[]): RunState | null {
  const frame = parseFrame(JSON.stringify(changes(1, 2, items)));
  if (frame.t !== "pub") throw new Error();
  let next: RunState | null = view;
  for (const { t, ...part } of frame.d) next = next && RUN.after(next, t, part);
  return next;
}

function moved(view: RunState, ...items: object[]): RunState {
  const found = reduced(view, ...items);
  if (found === null) throw new Error("cannot be applied");
  return found;
}

describe("entries", () => {
  it("that come twice change nothing the second time", () => {
    const news = [succeeded("reserve"), told("ship", "ready"), run("running")];
    const once = moved(aView(), ...news);

    expect(moved(once, ...news)).toEqual(once);
  });

  it("about a step that is not shown ask for everything", () => {
    expect(reduced(aView(), succeeded("elsewhere"))).toBeNull();
  });

  it("of a newer server ask for everything", () => {
    expect(reduced(aView(), { t: "run.dreams" })).toBeNull();
  });

  it("take the place of a step wherever it stands", () => {
    const papers = step("papers", "running", {
      kind: "steps",
      lines: [line("body", step("invoice", "running"), step("label"))],
    });
    const view = aView({ steps: [parallel("both", "running", step("pack", "running"), papers)] });

    const next = moved(view, told("label", "running", { note: "page 2" }));

    const label = next.steps[0]?.lines[1]?.steps[0]?.lines[0]?.steps[1];
    expect(label).toMatchObject({ id: "label", state: "running", note: "page 2" });
    expect(next.steps[0]?.lines[0]).toBe(view.steps[0]?.lines[0]);
  });

  it("of a hook are added, and then replaced", () => {
    const done = aView({ state: "succeeded" });

    const begun = moved(done, { t: "hook", ...step("inform", "running") });
    const ended = moved(begun, { t: "hook", ...step("inform", "succeeded") });

    expect(begun.hooks.map((hook) => hook.state)).toEqual(["running"]);
    expect(ended.hooks.map((hook) => hook.state)).toEqual(["succeeded"]);
  });

  it("never touch the view they were given", () => {
    const view = aView();
    const copy = structuredClone(view);

    moved(view, succeeded("reserve"), run("failed"));

    expect(view).toEqual(copy);
  });
});

describe("the percentage", () => {
  it("is a hundred only when the run has succeeded", () => {
    const { steps } = moved(aView(), succeeded("reserve"), succeeded("ship"));

    expect(percentOf("running", steps)).toBe(99);
    expect(percentOf("succeeded", steps)).toBe(100);
    expect(percentOf("cancelled", steps)).toBe(99);
  });

  it("is what the server says", () => {
    expect(moved(aView(), run("running", { percent: 37 })).percent).toBe(37);
  });

  it("knows of children what their own frames say", () => {
    const delivery = step("delivery", "waiting", { kind: "workflow", child: CHILD, progress: 0.1 });
    const people = loop("people", { total: 2, begun: 1 }, [item(0, "waiting", { child: CHILD })]);
    const view = aView({ steps: [delivery, people] });

    const known = withChildren(view, new Map([[CHILD, 50]]));

    expect(withChildren(view, new Map()).percent).toBe(view.percent);
    expect(known.percent).toBe(37);
    expect([known.steps[0]?.progress, known.steps[1]?.items[0]?.progress]).toEqual([0.5, 0.5]);
  });
});

describe("what else a page is to know", () => {
  it("is how far the children are that steps wait for", () => {
    const away = (id: string, state: string) =>
      step(id, state, { kind: "workflow", child: `of ${id}` });
    const items = [item(0, "waiting", { child: "of 0" }), item(1, "failed", { child: "of 1" })];
    const steps = [parallel("p", "running", away("a", "waiting"), away("b", "succeeded"))];

    const view = aView({ steps: [...steps, loop("each", { total: 2 }, items)] });

    expect(childrenAtWork(view)).toEqual(["of a", "of 0"]);
  });

  it("is where one answers what waits for an answer", () => {
    const boss = (id: string, state: string) => step(id, state, { kind: "approval" });
    const steps = [boss("a", "succeeded"), parallel("p", "running", boss("b", "waiting"))];

    expect(approvalsWaiting(aView({ steps }))).toEqual(["b"]);
  });
});

describe("the words", () => {
  afterEach(() => speak(words));

  it("name the step at work and its place", () => {
    const view = moved(aView(), succeeded("reserve"), told("ship", "ready"));

    expect([headline(view), place(view)]).toEqual(["ship", "Step 2 of 2"]);
  });

  it("name what is at work inside a block that has no name", () => {
    const branches = ["a", "b", "c"].map((id) => step(id, "running"));

    const two = aView({ steps: [parallel("parallel 1", "running", ...branches.slice(1))] });
    const three = aView({ steps: [parallel("parallel 1", "running", ...branches)] });
    const named = aView({ steps: [parallel("papers", "running", ...branches)] });

    expect([two, three, named].map(headline)).toEqual(["b, c", "a and 2 more", "papers"]);
  });

  it("say at the end how it ended", () => {
    const done = aView({ state: "succeeded", finished_at: "2026-03-02T12:00:42.000Z" });
    const failure = { kind: "said", message: "Your card was declined." };

    expect([headline(done), place(done)]).toEqual(["All done.", "Took 42 s"]);
    expect(headline(aView({ state: "failed", failure }))).toBe("Your card was declined.");
    expect(headline(aView({ state: "failed" }))).toBe("Something went wrong.");
  });

  it.each([
    ["queued", "Waiting for its turn."],
    ["held", "This has stopped for now; somebody is looking at it."],
    ["cancelling", "Being stopped."],
    ["compensating", "Taking back what was done."],
    ["cancelled", "This was cancelled."],
    ["expired", "This could not begin in time."],
  ])("have a sentence for a run that is %s", (state, sentence) => {
    expect(headline(aView({ state }))).toBe(sentence);
  });

  it("say when a step is tried again, and how often it may be", () => {
    const [shown] = aView({
      steps: [step("a", "retrying", { tries: 1, due_at: "2026-03-02T12:00:05Z" })],
    }).steps;

    expect(shown && stepNote(shown, (at) => at.slice(11, 19))).toBe("again at 12:00:05 (2 of 3)");
  });

  it("write large numbers so that they can be read", () => {
    const [shown] = aView({ steps: [loop("a", { total: 10_000, done: 999, failed: 1234 })] }).steps;

    expect(shown && stepNote(shown, (at) => at)).toBe("999 of 10\u202f000 · 1\u202f234 failed");
  });

  it("are those that the page has brought; of others the name is shown", () => {
    speak({ "place.step": "Schritt {at} von {count}", unknown: "x" });

    expect(place(aView())).toBe("Schritt 1 von 2");
    expect(say("say.succeeded")).toBe("say.succeeded");
  });

  it.each([
    [0.04, "<0.1 s"],
    [9.96, "10.0 s"],
    [42.4, "42 s"],
    [130, "2 min"],
    [7200, "2 h"],
  ])("give %d seconds as %s", (seconds, text) => {
    const begin = Date.parse("2026-03-02T12:00:00Z");
    const done = aView({
      ...{ state: "succeeded", started_at: new Date(begin).toISOString() },
      finished_at: new Date(begin + seconds * 1000).toISOString(),
    });

    expect(place(done)).toBe(`Took ${text}`);
  });
});
